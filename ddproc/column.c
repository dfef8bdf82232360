/* SPDX-License-Identifier: ISC
 *
 * Columns and their cells. All text goes through text_append().
 */
#include "column.h"
#include "text.h"

/* Columns that all shown ones but the last take, with the gaps. */
static size_t
fixed_width(const size_t *widths, size_t n)
{
	size_t width = 0;

	for (size_t i = 0; i + 1 < n; i++)
		if (widths[i] > 0)
			width += widths[i] + 1;
	return width;
}

/* Shares what is to spare, in the order of the columns. Returns the rest. */
static size_t
grow(const struct column *columns, size_t n, size_t *widths, size_t spare)
{
	for (size_t i = 0; i + 1 < n; i++) {
		size_t more = columns[i].most > columns[i].width
		    ? columns[i].most - columns[i].width
		    : 0;

		if (widths[i] == 0)
			continue;
		if (more > spare)
			more = spare;
		widths[i] += more;
		spare -= more;
	}
	return spare;
}

void
column_fit(const struct column *columns, size_t n, size_t *widths, size_t width)
{
	const struct column *last = &columns[n - 1];
	size_t rest;

	if (width > LIMIT_VIEW_COLUMNS)
		width = LIMIT_VIEW_COLUMNS;
	for (size_t i = 0; i < n; i++)
		if (widths[i] > 0)
			widths[i] = columns[i].width;
	for (unsigned drop = 1; drop <= n; drop++) {
		if (fixed_width(widths, n) + widths[n - 1] <= width)
			break;
		for (size_t i = 0; i < n; i++)
			if (columns[i].drop == drop)
				widths[i] = 0;
	}
	rest = fixed_width(widths, n);
	rest = rest < width ? width - rest : 0;
	if (widths[n - 1] == 0)
		grow(columns, n, widths, rest);
	else if (rest > last->most)
		widths[n - 1] = last->most +
		    grow(columns, n, widths, rest - last->most);
	else
		widths[n - 1] = rest;
}

void
column_titles(struct buf *out, const struct column *columns, size_t n,
    const size_t *widths)
{
	for (size_t i = 0; i + 1 < n; i++)
		if (widths[i] > 0)
			column_put(out, &columns[i], widths[i],
			    strview_of(columns[i].title));
	text_append_ours(out, columns[n - 1].title, widths[n - 1]);
}

/* Two columns more than there are are tried for, as a wide character may not
 * fit in one. */
void
column_put(struct buf *out, const struct column *column, size_t width,
    struct strview text)
{
	size_t start = out->len;
	size_t used = text_append(out, text, width + 2);

	if (used > width) {
		out->len = start;
		used = text_append(out, text, width - 1);
		text_pad(out, width - 1 - used);
		buf_append(out, "+", 1);
		used = width;
	}
	if (!column->left && used < width) {
		out->len = start;
		text_pad(out, width - used);
		text_append(out, text, width);
	} else {
		text_pad(out, width - used);
	}
	buf_append(out, " ", 1);
}
