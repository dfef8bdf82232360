/* SPDX-License-Identifier: ISC
 *
 * Full snapshots on their way to shipperd. One is kept until shipperd has said
 * that it answers for it, and sent again over the next connection if it has
 * not. One at a time is under way, so that what is dropped past the bounds,
 * the oldest that waits, was seen by nobody and is counted for sure.
 */
#ifndef TAGGERD_OUTBOX_H
#define TAGGERD_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/limits.h"

struct batch;

/* All zero is an empty one. */
struct outbox {
	struct batch *batches[LIMIT_LINK_SNAPSHOTS + 1]; /* references, oldest
							    first */
	unsigned n;
	size_t bytes;
	bool sent; /* the first one */
	uint64_t dropped;
};

/* Adds a reference of its own. */
void outbox_put(struct outbox *outbox, struct batch *batch);

/* What to send now, borrowed; it counts as sent. NULL: nothing, or not yet. */
struct batch *outbox_next(struct outbox *outbox);

/* Bytes that are not under way. */
size_t outbox_waiting(const struct outbox *outbox);

/* The connection is gone; what was sent may have got lost. */
void outbox_rewind(struct outbox *outbox);

/* shipperd answers for the snapshot with that time, and for all before. One
 * that is not here says nothing. */
void outbox_taken(struct outbox *outbox, uint64_t mono_ns);

/* shipperd is of a version that never says so. */
void outbox_trust(struct outbox *outbox);

void outbox_clear(struct outbox *outbox);

#endif
