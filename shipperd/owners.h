/* SPDX-License-Identifier: ISC
 *
 * Which record of a snapshot is the container of an id, so that processes
 * find theirs.
 */
#ifndef SHIPPERD_OWNERS_H
#define SHIPPERD_OWNERS_H

#include <stdbool.h>

#include "common/schema.h"

/* All zero is empty. */
struct owners {
	struct buf ids;       /* end to end */
	struct owner *sorted; /* owned; by id once it is closed */
	uint32_t n;
	uint32_t room;
	bool closed; /* somebody has asked */
};

/* Containers come before processes; one that is added after the first question
 * is found by nobody. */
void owners_add(struct owners *owners, struct strview id, uint32_t record);

/* The record of this id, or UINT32_MAX. */
uint32_t owners_find(struct owners *owners, struct strview id);

void owners_clear(struct owners *owners); /* frees what it holds */

#endif
