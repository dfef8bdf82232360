/* SPDX-License-Identifier: ISC
 *
 * Containers as rows of text: which columns fit, what stands in each, and in
 * which order the rows come. Pure: records in, printable text out.
 */
#ifndef DDPROC_CTABLE_H
#define DDPROC_CTABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/schema.h"

struct model_containers;

enum ctable_column {
	CCOL_ID,
	CCOL_NAME,
	CCOL_IMAGE,
	CCOL_STATE,
	CCOL_HEALTH,
	CCOL_CPU,
	CCOL_RSS,
	CCOL_NET,
	CCOL_IO,
	CCOL_AGE,
	CCOL_TAGS,
	CCOL_COUNT
};

struct ctable {
	size_t widths[CCOL_COUNT]; /* 0: not shown */
};

/* Chooses the columns for a line of `width`: the least important go first,
 * name and CPU never; where there is room, names get more of it. */
void ctable_fit(struct ctable *table, size_t width);

/* Append one line without its newline: the titles, one container. Only the
 * tags are not padded; those that say what other columns do are left out.
 * `now` is ms since the epoch. */
void ctable_title(const struct ctable *table, struct buf *out);
void ctable_row(const struct ctable *table, const struct rec_container *rec,
    int64_t now, struct buf *out);

enum csort_key {
	CSORT_CPU,
	CSORT_RSS,
	CSORT_NAME,
	CSORT_ID,
	CSORT_IMAGE,
	CSORT_NET,
	CSORT_IO,
	CSORT_AGE,
	CSORT_COUNT
};

/* "cpu"; and the key of that name, or -1. */
const char *ctable_sort_name(enum csort_key key);
int ctable_sort_key(const char *name);

/* Sorts: text upwards, the rest largest (oldest) first; `reverse` turns that
 * around. Equal ones stand in the order of their ids. */
void ctable_sort(
    struct model_containers *view, enum csort_key key, bool reverse);

#endif
