/* SPDX-License-Identifier: ISC
 *
 * The frame that the intake wants around a message: 16 bytes with version,
 * encoding and type, then the encoded protobuf.
 */
#include <event2/util.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "common/clock.h"
#include "common/log.h"
#include "payload.h"

#define HEADER_VERSION 3
/* On 5,000 processes: 2 % less bytes than 1 in the same time; 3 takes a
 * third more time and saves nothing. */
#define ZSTD_LEVEL 2

struct payloader {
	ZSTD_CCtx *zstd; /* NULL: protobuf as it is */
};

struct payloader *
payloader_new(enum payload_encoding encoding)
{
	struct payloader *p = xcalloc(1, sizeof(*p));

	if (encoding == PAYLOAD_ZSTD && (p->zstd = ZSTD_createCCtx()) == NULL)
		fatalx("out of memory");
	return p;
}

void
payloader_free(struct payloader *p)
{
	if (p == NULL)
		return;
	ZSTD_freeCCtx(p->zstd);
	free(p);
}

/* A version 4 uuid. */
static void
make_request_id(char out[PAYLOAD_REQUEST_ID])
{
	uint8_t b[16];

	evutil_secure_rng_get_bytes(b, sizeof(b));
	b[6] = (uint8_t)((b[6] & 0x0f) | 0x40);
	b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
	snprintf(out, PAYLOAD_REQUEST_ID,
	    "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-"
	    "%02x%02x%02x%02x%02x%02x",
	    b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10],
	    b[11], b[12], b[13], b[14], b[15]);
}

/* Behind the header. */
static void
compress_body(struct payloader *p, struct payload *payload, const void *message,
    size_t len)
{
	size_t room = ZSTD_compressBound(len), n;

	payload->data = xcalloc(1, PAYLOAD_HEADER + room);
	n = ZSTD_compressCCtx(p->zstd, payload->data + PAYLOAD_HEADER, room,
	    message, len, ZSTD_LEVEL);
	if (ZSTD_isError(n))
		fatalx("zstd: %s", ZSTD_getErrorName(n));
	payload->len = PAYLOAD_HEADER + n;
	payload->data = xrealloc(payload->data, payload->len);
}

enum payload_type
payload_type_of(enum snapshot_kind kind, enum snapshot_scope scope)
{
	if (scope == SCOPE_CONTAINERS)
		return kind == SNAPSHOT_FULL ? PAYLOAD_CONTAINER
					     : PAYLOAD_CONTAINER_REALTIME;
	return kind == SNAPSHOT_FULL ? PAYLOAD_PROC : PAYLOAD_REALTIME;
}

static enum snapshot_kind
kind_of(enum payload_type type)
{
	return type == PAYLOAD_PROC || type == PAYLOAD_CONTAINER
	    ? SNAPSHOT_FULL
	    : SNAPSHOT_REALTIME;
}

struct payload *
payload_new(struct payloader *p, const void *message, size_t len,
    enum payload_type type, uint32_t containers, int64_t wall_ms)
{
	struct payload *payload = xcalloc(1, sizeof(*payload));

	if (p->zstd != NULL)
		compress_body(p, payload, message, len);
	else {
		payload->len = PAYLOAD_HEADER + len;
		payload->data = xcalloc(1, payload->len);
		memcpy(payload->data + PAYLOAD_HEADER, message, len);
	}
	payload->data[0] = HEADER_VERSION;
	payload->data[1] = p->zstd != NULL ? PAYLOAD_ZSTD : PAYLOAD_PROTOBUF;
	payload->data[2] = (char)type;
	payload->type = type;
	payload->kind = kind_of(type);
	payload->containers = containers;
	payload->wall_ms = wall_ms;
	make_request_id(payload->request_id);
	payload->refs = 1;
	return payload;
}

struct payload *
payload_new_empty(void)
{
	struct payload *payload = xcalloc(1, sizeof(*payload));

	payload->kind = SNAPSHOT_FULL;
	payload->wall_ms = clock_wall_ms();
	make_request_id(payload->request_id);
	payload->refs = 1;
	return payload;
}

struct payload *
payload_restore(const void *data, size_t len, uint32_t containers,
    int64_t wall_ms, const char *request_id)
{
	const unsigned char *header = data;
	struct payload *payload;

	if (data == NULL || len < PAYLOAD_HEADER ||
	    header[0] != HEADER_VERSION || request_id == NULL ||
	    strlen(request_id) != PAYLOAD_REQUEST_ID - 1)
		return NULL;
	payload = xcalloc(1, sizeof(*payload));
	payload->data = xcalloc(1, len);
	memcpy(payload->data, data, len);
	payload->len = len;
	payload->type = (enum payload_type)header[2];
	payload->kind = kind_of(payload->type);
	payload->containers = containers;
	payload->wall_ms = wall_ms;
	memcpy(payload->request_id, request_id, PAYLOAD_REQUEST_ID);
	payload->refs = 1;
	return payload;
}

struct payload *
payload_ref(struct payload *payload)
{
	payload->refs++;
	return payload;
}

void
payload_unref(struct payload *payload)
{
	if (payload == NULL || --payload->refs > 0)
		return;
	free(payload->data);
	free(payload);
}
