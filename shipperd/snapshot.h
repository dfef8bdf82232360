/* SPDX-License-Identifier: ISC
 *
 * A snapshot on its way from records to payloads. Records are encoded as
 * they arrive, each once; how many messages they make is known at the end,
 * and only then are these made.
 */
#ifndef SHIPPERD_SNAPSHOT_H
#define SHIPPERD_SNAPSHOT_H

#include <sys/queue.h>

#include "chunk.h"
#include "encode.h"
#include "owners.h"
#include "payload.h"

/* The members are for reading; snapshot_ functions write them. */
struct snapshot {
	TAILQ_ENTRY(snapshot) entry; /* the holder's */
	enum snapshot_kind kind;
	enum snapshot_scope scope;
	uint64_t scan;
	int64_t wall_ms;           /* of collection, ms since the epoch */
	uint64_t mono_ns;          /* the same, ns of CLOCK_MONOTONIC */
	struct buf records;        /* encoded, end to end */
	struct chunk_record *list; /* owned: of each of them */
	uint32_t n;
	uint32_t containers;  /* among them */
	uint32_t room;        /* of list */
	uint32_t left_out;    /* records past a bound */
	struct owners owners; /* their ids */
};

/* Returns an owned, empty one, or NULL if begin is of no kind we know. */
struct snapshot *snapshot_new(const struct rec_snapshot_begin *begin);
void snapshot_free(struct snapshot *snapshot); /* NULL is fine */

/* Add a record; one that the snapshot's kind or scope does not send is
 * ignored. A container has to be there before its processes for them to ride
 * with it. */
void snapshot_add_container(struct snapshot *snapshot, struct encoder *enc,
    const struct rec_container *container);
void snapshot_add_container_stat(struct snapshot *snapshot, struct encoder *enc,
    const struct rec_container_stat *stat);
void snapshot_add_process(struct snapshot *snapshot, struct encoder *enc,
    const struct rec_process *process);
void snapshot_add_stat(struct snapshot *snapshot, struct encoder *enc,
    const struct rec_process_stat *stat);

/*
 * Makes the payloads of the group group_id, each of at most max_records
 * processes and as many containers. Returns how many there are, 0 without records; *out is an owned
 * array of owned references, NULL when there are none.
 */
uint32_t snapshot_make_payloads(const struct snapshot *snapshot,
    struct payloader *payloader, const struct encode_host *host,
    int32_t group_id, uint32_t max_records, struct payload ***out);

#endif
