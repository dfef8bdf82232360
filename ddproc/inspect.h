/* SPDX-License-Identifier: ISC
 *
 * All that is known about one process or container, as text: for `ddproc
 * inspect` and for the screen.
 */
#ifndef DDPROC_INSPECT_H
#define DDPROC_INSPECT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "common/schema.h"

struct model;

/* Writes lines, printable: of a process of the model. `files` is NULL until
 * they have come; `now` is ms since the epoch. */
void inspect_print(FILE *out, const struct model *model,
    const struct rec_process *rec, const struct rec_files *files, int64_t now);

/* The same of a container of the model, and its processes: each in a line of
 * `width` columns, the first LIMIT_VIEW_PROCESSES by CPU. */
void inspect_print_container(FILE *out, const struct model *model,
    const struct rec_container *rec, size_t width, int64_t now);

#endif
