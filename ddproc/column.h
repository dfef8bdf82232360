/* SPDX-License-Identifier: ISC
 *
 * Columns of text, for the tables of processes and of containers: which fit
 * into a line, how wide they are, and a cell of one. The last column takes
 * what the others leave. Pure.
 */
#ifndef DDPROC_COLUMN_H
#define DDPROC_COLUMN_H

#include <stdbool.h>
#include <stddef.h>

#include "common/schema.h"

struct column {
	const char *title;
	size_t width;  /* at least */
	size_t most;   /* where the line has room; of the last column, what it
			 has before the others grow */
	bool left;     /* adjusted to the left */
	unsigned drop; /* the lowest goes first; 0 never goes */
};

/* Sets the widths of the `n` columns in a line of `width` (at most
 * LIMIT_VIEW_COLUMNS), 0 of those that do not fit. Those that are 0 before
 * stay it. */
void column_fit(
    const struct column *columns, size_t n, size_t *widths, size_t width);

/* Appends the titles of those that are shown. */
void column_titles(struct buf *out, const struct column *columns, size_t n,
    const size_t *widths);

/* Appends a cell of `width` and the gap behind it; `text` may be any bytes.
 * What is too wide ends in a '+'. */
void column_put(struct buf *out, const struct column *column, size_t width,
    struct strview text);

#endif
