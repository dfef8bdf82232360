/* SPDX-License-Identifier: ISC
 *
 * A set over tsearch(3); each node is a strview with its bytes behind it.
 */
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "common/limits.h"
#include "common/log.h"
#include "idset.h"

static int
compare(const void *a, const void *b)
{
	return strview_compare(
	    *(const struct strview *)a, *(const struct strview *)b);
}

bool
idset_has(const struct idset *set, struct strview id)
{
	return set->n > 0 && tfind(&id, &set->tree, compare) != NULL;
}

bool
idset_add(struct idset *set, struct strview id)
{
	struct strview *node;

	if (set->n == LIMIT_CONTAINERS || id.len == 0 || idset_has(set, id))
		return false;
	node = xcalloc(1, sizeof(*node) + id.len);
	memcpy(node + 1, id.s, id.len);
	*node = (struct strview){ (char *)(node + 1), id.len };
	if (tsearch(node, &set->tree, compare) == NULL)
		fatalx("out of memory");
	set->n++;
	return true;
}

void
idset_clear(struct idset *set)
{
	tdestroy(set->tree, free);
	*set = (struct idset){ 0 };
}
