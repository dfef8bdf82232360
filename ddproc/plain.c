/* SPDX-License-Identifier: ISC
 *
 * The tables on a stream, a line per process or container.
 */
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common/clock.h"
#include "model.h"
#include "plain.h"

size_t
plain_width(const struct ddproc *ctx)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size;
	long width;

	if (ctx->tty && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 &&
	    size.ws_col > 0)
		return size.ws_col;
	width = columns != NULL ? strtol(columns, NULL, 10) : 0;
	if (width < 1 || width > LIMIT_VIEW_COLUMNS)
		width = LIMIT_VIEW_PLAIN;
	return (size_t)width;
}

static void
write_line(FILE *out, struct buf *line)
{
	buf_append(line, "\n", 1);
	fwrite(line->data, 1, line->len, out);
	line->len = 0;
}

size_t
plain_table(const struct ddproc *ctx, const struct model *model,
    const struct match *match, enum sort_key key)
{
	struct model_view view = { 0 };
	struct table table;
	struct buf line = { 0 };
	int64_t now = clock_wall_ms();
	size_t n;

	table_fit(&table, plain_width(ctx), model_has_containers(model));
	model_select(model, match, &view);
	table_sort(&view, key, false);
	table_title(&table, &line);
	write_line(ctx->out, &line);
	for (size_t i = 0; i < view.n; i++) {
		table_row(&table, view.v[i],
		    model_find_container(model, view.v[i]->stat.container_id),
		    now, &line);
		write_line(ctx->out, &line);
	}
	n = view.n;
	buf_free(&line);
	model_view_free(&view);
	return n;
}

size_t
plain_containers(const struct ddproc *ctx, const struct model *model,
    const struct match *match, enum csort_key key)
{
	struct model_containers view = { 0 };
	struct ctable table;
	struct buf line = { 0 };
	int64_t now = clock_wall_ms();
	size_t n;

	ctable_fit(&table, plain_width(ctx));
	model_select_containers(model, match, &view);
	ctable_sort(&view, key, false);
	ctable_title(&table, &line);
	write_line(ctx->out, &line);
	for (size_t i = 0; i < view.n; i++) {
		ctable_row(&table, view.v[i], now, &line);
		write_line(ctx->out, &line);
	}
	n = view.n;
	buf_free(&line);
	model_containers_free(&view);
	return n;
}
