/* SPDX-License-Identifier: ISC
 *
 * A hash table with open addressing, rebuilt when it grows and when it is
 * swept.
 */
#include <stdlib.h>

#include "common/log.h"
#include "contab.h"
#include "record.h"

#define SLOTS_MIN 64u

struct slot {
	struct rec_container *rec; /* owned; NULL: free */
	uint64_t mark;             /* the last snapshot that showed it */
};

struct contab {
	struct slot *slots; /* never more than 3/4 full */
	uint32_t size;      /* a power of two */
	uint32_t n;
};

struct contab *
contab_new(void)
{
	struct contab *tab = xcalloc(1, sizeof(*tab));

	tab->size = SLOTS_MIN;
	tab->slots = xcalloc(tab->size, sizeof(*tab->slots));
	return tab;
}

void
contab_free(struct contab *tab)
{
	if (tab == NULL)
		return;
	for (uint32_t i = 0; i < tab->size; i++)
		free(tab->slots[i].rec);
	free(tab->slots);
	free(tab);
}

/* The slot of an id, or the free one where it belongs. */
static struct slot *
find_slot(const struct contab *tab, struct strview id)
{
	uint32_t at = strview_hash(id) & (tab->size - 1);

	while (tab->slots[at].rec != NULL &&
	    !strview_equal(tab->slots[at].rec->stat.id, id))
		at = (at + 1) & (tab->size - 1);
	return &tab->slots[at];
}

/* Moves every container that `keep` was marked by, or all if it is 0, to a
 * table with room for `room`; frees the others. */
static void
rebuild(struct contab *tab, uint32_t room, uint64_t keep)
{
	struct slot *old = tab->slots;
	uint32_t old_size = tab->size;

	tab->size = SLOTS_MIN;
	while (tab->size / 4 * 3 < room)
		tab->size *= 2;
	tab->slots = xcalloc(tab->size, sizeof(*tab->slots));
	tab->n = 0;
	for (uint32_t i = 0; i < old_size; i++) {
		if (old[i].rec == NULL)
			continue;
		if (keep != 0 && old[i].mark != keep) {
			free(old[i].rec);
			continue;
		}
		*find_slot(tab, old[i].rec->stat.id) = old[i];
		tab->n++;
	}
	free(old);
}

void
contab_put(struct contab *tab, const struct rec_container *rec, uint64_t mark)
{
	struct slot *slot = find_slot(tab, rec->stat.id);
	struct rec_container *copy;

	if (slot->rec == NULL) {
		if (tab->n >= LIMIT_CONTAINERS)
			return;
		if (tab->n + 1 > tab->size / 4 * 3) {
			rebuild(tab, tab->n * 2, 0);
			slot = find_slot(tab, rec->stat.id);
		}
		tab->n++;
	}
	copy = record_dup(MSG_container, rec);
	free(slot->rec); /* after the copy: rec may borrow from it */
	slot->rec = copy;
	slot->mark = mark;
}

void
contab_put_stat(
    struct contab *tab, const struct rec_container_stat *rec, uint64_t mark)
{
	struct slot *slot = find_slot(tab, rec->id);
	struct rec_container only = { .stat = *rec };
	struct strview id;

	if (slot->rec == NULL) {
		contab_put(tab, &only, mark);
		return;
	}
	id = slot->rec->stat.id;
	slot->rec->stat = *rec;
	slot->rec->stat.id = id;
	slot->mark = mark;
}

void
contab_sweep(struct contab *tab, uint64_t mark)
{
	rebuild(tab, tab->n, mark);
}

const struct rec_container *
contab_find(const struct contab *tab, struct strview id)
{
	return find_slot(tab, id)->rec;
}

uint32_t
contab_count(const struct contab *tab)
{
	return tab->n;
}

const struct rec_container *
contab_next(const struct contab *tab, uint32_t *at)
{
	while (*at < tab->size)
		if (tab->slots[(*at)++].rec != NULL)
			return tab->slots[*at - 1].rec;
	return NULL;
}
