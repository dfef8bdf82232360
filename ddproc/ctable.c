/* SPDX-License-Identifier: ISC
 *
 * The container table as text. A figure that could not be read is "-", never
 * 0, and so is what no source told.
 */
#include <stdio.h>

#include "column.h"
#include "ctable.h"
#include "text.h"

#define TAGS_MIN 8 /* columns below which another column goes instead */

static const struct column columns[CCOL_COUNT] = {
	[CCOL_ID] = { "ID", TEXT_SHORT_ID, true, 5 },
	[CCOL_NAME] = { "NAME", 20, true, 0 },
	[CCOL_IMAGE] = { "IMAGE", 20, true, 2 },
	[CCOL_STATE] = { "STATE", 10, true, 7 },
	[CCOL_HEALTH] = { "HEALTH", 9, true, 6 },
	[CCOL_CPU] = { "CPU%/LIM", 9, false, 0 },
	[CCOL_RSS] = { "RSS/LIM", 11, false, 8 },
	[CCOL_NET] = { "NET IN/OUT", 11, false, 4 },
	[CCOL_IO] = { "READ/WRITE", 11, false, 1 },
	[CCOL_AGE] = { "AGE", 4, false, 3 },
	[CCOL_TAGS] = { "TAGS", 0, true, 0 },
};

void
ctable_fit(struct ctable *table, size_t width)
{
	for (size_t i = 0; i < CCOL_COUNT; i++)
		table->shown[i] = true;
	table->tags = column_fit(
	    columns, CCOL_COUNT, table->shown, width, TAGS_MIN);
}

void
ctable_title(const struct ctable *table, struct buf *out)
{
	column_titles(out, columns, CCOL_COUNT, table->shown, table->tags);
}

/* "a/b"; "-" when the two are hidden. */
static void
put_pair(struct buf *out, enum ctable_column column, bool hidden, const char *a,
    const char *b)
{
	char text[2 * TEXT_SHORT];

	snprintf(text, sizeof(text), "%s/%s", a, b);
	column_put(out, &columns[column], strview_of(hidden ? "-" : text));
}

static void
put_cpu(struct buf *out, const struct rec_container_stat *stat)
{
	char used[TEXT_SHORT], limit[TEXT_SHORT] = "-";

	text_percent(used, (double)stat->total_pct);
	if (stat->cpu_limit > 0)
		snprintf(limit, sizeof(limit), "%.0f", (double)stat->cpu_limit);
	put_pair(
	    out, CCOL_CPU, stat->hidden & HIDDEN_CONTAINER_CPU, used, limit);
}

static void
put_rss(struct buf *out, const struct rec_container_stat *stat)
{
	char used[TEXT_SHORT], limit[TEXT_SHORT] = "-";

	text_bytes(used, (double)stat->mem_rss);
	if (stat->mem_limit > 0)
		text_bytes(limit, (double)stat->mem_limit);
	put_pair(
	    out, CCOL_RSS, stat->hidden & HIDDEN_CONTAINER_MEMORY, used, limit);
}

static void
put_rates(struct buf *out, enum ctable_column column, bool hidden, float in,
    float outward)
{
	char a[TEXT_SHORT], b[TEXT_SHORT];

	text_bytes(a, (double)in);
	text_bytes(b, (double)outward);
	put_pair(out, column, hidden, a, b);
}

static void
put_string(struct buf *out, enum ctable_column column, struct strview s)
{
	column_put(out, &columns[column], s.len > 0 ? s : SV("-"));
}

static void
put_age(struct buf *out, const struct rec_container_stat *stat, int64_t now)
{
	char text[TEXT_SHORT] = "-";

	if (stat->started > 0 && stat->started <= INT64_MAX / 1000)
		text_age(text, text_elapsed(stat->started * 1000, now));
	column_put(out, &columns[CCOL_AGE], strview_of(text));
}

static void
put_column(struct buf *out, enum ctable_column column,
    const struct rec_container *rec, int64_t now)
{
	const struct rec_container_stat *stat = &rec->stat;

	switch (column) {
	case CCOL_ID:
		column_put(out, &columns[column], text_short_id(stat->id));
		break;
	case CCOL_NAME:
		put_string(out, column, rec->name);
		break;
	case CCOL_IMAGE:
		put_string(out, column, rec->image);
		break;
	case CCOL_STATE:
		column_put(out, &columns[column],
		    strview_of(text_container_state(stat->state)));
		break;
	case CCOL_HEALTH:
		put_string(out, column,
		    stat->health == HEALTH_UNKNOWN
			? SV("")
			: strview_of(text_health(stat->health)));
		break;
	case CCOL_CPU:
		put_cpu(out, stat);
		break;
	case CCOL_RSS:
		put_rss(out, stat);
		break;
	case CCOL_NET:
		if (rec->host_network)
			column_put(out, &columns[column], SV("host"));
		else
			put_rates(out, column,
			    stat->hidden & HIDDEN_CONTAINER_NETWORK,
			    stat->net_received_bytes, stat->net_sent_bytes);
		break;
	case CCOL_IO:
		put_rates(out, column, stat->hidden & HIDDEN_CONTAINER_BLOCK_IO,
		    stat->read_bytes_rate, stat->write_bytes_rate);
		break;
	case CCOL_AGE:
		put_age(out, stat, now);
		break;
	case CCOL_TAGS:
	case CCOL_COUNT:
		break;
	}
}

static void
put_tags(struct buf *out, const struct strviews *tags, size_t max)
{
	size_t used = 0;

	if (tags->n == 0)
		text_append_ours(out, "-", max);
	for (uint32_t i = 0; i < tags->n && used < max; i++) {
		if (i > 0)
			used += text_append_ours(out, " ", max - used);
		used += text_append(out, tags->v[i], max - used);
	}
}

void
ctable_row(const struct ctable *table, const struct rec_container *rec,
    int64_t now, struct buf *out)
{
	for (size_t i = 0; i < CCOL_TAGS; i++)
		if (table->shown[i])
			put_column(out, (enum ctable_column)i, rec, now);
	put_tags(out, &rec->tags, table->tags);
}
