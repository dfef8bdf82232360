/* SPDX-License-Identifier: ISC
 *
 * The inside of the queue, for queue.c (what is in it) and queue_next.c (what
 * goes next).
 */
#ifndef SHIPPERD_QUEUE_PRIVATE_H
#define SHIPPERD_QUEUE_PRIVATE_H

#include <sys/queue.h>

#include "common/limits.h"
#include "payload.h"
#include "queue.h"
#include "spool.h"

struct queued {
	TAILQ_ENTRY(queued) entry;
	uint64_t id;
	enum snapshot_kind kind;
	uint64_t expires;          /* ns of CLOCK_MONOTONIC, 0 never */
	struct payload **payloads; /* owned references; NULL where settled */
	uint32_t n;
	uint32_t left; /* not settled */
	bool stored;   /* in the spool as well */
};
TAILQ_HEAD(queued_list, queued);

/* How much of the backlog may go. */
struct pace {
	int64_t credit; /* bytes; below 0 it has to wait */
	uint64_t at;    /* ns of CLOCK_MONOTONIC: when that was */
};

struct queue {
	struct queued_list list;
	struct spool *spool; /* borrowed; NULL: memory only */
	uint32_t full;       /* full snapshots in the list, and not stored */
	uint32_t max_snapshots;
	size_t max_bytes;
	uint64_t last_id;
	uint64_t stamp;       /* of the newest full snapshot */
	uint64_t newest_full; /* ids; they may have left the list */
	uint64_t newest_rt;
	uint64_t begun[LIMIT_ENDPOINTS]; /* id of the snapshot being sent */
	struct losses losses[LIMIT_ENDPOINTS];
	struct payload
	    *loaded[LIMIT_ENDPOINTS]; /* references, from the spool */
	struct pace pace[LIMIT_ENDPOINTS];
	uint64_t rate;            /* bytes/s of the backlog, 0 none */
	struct queue_stats stats; /* of what is in the list and not stored */
};

/* The snapshot with that number, NULL when it is not in memory. */
struct queued *queue_find(const struct queue *queue, uint64_t id);
/* queue_spool.c: puts all full snapshots that the spool has not into it, in
 * their order. */
void queue_store(struct queue *queue);
/* What the spool has lost and memory has is in memory only again. */
void queue_find_lost(struct queue *queue);
/* Lets go of what can be read from the spool when its time comes. */
void queue_evict(struct queue *queue);
/* Forgets what was read from the spool for the endpoint. */
void queue_unload(struct queue *queue, unsigned endpoint);

#endif
