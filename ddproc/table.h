/* SPDX-License-Identifier: ISC
 *
 * Processes as rows of text: which columns fit, what stands in each, and in
 * which order the rows come. Pure: records in, printable text out.
 */
#ifndef DDPROC_TABLE_H
#define DDPROC_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/schema.h"

struct model_view;

enum table_column {
	COL_PID,
	COL_USER,
	COL_STATE,
	COL_CPU,
	COL_RSS,
	COL_THREADS,
	COL_FDS,
	COL_READ,
	COL_WRITE,
	COL_AGE,
	COL_CONTAINER,
	COL_COMMAND,
	COL_COUNT
};

struct table {
	size_t widths[COL_COUNT]; /* 0: not shown */
};

/* Chooses the columns for a line of `width`: the least important go first,
 * the pid, the CPU and the command never; where there is room, names get more
 * of it. `containers`: some process is in
 * one; else that column is left out unless the line has room to spare. */
void table_fit(struct table *table, size_t width, bool containers);

/* Append one line without its newline: the titles, one process. Only the
 * command is not padded. `container` is the process's, NULL when it is in
 * none that is known; `now` is ms since the epoch. */
void table_title(const struct table *table, struct buf *out);
void table_row(const struct table *table, const struct rec_process *rec,
    const struct rec_container *container, int64_t now, struct buf *out);

/* Appends the command as one line: arguments, else [comm], else "?". */
size_t table_command(
    struct buf *out, const struct rec_process *rec, size_t max);

enum sort_key {
	SORT_CPU,
	SORT_RSS,
	SORT_PID,
	SORT_USER,
	SORT_THREADS,
	SORT_FDS,
	SORT_READ,
	SORT_WRITE,
	SORT_AGE,
	SORT_COMMAND,
	SORT_COUNT
};

/* "cpu"; and the key of that name, or -1. */
const char *table_sort_name(enum sort_key key);
int table_sort_key(const char *name);

/* Sorts: text and pids upwards, the rest largest (oldest) first; `reverse`
 * turns that around. Equal ones stand in the order of their pids. */
void table_sort(struct model_view *view, enum sort_key key, bool reverse);

#endif
