/* SPDX-License-Identifier: ISC
 *
 * Columns of text, for the tables of processes and of containers: which fit
 * into a line, and a cell of one. The last column has no width of its own, it
 * takes what the others leave. Pure.
 */
#ifndef DDPROC_COLUMN_H
#define DDPROC_COLUMN_H

#include <stdbool.h>
#include <stddef.h>

#include "common/schema.h"

struct column {
	const char *title;
	size_t width;
	bool left;     /* adjusted to the left */
	unsigned drop; /* the lowest goes first; 0 never goes */
};

/* Takes columns out of `shown` until the last of the `n` has at least
 * `last_min` of a line of `width` (at most LIMIT_VIEW_COLUMNS). Returns what
 * the last one has. */
size_t column_fit(const struct column *columns, size_t n, bool *shown,
    size_t width, size_t last_min);

/* Appends the titles of those that are shown. */
void column_titles(struct buf *out, const struct column *columns, size_t n,
    const bool *shown, size_t last);

/* Appends a cell and the gap behind it; `text` may be any bytes. What is too
 * wide ends in a '+'. */
void column_put(
    struct buf *out, const struct column *column, struct strview text);

#endif
