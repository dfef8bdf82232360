/* SPDX-License-Identifier: ISC
 *
 * The tables on a stream: for output that is no terminal, and for the commands
 * that print one once.
 */
#ifndef DDPROC_PLAIN_H
#define DDPROC_PLAIN_H

#include <stddef.h>

#include "ctable.h"
#include "ddproc.h"
#include "table.h"

struct match;
struct model;

/* Columns of a line: of the terminal, else COLUMNS, else LIMIT_VIEW_PLAIN. */
size_t plain_width(const struct ddproc *ctx);

/* Write the titles and the processes or containers that match (NULL: all).
 * Return how many there were. */
size_t plain_table(const struct ddproc *ctx, const struct model *model,
    const struct match *match, enum sort_key key);
size_t plain_containers(const struct ddproc *ctx, const struct model *model,
    const struct match *match, enum csort_key key);

#endif
