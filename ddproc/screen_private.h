/* SPDX-License-Identifier: ISC
 *
 * The screen's parts share this: what is shown, and the keys that change it.
 */
#ifndef DDPROC_SCREEN_PRIVATE_H
#define DDPROC_SCREEN_PRIVATE_H

#include <stdbool.h>

#include "ctable.h"
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
	SCREEN_PROCESS,   /* one, inspected */
	SCREEN_CONTAINER, /* the same */
};

#define SCREEN_EVENTS 8

struct screen {
	const struct top *top; /* borrowed */
	struct client *client;
	struct event *events[SCREEN_EVENTS];
	size_t n_events;
	enum screen_mode mode;
	bool containers; /* the table shows them, and not processes */
	bool only;       /* there is nothing else to show */
	bool contained;  /* some process was in a container */
	enum sort_key sort;
	enum csort_key csort;
	bool reverse;
	struct lease lease;
	long left; /* refreshes, when counted */

	char filter[LIMIT_MATCH + 1]; /* as typed */
	struct match match;           /* the same, parsed */

	/* The rows, of the one or the other; valid while they are drawn. */
	struct model_view view;
	struct model_containers boxes;
	size_t rows;     /* how many there are */
	size_t selected; /* one of them */
	size_t first;    /* the one at the top */
	size_t page;     /* how many fit, as last drawn */

	int32_t pid; /* whom SCREEN_PROCESS shows, as selected */
	uint64_t start;
	/* Whom SCREEN_CONTAINER shows; or whose processes the table does, and
	 * nobody else's: then match.container is the same. */
	struct strview container; /* in id */
	char id[LIMIT_CONTAINER_ID];
	size_t back; /* the row to come back to from there */
	size_t line; /* the first line shown of a text */
};

/* A snapshot has come. */
void screen_update(struct screen *screen);

/* Finds the rows of the table and puts them in order. */
void screen_select(struct screen *screen);

/* Draws all of it. */
void screen_draw(struct screen *screen);

/* Does what the key `ch` of curses says. Returns false to quit. */
bool screen_key(struct screen *screen, int ch);

#endif
