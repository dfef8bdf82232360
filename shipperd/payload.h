/* SPDX-License-Identifier: ISC
 *
 * One message as it goes over the wire: 16 bytes of header, then the
 * protobuf, compressed or not. It is counted, so that one copy serves every
 * endpoint, and carries what its HTTP headers need.
 */
#ifndef SHIPPERD_PAYLOAD_H
#define SHIPPERD_PAYLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/schema.h"

#define PAYLOAD_HEADER     16 /* bytes */
#define PAYLOAD_REQUEST_ID 37 /* bytes of a uuid with its NUL */

/* The numbers by which the intake tells messages. */
enum payload_type {
	PAYLOAD_PROC = 12,
	PAYLOAD_RESPONSE = 23,
	PAYLOAD_REALTIME = 27,
	PAYLOAD_CONTAINER = 39,
	PAYLOAD_CONTAINER_REALTIME = 40,
};

enum payload_encoding {
	PAYLOAD_PROTOBUF = 0,
	PAYLOAD_ZSTD_LEGACY = 2, /* zstd 0.5; only ever received */
	PAYLOAD_ZSTD = 4,
};

struct payload {
	char *data; /* owned: header and body */
	size_t len;
	enum payload_type type;
	enum snapshot_kind kind; /* the type's */
	uint32_t containers;     /* in this message */
	int64_t wall_ms;         /* of collection, ms since the epoch */
	char request_id[PAYLOAD_REQUEST_ID];
	unsigned refs;

	/* The queue's. */
	uint64_t snapshot; /* which one it is part of */
	uint32_t owed;     /* set of endpoints that still want it */
	uint64_t row;      /* in the spool; 0: in memory only */
};

struct payloader; /* the compressor's memory, used again and again */

struct payloader *payloader_new(enum payload_encoding encoding);
void payloader_free(struct payloader *payloader);

/* What a snapshot is sent as. */
enum payload_type payload_type_of(
    enum snapshot_kind kind, enum snapshot_scope scope);

/* Wraps one protobuf message of `type`. Returns it with one reference, the
 * caller's. type, containers and wall_ms are as given; request_id is new. */
struct payload *payload_new(struct payloader *payloader, const void *message,
    size_t len, enum payload_type type, uint32_t containers, int64_t wall_ms);
/* One of no bytes at all, as -t sends. */
struct payload *payload_new_empty(void);
/* One that was wrapped before, from its bytes. Returns NULL if they are no
 * payload's; data is copied, with the rest of what was not in it. */
struct payload *payload_restore(const void *data, size_t len,
    uint32_t containers, int64_t wall_ms, const char *request_id);
struct payload *payload_ref(struct payload *payload);
void payload_unref(struct payload *payload); /* NULL is fine */

#endif
