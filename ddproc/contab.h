/* SPDX-License-Identifier: ISC
 *
 * Containers by id, for the model: the last record of each, and by which
 * snapshot it was shown last. The table owns what it holds; records that go
 * in are copied.
 */
#ifndef DDPROC_CONTAB_H
#define DDPROC_CONTAB_H

#include "common/schema.h"

struct contab;

struct contab *contab_new(void);
void contab_free(struct contab *tab); /* NULL is fine */

/* Put what a snapshot, whose number `mark` is not 0, shows of a container. Of
 * one that is known by its figures only, the name and the like stay empty.
 * Past LIMIT_CONTAINERS nothing more is taken. */
void contab_put(
    struct contab *tab, const struct rec_container *rec, uint64_t mark);
void contab_put_stat(
    struct contab *tab, const struct rec_container_stat *rec, uint64_t mark);

/* Forgets those that the snapshot `mark` did not show. */
void contab_sweep(struct contab *tab, uint64_t mark);

/* The container of this id, or NULL. Borrowed until the next record. */
const struct rec_container *contab_find(
    const struct contab *tab, struct strview id);

uint32_t contab_count(const struct contab *tab);

/* One after the other: sets *at, which is 0 at first, to where to go on.
 * Returns NULL at the end. */
const struct rec_container *contab_next(const struct contab *tab, uint32_t *at);

#endif
