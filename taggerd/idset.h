/* SPDX-License-Identifier: ISC
 *
 * A set of containers' ids, of at most LIMIT_CONTAINERS. A tree, so that no
 * choice of ids makes it slow.
 */
#ifndef TAGGERD_IDSET_H
#define TAGGERD_IDSET_H

#include <stdbool.h>

#include "common/strview.h"

/* All zero is the empty set. */
struct idset {
	void *tree; /* of tsearch(3) */
	uint32_t n;
};

/* Returns whether it is new and was put in; the id is copied. */
bool idset_add(struct idset *set, struct strview id);
bool idset_has(const struct idset *set, struct strview id);
void idset_clear(struct idset *set);

#endif
