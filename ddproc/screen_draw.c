/* SPDX-License-Identifier: ISC
 *
 * Drawing the screen. All text comes from table.c, ctable.c, header.c and
 * inspect.c, which make it printable; here it is placed.
 */
#include <curses.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/utf8.h"
#include "client.h"
#include "header.h"
#include "inspect.h"
#include "screen_private.h"
#include "text.h"

#define HEADER_ROWS (HEADER_LINES + 1) /* and the line of messages */
#define HEIGHT_MIN  8 /* rows below which the header is left out */

static const char help[] =
    "Keys\n"
    "\n"
    "  q           quit\n"
    "  h ?         this help\n"
    "  arrows j k  select the next or previous row\n"
    "  PgUp PgDn   a page up or down\n"
    "  Home End    the first or last row\n"
    "  Enter       inspect the selected process: facets, open files; or\n"
    "              container: facets, figures, processes\n"
    "  Tab         containers instead of processes, and back\n"
    "  p           of containers: only the processes of the selected one\n"
    "  /           show only what matches all words typed\n"
    "  Esc         leave this, or show all again\n"
    "  r           resume real time after it ended (any key does)\n"
    "  Ctrl-L      draw the screen again\n"
    "\n"
    "Order of the rows\n"
    "\n"
    "  c cpu       m rss       p pid       u user      t threads\n"
    "  f fd        i read      o write     a age       n command\n"
    "  R           turn the order around\n"
    "  of containers:\n"
    "  c cpu       m rss       n name      d id        v image\n"
    "  w net       i io        a age\n"
    "\n"
    "CPU% is 100 for one busy core. READ/s and WRITE/s are bytes. A field\n"
    "that may not be read is shown as - or ?, never as 0; `ddproc status`\n"
    "says which and why.\n";

/* Places the line and empties it. */
static void
put_line(const struct screen *screen, int y, struct buf *line, attr_t attr)
{
	size_t len = line->len;

	if (screen->top->ctx->ascii)
		len = text_to_ascii(line->data, len);
	attrset((int)attr);
	if (attr & A_REVERSE)
		mvhline(y, 0, ' ' | (chtype)attr, COLS);
	if (len > 0)
		mvaddnstr(y, 0, line->data, (int)len);
	attrset(A_NORMAL);
	line->len = 0;
}

static const struct rec_container *
find_container(const struct screen *screen)
{
	return model_find_container(
	    client_model(screen->client), screen->container);
}

static bool
is_filtered(const struct screen *screen)
{
	return screen->mode == SCREEN_FILTER || screen->filter[0] != '\0' ||
	    screen->match.container.len > 0;
}

/* What the table is restricted to: to a container, to words. */
static void
put_filter(const struct screen *screen, size_t width, struct buf *line)
{
	const bool words = screen->mode == SCREEN_FILTER ||
	    screen->filter[0] != '\0';
	const struct rec_container *rec = find_container(screen);
	size_t used = 0;
	char text[64];

	if (screen->match.container.len > 0) {
		used = text_append_ours(line, "container ", width);
		used += text_append(line,
		    rec != NULL && rec->name.len > 0
			? rec->name
			: text_short_id(screen->container),
		    (width - used) / 2);
		used += text_append_ours(line, "  ", width - used);
	}
	if (words) {
		used += text_append_ours(line, "/", width - used);
		used += text_append(
		    line, strview_of(screen->filter), width - used);
		used += text_append_ours(line,
		    screen->mode == SCREEN_FILTER ? "_  " : "  ", width - used);
	}
	snprintf(text, sizeof(text), "(%zu match, Esc %s)", screen->rows,
	    words ? "shows all" : "goes back");
	text_append_ours(line, text, width - used);
}

static const char *
help_line(const struct screen *screen)
{
	if (screen->only)
		return "q quit  h help  / filter  Enter inspect";
	if (screen->containers)
		return "q quit  h help  / filter  Enter inspect  p processes  "
		       "Tab all processes";
	return "q quit  h help  / filter  Enter inspect  Tab containers";
}

static void
put_message(const struct screen *screen, size_t width, struct buf *line)
{
	char text[1200];

	if (is_filtered(screen)) {
		put_filter(screen, width, line);
	} else if (!client_is_up(screen->client)) {
		client_explain(screen->client, text, sizeof(text));
		text_append_ours(line, text, width);
	} else if (lease_expired(&screen->lease, client_now_ms())) {
		snprintf(text, sizeof(text),
		    "real time ended, no key for %d minutes: r resumes it",
		    LIMIT_RT_TTL / 60);
		text_append_ours(line, text, width);
	} else {
		text_append_ours(line, help_line(screen), width);
	}
}

/* Draws what stands above the rows but their titles. Returns the line of
 * those. */
static int
put_header(const struct screen *screen, struct buf *line)
{
	struct header header = { .model = client_model(screen->client),
		.now = clock_wall_ms(),
		.up = client_is_up(screen->client),
		.expired = lease_expired(&screen->lease, client_now_ms()),
		.order = screen->containers ? ctable_sort_name(screen->csort)
					    : table_sort_name(screen->sort) };
	size_t width = (size_t)COLS;
	int y = 0;

	for (; LINES >= HEIGHT_MIN && y < HEADER_LINES; y++) {
		header_line(&header, (unsigned)y, width, line);
		put_line(screen, y, line, A_NORMAL);
	}
	/* On a low screen the message goes, but not while one types it. */
	if (LINES >= HEIGHT_MIN || screen->mode == SCREEN_FILTER) {
		put_message(screen, width, line);
		put_line(screen, y++, line, A_BOLD);
	}
	return y;
}

/* Keeps the selected row in the view and on the screen. */
static void
place_view(struct screen *screen, size_t page)
{
	size_t n = screen->rows;

	screen->page = page;
	if (screen->selected >= n)
		screen->selected = n > 0 ? n - 1 : 0;
	if (screen->first > screen->selected)
		screen->first = screen->selected;
	if (page > 0 && screen->selected - screen->first >= page)
		screen->first = screen->selected - page + 1;
	/* No empty rows at the end while there are some above. */
	if (screen->first + page > n)
		screen->first = n > page ? n - page : 0;
}

void
screen_update(struct screen *screen)
{
	const struct model *model = client_model(screen->client);

	screen->only = model_containers_only(model);
	screen->containers |= screen->only;
	/* It stays, so that the columns do not jump to and fro. */
	screen->contained |= model_has_containers(model);
}

void
screen_select(struct screen *screen)
{
	const struct model *model = client_model(screen->client);

	if (screen->containers) {
		model_select_containers(model, &screen->match, &screen->boxes);
		ctable_sort(&screen->boxes, screen->csort, screen->reverse);
		screen->rows = screen->boxes.n;
	} else {
		model_select(model, &screen->match, &screen->view);
		table_sort(&screen->view, screen->sort, screen->reverse);
		screen->rows = screen->view.n;
	}
}

/* Both kinds of table, fitted to the screen. */
struct tables {
	struct table processes;
	struct ctable containers;
};

static void
put_titles(
    const struct screen *screen, const struct tables *tables, struct buf *line)
{
	if (screen->containers)
		ctable_title(&tables->containers, line);
	else
		table_title(&tables->processes, line);
}

static void
put_row(const struct screen *screen, const struct tables *tables, size_t row,
    int64_t now, struct buf *line)
{
	const struct model *model = client_model(screen->client);
	const struct rec_process *rec;

	if (screen->containers) {
		ctable_row(
		    &tables->containers, screen->boxes.v[row], now, line);
		return;
	}
	rec = screen->view.v[row];
	table_row(&tables->processes, rec,
	    model_find_container(model, rec->stat.container_id), now, line);
}

/* Where no rows are, says what there is none of. */
static void
put_none(const struct screen *screen, int y, struct buf *line)
{
	const char *none = screen->containers ? "no containers"
					      : "no processes";

	if (is_filtered(screen))
		none = screen->containers ? "no container matches"
					  : "no process matches";
	if (screen->rows > 0 || y >= LINES ||
	    model_last_scan(client_model(screen->client)) == NULL)
		return;
	text_append_ours(line, none, (size_t)COLS);
	put_line(screen, y, line, A_NORMAL);
}

static void
draw_table(struct screen *screen)
{
	struct buf line = { 0 };
	struct tables tables;
	int64_t now = clock_wall_ms();
	int y;

	table_fit(&tables.processes, (size_t)COLS, screen->contained);
	ctable_fit(&tables.containers, (size_t)COLS);
	screen_select(screen);
	y = put_header(screen, &line);
	put_titles(screen, &tables, &line);
	put_line(screen, y++, &line, A_BOLD | A_UNDERLINE);
	place_view(screen, LINES > y ? (size_t)(LINES - y) : 0);
	put_none(screen, y, &line);
	for (size_t i = screen->first; i < screen->rows && y < LINES;
	     i++, y++) {
		put_row(screen, &tables, i, now, &line);
		put_line(screen, y, &line,
		    i == screen->selected ? A_REVERSE : A_NORMAL);
	}
	buf_free(&line);
}

/* Shows printable text from screen->line on, long lines wrapped. */
static void
draw_text(struct screen *screen, const char *text, size_t len)
{
	size_t height = LINES > 1 ? (size_t)LINES - 1 : 1;
	size_t n = 0, at = 0, bytes, rest;
	struct buf line = { 0 };

	for (; at < len; n++) {
		rest = strcspn(text + at, "\n");
		utf8_columns(text + at, rest, (size_t)COLS, &bytes);
		if (bytes == 0)
			bytes = rest; /* not even one character fits */
		if (n >= screen->line && n < screen->line + height) {
			buf_append(&line, text + at, bytes);
			put_line(
			    screen, (int)(n - screen->line), &line, A_NORMAL);
		}
		at += bytes + (bytes == rest);
	}
	text_append_ours(
	    &line, "Esc back  arrows PgUp PgDn scroll", (size_t)COLS);
	put_line(screen, LINES - 1, &line, A_BOLD);
	buf_free(&line);
	screen->page = height;
	if (screen->line + height > n) {
		rest = n > height ? n - height : 0;
		if (rest == screen->line)
			return;
		screen->line = rest; /* past the end: once more */
		erase();
		draw_text(screen, text, len);
	}
}

static void
print_process(const struct screen *screen, FILE *out)
{
	const struct model *model = client_model(screen->client);
	const struct rec_process *rec = model_find_pid(model, screen->pid);
	const struct rec_files *files = model_files(model);

	if (files != NULL &&
	    (files->pid != screen->pid || files->start_ticks != screen->start))
		files = NULL;
	if (rec == NULL || rec->stat.start_ticks != screen->start)
		fprintf(out, "process %d has ended\n", screen->pid);
	else
		inspect_print(out, model, rec, files, clock_wall_ms());
}

static void
print_container(const struct screen *screen, FILE *out)
{
	const struct rec_container *rec = find_container(screen);

	if (rec == NULL) {
		fputs("container ", out);
		text_write(out, screen->container);
		fputs(" has ended\n", out);
		return;
	}
	inspect_print_container(out, client_model(screen->client), rec,
	    (size_t)COLS, clock_wall_ms());
}

static void
draw_inspect(
    struct screen *screen, void (*print)(const struct screen *, FILE *))
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	if (out == NULL)
		fatal("open_memstream");
	print(screen, out);
	if (fclose(out) == EOF)
		fatal("open_memstream");
	draw_text(screen, text, len);
	free(text);
}

void
screen_draw(struct screen *screen)
{
	erase();
	switch (screen->mode) {
	case SCREEN_TABLE:
	case SCREEN_FILTER:
		draw_table(screen);
		break;
	case SCREEN_HELP:
		draw_text(screen, help, sizeof(help) - 1);
		break;
	case SCREEN_PROCESS:
		draw_inspect(screen, print_process);
		break;
	case SCREEN_CONTAINER:
		draw_inspect(screen, print_container);
		break;
	}
	refresh();
}
