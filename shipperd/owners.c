/* SPDX-License-Identifier: ISC
 *
 * An array that is sorted once, when it is first asked: no id that somebody
 * chose can make it slow, and no order in which records come.
 */
#include <stdlib.h>

#include "common/log.h"
#include "owners.h"

struct owner {
	uint32_t offset; /* of the id */
	uint32_t len;
	uint32_t record;
};

static struct strview
id_of(const struct owners *owners, const struct owner *owner)
{
	return (struct strview){ owners->ids.data + owner->offset, owner->len };
}

static int
compare(const void *a, const void *b, void *arg)
{
	const struct owners *owners = arg;

	return strview_compare(id_of(owners, a), id_of(owners, b));
}

void
owners_add(struct owners *owners, struct strview id, uint32_t record)
{
	if (owners->closed || id.len == 0)
		return;
	if (owners->n == owners->room) {
		owners->room = owners->room == 0 ? 64 : 2 * owners->room;
		owners->sorted = xrealloc(
		    owners->sorted, owners->room * sizeof(*owners->sorted));
	}
	owners->sorted[owners->n++] = (struct owner){ (uint32_t)owners->ids.len,
		id.len, record };
	buf_append(&owners->ids, id.s, id.len);
}

uint32_t
owners_find(struct owners *owners, struct strview id)
{
	uint32_t low = 0, high = owners->n, middle;
	int order;

	if (!owners->closed && owners->n > 1)
		qsort_r(owners->sorted, owners->n, sizeof(*owners->sorted),
		    compare, owners);
	owners->closed = true;
	while (low < high) {
		middle = low + (high - low) / 2;
		order = strview_compare(
		    id, id_of(owners, &owners->sorted[middle]));
		if (order == 0)
			return owners->sorted[middle].record;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return UINT32_MAX;
}

void
owners_clear(struct owners *owners)
{
	buf_free(&owners->ids);
	free(owners->sorted);
	*owners = (struct owners){ 0 };
}
