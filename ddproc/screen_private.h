/* SPDX-License-Identifier: ISC
 *
 * The screen's parts share this: what is shown, and the keys that change it.
 */
#ifndef DDPROC_SCREEN_PRIVATE_H
#define DDPROC_SCREEN_PRIVATE_H

#include <stdbool.h>

#include "lease.h"
#include "match.h"
#include "model.h"
#include "top.h"

struct client;
struct event;

enum screen_mode {
	SCREEN_TABLE,
	SCREEN_FILTER, /* the table, while its filter is typed */
	SCREEN_HELP,
	SCREEN_INSPECT,
};

#define SCREEN_EVENTS 8

struct screen {
	const struct top *top; /* borrowed */
	struct client *client;
	struct event *events[SCREEN_EVENTS];
	size_t n_events;
	enum screen_mode mode;
	enum sort_key sort;
	bool reverse;
	struct lease lease;
	long left; /* refreshes, when counted */

	char filter[LIMIT_MATCH + 1]; /* as typed */
	struct match match;           /* the same, parsed */

	struct model_view view; /* valid while it is drawn */
	size_t selected;        /* row of the view */
	size_t first;           /* row of the view at the top */
	size_t page;            /* rows that fit, as last drawn */

	int32_t pid; /* whom SCREEN_INSPECT shows, as selected */
	uint64_t start;
	size_t line; /* the first line shown of help and inspect */
};

/* Draws all of it. */
void screen_draw(struct screen *screen);

/* Does what the key `ch` of curses says. Returns false to quit. */
bool screen_key(struct screen *screen, int ch);

#endif
