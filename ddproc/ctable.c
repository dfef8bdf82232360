/* SPDX-License-Identifier: ISC
 *
 * The container table as text. A figure that could not be read is "-", never
 * 0, and so is what no source told.
 */
#include <stdio.h>
#include <string.h>

#include "column.h"
#include "ctable.h"
#include "text.h"

#define PAIR (2 * TEXT_SHORT) /* room for two numbers */

static const struct column columns[CCOL_COUNT] = {
	[CCOL_ID] = { "ID", TEXT_SHORT_ID, TEXT_SHORT_ID, true, 3 },
	[CCOL_NAME] = { "NAME", 16, 32, true, 0 },
	[CCOL_IMAGE] = { "IMAGE", 12, 40, true, 6 },
	[CCOL_STATE] = { "STATE", 10, 10, true, 8 },
	[CCOL_HEALTH] = { "HEALTH", 9, 9, true, 7 },
	[CCOL_CPU] = { "CPU%/LIM", 10, 10, false, 0 },
	[CCOL_RSS] = { "RSS/LIM", 11, 11, false, 9 },
	[CCOL_NET] = { "NET IN/OUT", 11, 11, false, 2 },
	[CCOL_IO] = { "READ/WRITE", 11, 11, false, 1 },
	[CCOL_AGE] = { "AGE", 4, 4, false, 5 },
	[CCOL_TAGS] = { "TAGS", 16, 40, true, 4 },
};

void
ctable_fit(struct ctable *table, size_t width)
{
	for (size_t i = 0; i < CCOL_COUNT; i++)
		table->widths[i] = columns[i].width;
	column_fit(columns, CCOL_COUNT, table->widths, width);
}

void
ctable_title(const struct ctable *table, struct buf *out)
{
	column_titles(out, columns, CCOL_COUNT, table->widths);
}

/* "a/b" in `text`; "-" when the two are hidden. */
static struct strview
pair_of(char text[PAIR], bool hidden, const char *a, const char *b)
{
	if (hidden)
		return SV("-");
	snprintf(text, PAIR, "%s/%s", a, b);
	return strview_of(text);
}

static struct strview
cpu_of(const struct rec_container_stat *stat, char text[PAIR])
{
	char used[TEXT_SHORT], limit[TEXT_SHORT] = "-";

	text_percent(used, (double)stat->total_pct);
	if (stat->cpu_limit > 0)
		snprintf(limit, sizeof(limit), "%.0f", (double)stat->cpu_limit);
	return pair_of(text, stat->hidden & HIDDEN_CONTAINER_CPU, used, limit);
}

static struct strview
rss_of(const struct rec_container_stat *stat, char text[PAIR])
{
	char used[TEXT_SHORT], limit[TEXT_SHORT] = "-";

	text_bytes(used, (double)stat->mem_rss);
	if (stat->mem_limit > 0)
		text_bytes(limit, (double)stat->mem_limit);
	return pair_of(
	    text, stat->hidden & HIDDEN_CONTAINER_MEMORY, used, limit);
}

static struct strview
rates_of(char text[PAIR], bool hidden, float in, float outward)
{
	char a[TEXT_SHORT], b[TEXT_SHORT];

	text_bytes(a, (double)in);
	text_bytes(b, (double)outward);
	return pair_of(text, hidden, a, b);
}

static struct strview
age_of(const struct rec_container_stat *stat, int64_t now, char text[PAIR])
{
	if (stat->started <= 0 || stat->started > INT64_MAX / 1000)
		return SV("-");
	text_age(text, text_elapsed(stat->started * 1000, now));
	return strview_of(text);
}

static struct strview
or_dash(struct strview s)
{
	return s.len > 0 ? s : SV("-");
}

/* Its last part alone where the whole does not fit: the registry tells
 * least. */
static struct strview
image_of(const struct rec_container *rec, size_t width)
{
	const struct strview whole = rec->image;
	const char *slash;
	uint32_t cut;

	if (whole.len <= width ||
	    (slash = memrchr(whole.s, '/', whole.len)) == NULL)
		return or_dash(whole);
	cut = (uint32_t)(slash + 1 - whole.s);
	return or_dash((struct strview){ slash + 1, whole.len - cut });
}

/* What stands in a column: of the record, or in `text`. */
static struct strview
cell_of(const struct ctable *table, enum ctable_column column,
    const struct rec_container *rec, int64_t now, char text[PAIR])
{
	const struct rec_container_stat *stat = &rec->stat;

	switch (column) {
	case CCOL_ID:
		return text_short_id(stat->id);
	case CCOL_NAME:
		if (rec->name.len == 0 && table->widths[CCOL_ID] == 0)
			return or_dash(text_short_id(stat->id));
		return or_dash(rec->name);
	case CCOL_IMAGE:
		return image_of(rec, table->widths[column]);
	case CCOL_STATE:
		return strview_of(text_container_state(stat->state));
	case CCOL_HEALTH:
		return stat->health == HEALTH_UNKNOWN
		    ? SV("-")
		    : strview_of(text_health(stat->health));
	case CCOL_CPU:
		return cpu_of(stat, text);
	case CCOL_RSS:
		return rss_of(stat, text);
	case CCOL_NET:
		if (rec->host_network)
			return SV("host");
		return rates_of(text, stat->hidden & HIDDEN_CONTAINER_NETWORK,
		    stat->net_received_bytes, stat->net_sent_bytes);
	case CCOL_IO:
		return rates_of(text, stat->hidden & HIDDEN_CONTAINER_BLOCK_IO,
		    stat->read_bytes_rate, stat->write_bytes_rate);
	case CCOL_AGE:
		return age_of(stat, now, text);
	case CCOL_TAGS:
	case CCOL_COUNT:
		break;
	}
	return SV("");
}

/* Whether the tag only says what a column does. */
static bool
is_shown(const struct rec_container *rec, struct strview tag)
{
	const struct {
		struct strview name;
		struct strview value;
	} said[] = {
		{ SV("container_id:"), rec->stat.id },
		{ SV("container_name:"), rec->name },
		{ SV("container_image:"), rec->image },
		{ SV("docker_image:"), rec->image },
	};

	for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
		const struct strview *name = &said[i].name;
		struct strview rest = tag;

		if (tag.len < name->len ||
		    memcmp(tag.s, name->s, name->len) != 0)
			continue;
		rest.s += name->len;
		rest.len -= name->len;
		if (strview_equal(rest, said[i].value))
			return true;
	}
	return false;
}

static void
put_tags(struct buf *out, const struct rec_container *rec, size_t max)
{
	size_t used = 0;

	for (uint32_t i = 0; i < rec->tags.n && used < max; i++) {
		if (is_shown(rec, rec->tags.v[i]))
			continue;
		if (used > 0)
			used += text_append_ours(out, " ", max - used);
		used += text_append(out, rec->tags.v[i], max - used);
	}
	if (used == 0)
		text_append_ours(out, "-", max);
}

void
ctable_row(const struct ctable *table, const struct rec_container *rec,
    int64_t now, struct buf *out)
{
	char text[PAIR];

	for (size_t i = 0; i < CCOL_TAGS; i++)
		if (table->widths[i] > 0)
			column_put(out, &columns[i], table->widths[i],
			    cell_of(
				table, (enum ctable_column)i, rec, now, text));
	put_tags(out, rec, table->widths[CCOL_TAGS]);
}
