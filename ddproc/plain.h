/* SPDX-License-Identifier: ISC
 *
 * The table on a stream: for output that is no terminal, and for search.
 */
#ifndef DDPROC_PLAIN_H
#define DDPROC_PLAIN_H

#include <stddef.h>

#include "ddproc.h"
#include "table.h"

struct match;
struct model;

/* Columns of a line: of the terminal, else COLUMNS, else LIMIT_VIEW_PLAIN. */
size_t plain_width(const struct ddproc *ctx);

/* Writes the titles and the processes that match (NULL: all). Returns how
 * many there were. */
size_t plain_table(const struct ddproc *ctx, const struct model *model,
    const struct match *match, enum sort_key key);

#endif
