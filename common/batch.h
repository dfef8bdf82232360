/* SPDX-License-Identifier: ISC
 *
 * A batch: encoded frames that travel and are dropped together. A snapshot
 * is one batch. It is counted, so that one copy can wait on many links.
 */
#ifndef COMMON_BATCH_H
#define COMMON_BATCH_H

#include <stddef.h>
#include <stdint.h>

#include "schema.h"

struct batch {
	struct buf
	    head; /* snapshot_begin and what is to follow it; made last */
	struct buf frames; /* whole frames, length words and all */
	enum snapshot_kind kind;
	uint64_t scan;
	uint64_t mono_ns; /* of its snapshot_begin: names it to shipperd */
	unsigned refs;
};

/* An empty batch with one reference, owned by the caller. */
struct batch *batch_new(enum snapshot_kind kind, uint64_t scan);
struct batch *batch_ref(struct batch *batch);
void batch_unref(struct batch *batch); /* NULL is fine */

#endif
