/* SPDX-License-Identifier: ISC
 *
 * The process table as text. Every string of a process goes through
 * text_append(); unreadable numbers are "-", never 0.
 */
#include <stdio.h>

#include "column.h"
#include "model.h"
#include "table.h"
#include "text.h"

#define WIDE 120 /* columns from which an empty one does no harm */

static const struct column columns[COL_COUNT] = {
	[COL_PID] = { "PID", 7, 7, false, 0 },
	[COL_USER] = { "USER", 8, 16, true, 7 },
	[COL_STATE] = { "S", 1, 1, true, 9 },
	[COL_CPU] = { "CPU%", 5, 5, false, 0 },
	[COL_RSS] = { "RSS", 5, 5, false, 8 },
	[COL_THREADS] = { "THR", 4, 4, false, 1 },
	[COL_FDS] = { "FD", 4, 4, false, 2 },
	[COL_READ] = { "READ/s", 6, 6, false, 4 },
	[COL_WRITE] = { "WRITE/s", 7, 7, false, 5 },
	[COL_AGE] = { "AGE", 4, 4, false, 3 },
	[COL_CONTAINER] = { "CONTAINER", 12, 32, true, 6 },
	[COL_COMMAND] = { "COMMAND", 18, 80, true, 0 },
};

void
table_fit(struct table *table, size_t width, bool containers)
{
	for (size_t i = 0; i < COL_COUNT; i++)
		table->widths[i] = columns[i].width;
	if (!containers && width < WIDE)
		table->widths[COL_CONTAINER] = 0;
	column_fit(columns, COL_COUNT, table->widths, width);
}

void
table_title(const struct table *table, struct buf *out)
{
	column_titles(out, columns, COL_COUNT, table->widths);
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

/* A user is known by his name, else by his number, in `text`. */
static struct strview
user_of(const struct rec_process *rec, char text[TEXT_SHORT])
{
	if (rec->hidden & HIDDEN_STATUS)
		return SV("?");
	if (rec->user.len > 0)
		return rec->user;
	snprintf(text, TEXT_SHORT, "%u", rec->uid);
	return strview_of(text);
}

/* A container is known by its name, else by the first digits of its id. */
static struct strview
container_of(struct strview id, const struct rec_container *container)
{
	if (container != NULL && container->name.len > 0)
		return container->name;
	return id.len > 0 ? text_short_id(id) : SV("-");
}

/* What stands in a column: of the record, or in `text`. */
static struct strview
cell_of(enum table_column column, const struct rec_process *rec,
    const struct rec_container *container, int64_t now, char text[TEXT_SHORT])
{
	const struct rec_process_stat *stat = &rec->stat;

	snprintf(text, TEXT_SHORT, "-");
	switch (column) {
	case COL_PID:
		snprintf(text, TEXT_SHORT, "%d", stat->pid);
		break;
	case COL_USER:
		return user_of(rec, text);
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
		return container_of(stat->container_id, container);
	case COL_COMMAND:
	case COL_COUNT:
		break;
	}
	return strview_of(text);
}

void
table_row(const struct table *table, const struct rec_process *rec,
    const struct rec_container *container, int64_t now, struct buf *out)
{
	char text[TEXT_SHORT];

	for (size_t i = 0; i < COL_COMMAND; i++)
		if (table->widths[i] > 0)
			column_put(out, &columns[i], table->widths[i],
			    cell_of((enum table_column)i, rec, container, now,
				text));
	table_command(out, rec, table->widths[COL_COMMAND]);
}
