/* SPDX-License-Identifier: ISC
 *
 * What the keys do: one table for the orders, one switch for each of the
 * screen's modes.
 */
#include <curses.h>
#include <string.h>

#include "client.h"
#include "screen_private.h"
#include "text.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

#define KEY_ESCAPE 27
#define KEY_DELETE 127
#define KEY_REDRAW ('L' & 0x1f)

static const struct {
	int ch;
	enum sort_key sort;
} sort_keys[] = {
	{ 'c', SORT_CPU },
	{ 'm', SORT_RSS },
	{ 'p', SORT_PID },
	{ 'u', SORT_USER },
	{ 't', SORT_THREADS },
	{ 'f', SORT_FDS },
	{ 'i', SORT_READ },
	{ 'o', SORT_WRITE },
	{ 'a', SORT_AGE },
	{ 'n', SORT_COMMAND },
};

static const struct {
	int ch;
	enum csort_key sort;
} csort_keys[] = {
	{ 'c', CSORT_CPU },
	{ 'm', CSORT_RSS },
	{ 'n', CSORT_NAME },
	{ 'd', CSORT_ID },
	{ 'v', CSORT_IMAGE },
	{ 'w', CSORT_NET },
	{ 'i', CSORT_IO },
	{ 'a', CSORT_AGE },
};

/* Moves *at as an arrow or page key says; what draws sets it right when it
 * is past the end. Returns false for another key. */
static bool
move_key(size_t *at, size_t page, int ch)
{
	size_t step = 1;

	switch (ch) {
	case KEY_PPAGE:
		step = page;
		/* FALLTHROUGH */
	case KEY_UP:
	case 'k':
		*at -= *at < step ? *at : step;
		return true;
	case KEY_NPAGE:
	case ' ':
		step = page;
		/* FALLTHROUGH */
	case KEY_DOWN:
	case 'j':
		*at += step;
		return true;
	case KEY_HOME:
	case 'g':
		*at = 0;
		return true;
	case KEY_END:
	case 'G':
		*at = LIMIT_SNAPSHOT_PROCESSES;
		return true;
	}
	return false;
}

static void
go_to_top(struct screen *screen)
{
	screen->selected = 0;
	screen->first = 0;
}

static void
set_filter(struct screen *screen)
{
	match_parse(&screen->match, screen->filter);
	go_to_top(screen);
}

static void
clear_filter(struct screen *screen)
{
	screen->filter[0] = '\0';
	set_filter(screen);
}

/* Asks for the open files of the process that is selected. */
static void
inspect_process(struct screen *screen, const struct rec_process *rec)
{
	screen->pid = rec->stat.pid;
	screen->start = rec->stat.start_ticks;
	screen->mode = SCREEN_PROCESS;
	client_ask_files(screen->client, screen->pid, screen->start);
}

static void
remember_container(struct screen *screen, struct strview id)
{
	memcpy(screen->id, id.s, id.len); /* at most LIMIT_CONTAINER_ID */
	screen->container = (struct strview){ screen->id, id.len };
}

/* Returns whether a row is selected. The rows are read anew: records may have
 * come since they were drawn. */
static bool
find_selected(struct screen *screen)
{
	screen_select(screen);
	return screen->selected < screen->rows;
}

static void
inspect_selected(struct screen *screen)
{
	if (!find_selected(screen))
		return;
	screen->line = 0;
	if (!screen->containers) {
		inspect_process(screen, screen->view.v[screen->selected]);
		return;
	}
	remember_container(screen, screen->boxes.v[screen->selected]->stat.id);
	screen->mode = SCREEN_CONTAINER;
}

/* Shows the processes of the selected container. */
static void
enter_container(struct screen *screen)
{
	if (screen->only || !find_selected(screen))
		return;
	remember_container(screen, screen->boxes.v[screen->selected]->stat.id);
	screen->match.container = screen->container;
	screen->containers = false;
	screen->back = screen->selected;
	go_to_top(screen);
}

static void
leave_container(struct screen *screen)
{
	screen->match.container.len = 0;
	screen->containers = true;
	screen->selected = screen->back;
}

static void
switch_table(struct screen *screen)
{
	if (screen->only)
		return;
	screen->match.container.len = 0;
	screen->containers = !screen->containers;
	go_to_top(screen);
}

/* Returns whether the key means an order of the table that is shown. */
static bool
find_order(struct screen *screen, int ch)
{
	size_t i;

	if (screen->containers) {
		for (i = 0; i < COUNT(csort_keys); i++)
			if (csort_keys[i].ch == ch) {
				screen->csort = csort_keys[i].sort;
				return true;
			}
		return false;
	}
	for (i = 0; i < COUNT(sort_keys); i++)
		if (sort_keys[i].ch == ch) {
			screen->sort = sort_keys[i].sort;
			return true;
		}
	return false;
}

static void
sort_key(struct screen *screen, int ch)
{
	if (!find_order(screen, ch))
		return;
	screen->reverse = false;
	go_to_top(screen);
}

static bool
table_key(struct screen *screen, int ch)
{
	if (move_key(&screen->selected, screen->page, ch))
		return true;
	switch (ch) {
	case 'q':
		return false;
	case 'h':
	case '?':
		screen->mode = SCREEN_HELP;
		screen->line = 0;
		break;
	case '\t':
		switch_table(screen);
		break;
	case '/':
		screen->mode = SCREEN_FILTER;
		break;
	case KEY_ESCAPE:
		if (screen->filter[0] == '\0' &&
		    screen->match.container.len > 0)
			leave_container(screen);
		else
			clear_filter(screen);
		break;
	case 'R':
		screen->reverse = !screen->reverse;
		break;
	case '\r':
	case '\n':
	case KEY_ENTER:
		inspect_selected(screen);
		break;
	case 'p':
		if (screen->containers) {
			enter_container(screen);
			break;
		}
		/* FALLTHROUGH */
	default:
		sort_key(screen, ch);
		break;
	}
	return true;
}

static void
filter_key(struct screen *screen, int ch)
{
	size_t len = strlen(screen->filter);

	switch (ch) {
	case '\r':
	case '\n':
	case KEY_ENTER:
		screen->mode = SCREEN_TABLE;
		return;
	case KEY_ESCAPE:
		screen->mode = SCREEN_TABLE;
		clear_filter(screen);
		return;
	case KEY_BACKSPACE:
	case KEY_DELETE:
	case '\b':
		if (len == 0)
			screen->mode = SCREEN_TABLE;
		/* A whole character: its last bytes are 10xxxxxx. */
		while (len > 0 && (screen->filter[--len] & 0xc0) == 0x80)
			continue;
		screen->filter[len] = '\0';
		break;
	default:
		if (ch < ' ' || ch > 0xff || len + 1 >= sizeof(screen->filter))
			return;
		screen->filter[len] = (char)ch;
		screen->filter[len + 1] = '\0';
		break;
	}
	set_filter(screen);
}

/* Help and inspect. */
static bool
text_key(struct screen *screen, int ch)
{
	if (move_key(&screen->line, screen->page, ch))
		return true;
	switch (ch) {
	case 'q':
	case 'h':
	case '?':
	case KEY_ESCAPE:
	case '\r':
	case '\n':
	case KEY_ENTER:
		screen->mode = SCREEN_TABLE;
		break;
	}
	return true;
}

bool
screen_key(struct screen *screen, int ch)
{
	if (ch == KEY_REDRAW) {
		clearok(curscr, TRUE);
		return true;
	}
	switch (screen->mode) {
	case SCREEN_TABLE:
		return table_key(screen, ch);
	case SCREEN_FILTER:
		filter_key(screen, ch);
		return true;
	case SCREEN_HELP:
	case SCREEN_PROCESS:
	case SCREEN_CONTAINER:
		return text_key(screen, ch);
	}
	return true;
}
