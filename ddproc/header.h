/* SPDX-License-Identifier: ISC
 *
 * The lines above the table: whose processes and containers these are, how
 * many, what they take, and how fresh the picture is. Pure.
 */
#ifndef DDPROC_HEADER_H
#define DDPROC_HEADER_H

#include <stdbool.h>
#include <stdint.h>

#include "model.h"

#define HEADER_LINES 3

struct header {
	const struct model *model;
	int64_t now;       /* ms since the epoch */
	bool up;           /* there is a link */
	bool expired;      /* nobody looked for LIMIT_RT_TTL */
	const char *order; /* how the rows are sorted: "cpu" */
};

/* Appends line `n` (from 0), printable, at most `width` columns. */
void header_line(
    const struct header *header, unsigned n, size_t width, struct buf *out);

#endif
