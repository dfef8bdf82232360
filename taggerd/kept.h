/* SPDX-License-Identifier: ISC
 *
 * A record kept past the handler it came to. Records borrow their strings
 * from the link, so it is kept as a frame of its own and decoded again when
 * it is needed.
 */
#ifndef TAGGERD_KEPT_H
#define TAGGERD_KEPT_H

#include "common/schema.h"

struct kept {
	struct buf frame;           /* empty: nothing is kept */
	struct schema_arena *arena; /* of rec; made when first needed */
	union schema_any rec;
};

/* Keeps a copy of the record instead of the former one. Returns true if it
 * differs from that. */
bool kept_set(struct kept *kept, enum msg_type type, const void *record);
void kept_clear(struct kept *kept);

/* The record, or NULL if there is none; borrowed until the next call on the
 * same object. */
const union schema_any *kept_get(struct kept *kept);

#endif
