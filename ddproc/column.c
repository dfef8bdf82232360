/* SPDX-License-Identifier: ISC
 *
 * Columns and their cells. All text goes through text_append().
 */
#include "column.h"
#include "text.h"

/* Columns that all shown ones but the last take, with the gaps. */
static size_t
fixed_width(const struct column *columns, size_t n, const bool *shown)
{
	size_t width = 0;

	for (size_t i = 0; i + 1 < n; i++)
		if (shown[i])
			width += columns[i].width + 1;
	return width;
}

size_t
column_fit(const struct column *columns, size_t n, bool *shown, size_t width,
    size_t last_min)
{
	size_t fixed;

	if (width > LIMIT_VIEW_COLUMNS)
		width = LIMIT_VIEW_COLUMNS;
	for (unsigned drop = 1; drop <= n; drop++) {
		if (fixed_width(columns, n, shown) + last_min <= width)
			break;
		for (size_t i = 0; i < n; i++)
			if (columns[i].drop == drop)
				shown[i] = false;
	}
	fixed = fixed_width(columns, n, shown);
	return fixed < width ? width - fixed : 0;
}

void
column_titles(struct buf *out, const struct column *columns, size_t n,
    const bool *shown, size_t last)
{
	for (size_t i = 0; i + 1 < n; i++)
		if (shown[i])
			column_put(
			    out, &columns[i], strview_of(columns[i].title));
	text_append_ours(out, columns[n - 1].title, last);
}

/* Two columns more than there are are tried for, as a wide character may not
 * fit in one. */
void
column_put(struct buf *out, const struct column *column, struct strview text)
{
	size_t width = column->width;
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
