/* SPDX-License-Identifier: ISC
 *
 * The process table as text. Every string of a process goes through
 * text_append(); unreadable numbers are "-", never 0.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "column.h"
#include "model.h"
#include "table.h"
#include "text.h"

#define COMMAND_MIN 18  /* columns below which another column goes instead */
#define WIDE        120 /* columns from which an empty one does no harm */

static const struct column columns[COL_COUNT] = {
	[COL_PID] = { "PID", 7, false, 0 },
	[COL_USER] = { "USER", 8, true, 7 },
	[COL_STATE] = { "S", 1, true, 9 },
	[COL_CPU] = { "CPU%", 5, false, 0 },
	[COL_RSS] = { "RSS", 5, false, 8 },
	[COL_THREADS] = { "THR", 4, false, 2 },
	[COL_FDS] = { "FD", 4, false, 3 },
	[COL_READ] = { "READ/s", 6, false, 5 },
	[COL_WRITE] = { "WRITE/s", 7, false, 6 },
	[COL_AGE] = { "AGE", 4, false, 4 },
	[COL_CONTAINER] = { "CONTAINER", 12, true, 1 },
	[COL_COMMAND] = { "COMMAND", 0, true, 0 },
};

void
table_fit(struct table *table, size_t width, bool containers)
{
	for (size_t i = 0; i < COL_COUNT; i++)
		table->shown[i] = true;
	table->shown[COL_CONTAINER] = containers || width >= WIDE;
	table->command = column_fit(
	    columns, COL_COUNT, table->shown, width, COMMAND_MIN);
}

static void
put_cell(struct buf *out, enum table_column column, struct strview text)
{
	column_put(out, &columns[column], text);
}

static void
put_text(struct buf *out, enum table_column column, const char *text)
{
	column_put(out, &columns[column], strview_of(text));
}

void
table_title(const struct table *table, struct buf *out)
{
	column_titles(out, columns, COL_COUNT, table->shown, table->command);
}

size_t
table_command(struct buf *out, const struct rec_process *rec, size_t max)
{
	size_t used = 0;

	for (uint32_t i = 0; i < rec->args.n && used < max; i++) {
		if (i > 0) {
			buf_append(out, " ", 1);
			used++;
		}
		used += text_append(out, rec->args.v[i], max - used);
	}
	if (rec->args.n > 0)
		return used;
	if (rec->comm.len == 0 || max < 3)
		return text_append_ours(out, "?", max);
	buf_append(out, "[", 1);
	used = 2 + text_append(out, rec->comm, max - 2);
	buf_append(out, "]", 1);
	return used;
}

static void
put_user(struct buf *out, const struct rec_process *rec)
{
	char text[TEXT_SHORT];

	if (rec->hidden & HIDDEN_STATUS) {
		put_text(out, COL_USER, "?");
	} else if (rec->user.len > 0) {
		put_cell(out, COL_USER, rec->user);
	} else {
		snprintf(text, sizeof(text), "%u", rec->uid);
		put_text(out, COL_USER, text);
	}
}

/* A container is known by its name, else by the first digits of its id. */
static void
put_container(
    struct buf *out, struct strview id, const struct rec_container *container)
{
	if (container != NULL && container->name.len > 0)
		put_cell(out, COL_CONTAINER, container->name);
	else if (id.len > 0)
		put_cell(out, COL_CONTAINER, text_short_id(id));
	else
		put_text(out, COL_CONTAINER, "-");
}

static void
put_column(struct buf *out, enum table_column column,
    const struct rec_process *rec, const struct rec_container *container,
    int64_t now)
{
	const struct rec_process_stat *stat = &rec->stat;
	char text[TEXT_SHORT] = "-";

	switch (column) {
	case COL_PID:
		snprintf(text, sizeof(text), "%d", stat->pid);
		break;
	case COL_USER:
		put_user(out, rec);
		return;
	case COL_STATE:
		text[0] = text_state(stat->state);
		break;
	case COL_CPU:
		text_percent(text, (double)stat->total_pct);
		break;
	case COL_RSS:
		text_bytes(text, (double)stat->rss);
		break;
	case COL_THREADS:
		text_count(text, stat->threads);
		break;
	case COL_FDS:
		text_count(text, stat->open_fds);
		break;
	case COL_READ:
		text_bytes(text, (double)stat->read_bytes_rate);
		break;
	case COL_WRITE:
		text_bytes(text, (double)stat->write_bytes_rate);
		break;
	case COL_AGE:
		if (stat->create_time > 0)
			text_age(text, text_elapsed(stat->create_time, now));
		break;
	case COL_CONTAINER:
		put_container(out, stat->container_id, container);
		return;
	case COL_COMMAND:
	case COL_COUNT:
		return;
	}
	put_text(out, column, text);
}

void
table_row(const struct table *table, const struct rec_process *rec,
    const struct rec_container *container, int64_t now, struct buf *out)
{
	for (size_t i = 0; i < COL_COMMAND; i++)
		if (table->shown[i])
			put_column(
			    out, (enum table_column)i, rec, container, now);
	table_command(out, rec, table->command);
}
