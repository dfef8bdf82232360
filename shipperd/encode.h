/* SPDX-License-Identifier: ISC
 *
 * Records of the suite into the intake's protobuf (agent.proto). A message
 * is a head, which names the host and the group, and records behind it: in
 * protobuf the fields of a message may come in any order, so the records are
 * encoded once, as they arrive, and the head when the group's size is known.
 * Every string leaves here as valid UTF-8.
 */
#ifndef SHIPPERD_ENCODE_H
#define SHIPPERD_ENCODE_H

#include <stdint.h>

#include "common/schema.h"
#include "payload.h"

struct Agent__SystemInfo;

/* What a message says of the host. All members are owned. */
struct encode_host {
	char *hostname; /* "" when not known yet */
	struct Agent__SystemInfo *info;
	int32_t cpus;
	int64_t total_memory; /* bytes */
	enum container_host container_host;
};

struct encoder; /* memory for one record, used again and again */

struct encoder *encoder_new(void);
void encoder_free(struct encoder *enc);

/*
 * Append one record to out, as one element of its message's list. A process
 * that would not fit into a message has its last arguments replaced by "…",
 * and loses its tags if that is not enough.
 * Return the bytes appended, at most LIMIT_CHUNK_BYTES - LIMIT_HEAD_BYTES.
 */
uint32_t encode_process(
    struct encoder *enc, struct buf *out, const struct rec_process *p);
uint32_t encode_stat(
    struct encoder *enc, struct buf *out, const struct rec_process_stat *stat);

/* encode_container.c: the same of a container, for a message of that scope. */
uint32_t encode_container(struct encoder *enc, struct buf *out,
    enum snapshot_scope scope, const struct rec_container *c);
uint32_t encode_container_stat(struct encoder *enc, struct buf *out,
    enum snapshot_scope scope, const struct rec_container_stat *s);

/* encode_host.c: an owned copy of what messages need of the record. Without
 * the list of CPUs if that would fill the messages. */
struct encode_host *encode_host_new(const struct rec_host *rec);
void encode_host_free(struct encode_host *host);

/* Appends the head of one message of the group, which is of a type that we
 * send; at most LIMIT_HEAD_BYTES. */
void encode_head(struct buf *out, enum payload_type type,
    const struct encode_host *host, int32_t group_id, int32_t group_size);

#endif
