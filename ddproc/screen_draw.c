/* SPDX-License-Identifier: ISC
 *
 * Drawing the screen. All text comes from table.c, header.c and inspect.c,
 * which make it printable; here it is placed.
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
    "  arrows j k  select the next or previous process\n"
    "  PgUp PgDn   a page up or down\n"
    "  Home End    the first or last process\n"
    "  Enter       inspect the selected process: facets, open files\n"
    "  /           show only processes that match all words typed\n"
    "  Esc         leave this, or show all processes again\n"
    "  r           resume real time after it ended (any key does)\n"
    "  Ctrl-L      draw the screen again\n"
    "\n"
    "Order of the rows\n"
    "\n"
    "  c cpu       m rss       p pid       u user      t threads\n"
    "  f fd        i read      o write     a age       n command\n"
    "  R           turn the order around\n"
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

static void
put_message(const struct screen *screen, size_t width, struct buf *line)
{
	size_t all = screen->view.n;
	char text[1200];

	if (screen->mode == SCREEN_FILTER || screen->filter[0] != '\0') {
		size_t used = text_append_ours(line, "/", width);

		used += text_append(line,
		    (struct strview){
			screen->filter, (uint32_t)strlen(screen->filter) },
		    width - used);
		snprintf(text, sizeof(text), "%s  (%zu match, Esc shows all)",
		    screen->mode == SCREEN_FILTER ? "_" : "", all);
		text_append_ours(line, text, width - used);
	} else if (!client_is_up(screen->client)) {
		client_explain(screen->client, text, sizeof(text));
		text_append_ours(line, text, width);
	} else if (lease_expired(&screen->lease, client_now_ms())) {
		snprintf(text, sizeof(text),
		    "real time ended, no key for %d minutes: r resumes it",
		    LIMIT_RT_TTL / 60);
		text_append_ours(line, text, width);
	} else {
		text_append_ours(
		    line, "q quit  h help  / filter  Enter inspect", width);
	}
}

/* Draws what stands above the rows. Returns the first row's line. */
static int
put_header(
    const struct screen *screen, const struct table *table, struct buf *line)
{
	struct header header = { .model = client_model(screen->client),
		.now = clock_wall_ms(),
		.up = client_is_up(screen->client),
		.expired = lease_expired(&screen->lease, client_now_ms()),
		.order = table_sort_name(screen->sort) };
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
	table_title(table, line);
	put_line(screen, y++, line, A_BOLD | A_UNDERLINE);
	return y;
}

/* Keeps the selected row in the view and on the screen. */
static void
place_view(struct screen *screen, size_t page)
{
	size_t n = screen->view.n;

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

static void
draw_table(struct screen *screen)
{
	const struct model *model = client_model(screen->client);
	struct buf line = { 0 };
	struct table table;
	int64_t now = clock_wall_ms();
	int y;

	table_fit(&table, (size_t)COLS, model_has_containers(model));
	model_select(model, &screen->match, &screen->view);
	table_sort(&screen->view, screen->sort, screen->reverse);
	y = put_header(screen, &table, &line);
	place_view(screen, LINES > y ? (size_t)(LINES - y) : 0);
	for (size_t i = screen->first; i < screen->view.n && y < LINES;
	     i++, y++) {
		table_row(&table, screen->view.v[i],
		    model_find_container(
			model, screen->view.v[i]->stat.container_id),
		    now, &line);
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
draw_inspect(struct screen *screen)
{
	const struct model *model = client_model(screen->client);
	const struct rec_process *rec = model_find_pid(model, screen->pid);
	const struct rec_files *files = model_files(model);
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	if (out == NULL)
		fatal("open_memstream");
	if (files != NULL &&
	    (files->pid != screen->pid || files->start_ticks != screen->start))
		files = NULL;
	if (rec == NULL || rec->stat.start_ticks != screen->start)
		fprintf(out, "process %d has ended\n", screen->pid);
	else
		inspect_print(out, model, rec, files, clock_wall_ms());
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
	case SCREEN_INSPECT:
		draw_inspect(screen);
		break;
	}
	refresh();
}
