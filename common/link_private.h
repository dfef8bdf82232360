/* SPDX-License-Identifier: ISC
 *
 * The inside of a link, for link.c (one connection), link_permit.c (what it
 * may bring), link_queue.c (what waits for it) and link_server.c (those who
 * accept).
 */
#ifndef COMMON_LINK_PRIVATE_H
#define COMMON_LINK_PRIVATE_H

#include <sys/queue.h>

#include "link.h"

struct bufferevent;
struct evbuffer;
struct event;

enum link_state {
	LINK_WAITING,  /* not connected; the timer starts the next try */
	LINK_GREETING, /* connected; the peer's hello is still to come */
	LINK_UP,
	LINK_CLOSING, /* refused or done; torn down by the closer event */
};

struct link {
	LIST_ENTRY(link) entry;       /* in its server */
	const struct link_role *role; /* borrowed */
	struct event_base *base;      /* borrowed */
	struct link_server *server;   /* borrowed; NULL when we connect */
	char *path;                   /* owned; NULL when we serve */
	enum link_state state;
	bool was_up;
	uint32_t protocol; /* the peer's, while up */
	bool paused;       /* nothing is read */

	struct bufferevent *bev; /* owned; NULL while waiting */
	struct event *timer;     /* next try, or time-out of the hello */
	struct event *partial;   /* time-out of an unfinished frame */
	struct event *closer;
	unsigned backoff_ms;

	struct evbuffer *control; /* frames that wait, before any batch */
	struct batch *batches[LIMIT_LINK_SNAPSHOTS + 1]; /* oldest first */
	unsigned batch_count;
	size_t batch_bytes;

	struct schema_arena *arena;
	uint64_t window_start; /* ns of CLOCK_MONOTONIC */
	uint32_t counts[MSG_COUNT];
	bool in_snapshot;
	uint32_t snapshot_records;
	size_t snapshot_bytes;

	uint64_t dropped;
	uint64_t refused;
	uint64_t last_complaint; /* ns of CLOCK_MONOTONIC, 0 never */
	char last_error[128];
	void *data;
};

/* A link without a connection. */
struct link *link_new(struct event_base *base, const struct link_role *role);
/* Takes fd and greets. Returns 0, or -1 when the peer may not be here (fd is
 * closed, the link is as before). */
int link_attach(struct link *link, int fd);
/* Ends the connection at once; calls on_down if it was up. */
void link_teardown(struct link *link);
/* Counts a refusal and says it in the log, but not more than once in
 * LIMIT_REFUSAL_LOG. */
void link_complain(struct link *link, const char *why);
/* A link of the server was torn down; frees it. */
void link_server_forget(struct link_server *server, struct link *link);

/* link_permit.c: returns NULL, or why this message may not come now from this
 * peer. */
const char *link_permit(struct link *link, uint32_t type, size_t bytes);

/* link_queue.c: feeds the connection from what waits. */
void link_queue_feed(struct link *link);
void link_queue_clear(struct link *link);

#endif
