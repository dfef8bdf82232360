/* SPDX-License-Identifier: ISC
 *
 * The terminal: taking it, giving it back whatever happens, and the events
 * that make the screen change. Drawing is screen_draw.c's, keys are
 * screen_keys.c's.
 */
#include <curses.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <term.h>
#include <unistd.h>

#include "common/log.h"
#include "client.h"
#include "screen_private.h"

#define ESCAPE_MS 25 /* after ESC, until it is no key's beginning */

static void
quit(struct screen *screen)
{
	event_base_loopbreak(client_base(screen->client));
}

static void
on_input(evutil_socket_t fd, short what, void *arg)
{
	struct screen *screen = arg;
	int ch, waiting = 0;

	(void)what;
	/* Readable with nothing to read: the terminal is gone. */
	if (ioctl(fd, FIONREAD, &waiting) == -1 || waiting == 0) {
		quit(screen);
		return;
	}
	while ((ch = getch()) != ERR) {
		lease_touch(&screen->lease, client_now_ms());
		if (!screen_key(screen, ch)) {
			quit(screen);
			return;
		}
	}
	screen_draw(screen);
}

static void
on_quit(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	quit(arg);
}

static void
on_resize(evutil_socket_t fd, short what, void *arg)
{
	struct winsize size;

	(void)fd;
	(void)what;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 &&
	    size.ws_col > 0)
		resizeterm(size.ws_row, size.ws_col);
	clearok(curscr, TRUE);
	screen_draw(arg);
}

static void
on_second(evutil_socket_t fd, short what, void *arg)
{
	struct screen *screen = arg;
	int64_t now = client_now_ms();

	(void)fd;
	(void)what;
	if (client_is_up(screen->client)) {
		switch (lease_tick(&screen->lease, now)) {
		case LEASE_WAIT:
			break;
		case LEASE_ASK:
			client_ask_realtime(
			    screen->client, lease_ttl(&screen->lease, now));
			break;
		case LEASE_STOP:
			client_ask_realtime(screen->client, 0);
			break;
		}
	}
	screen_draw(screen);
}

static void
on_client(struct client *client, enum client_event event, void *arg)
{
	struct screen *screen = arg;

	(void)client;
	switch (event) {
	case CLIENT_UP:
		lease_forget(&screen->lease);
		on_second(-1, 0, screen);
		return;
	case CLIENT_SNAPSHOT:
		screen_update(screen);
		screen_draw(screen);
		if (screen->top->count > 0 && --screen->left == 0)
			quit(screen);
		return;
	case CLIENT_DOWN:
	case CLIENT_FILES:
		screen_draw(screen);
		return;
	case CLIENT_STATUS:
		return;
	}
}

static void
watch(struct screen *screen, int fd, short what, event_callback_fn fn,
    const struct timeval *every)
{
	struct event *ev = event_new(client_base(screen->client), fd,
	    (short)(what | EV_PERSIST), fn, screen);

	if (ev == NULL || event_add(ev, every) == -1)
		fatalx("out of memory");
	screen->events[screen->n_events++] = ev;
}

/* For fatal(), which ends the program wherever it is. */
static void
restore_terminal(void)
{
	if (!isendwin())
		endwin();
}

/* Takes the terminal. Returns false when it cannot place a cursor. */
static bool
open_terminal(void)
{
	const char *cup;
	SCREEN *terminal = newterm(NULL, stdout, stdin);

	if (terminal == NULL)
		return false;
	cup = tigetstr("cup");
	if (cup == NULL || cup == (char *)-1) {
		endwin();
		delscreen(terminal);
		return false;
	}
	atexit(restore_terminal);
	cbreak();
	noecho();
	nonl();
	intrflush(stdscr, FALSE);
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	set_escdelay(ESCAPE_MS);
	curs_set(0);
	return true;
}

int
screen_run(const struct top *top)
{
	static const struct timeval second = { .tv_sec = 1 };
	struct screen screen = { .top = top,
		.sort = top->sort,
		.csort = CSORT_CPU,
		.left = top->count };

	if (!open_terminal())
		return -1;
	match_parse(&screen.match, "");
	lease_start(&screen.lease, client_now_ms());
	screen.client = client_new(top->ctx->rundir, on_client, &screen);
	watch(&screen, STDIN_FILENO, EV_READ, on_input, NULL);
	watch(&screen, SIGWINCH, EV_SIGNAL, on_resize, NULL);
	watch(&screen, SIGINT, EV_SIGNAL, on_quit, NULL);
	watch(&screen, SIGTERM, EV_SIGNAL, on_quit, NULL);
	watch(&screen, SIGHUP, EV_SIGNAL, on_quit, NULL);
	watch(&screen, -1, 0, on_second, &second);
	screen_draw(&screen);
	event_base_dispatch(client_base(screen.client));
	endwin();
	for (size_t i = 0; i < screen.n_events; i++)
		event_free(screen.events[i]);
	client_free(screen.client);
	model_view_free(&screen.view);
	model_containers_free(&screen.boxes);
	return EXIT_DONE;
}
