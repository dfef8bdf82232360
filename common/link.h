/* SPDX-License-Identifier: ISC
 *
 * A link: one Unix stream connection between two programs of the suite.
 * It checks who the peer is, cuts the stream into frames, holds each frame
 * against the permit table (type, sender, size, rate) and decodes it before
 * any handler runs. A peer whose frame fails is closed, counted and logged
 * once. What waits for a slow peer is bounded: the oldest whole snapshot is
 * dropped and counted.
 */
#ifndef COMMON_LINK_H
#define COMMON_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "batch.h"
#include "schema.h"

struct event_base;
struct link;
struct link_server;

/* A message, checked and decoded. rec and frame are the link's, until the
 * handler returns. frame is the whole frame with its length word. A handler
 * may call any link_ function but link_free() on its own link; to end it,
 * it calls link_close(). */
typedef void link_handler(struct link *link, const union schema_any *rec,
    const struct strview *frame, void *arg);

/* What a program does with one kind of peer. Borrowed: it must outlive every
 * link made with it. */
struct link_role {
	enum role self;
	enum role peer;
	link_handler *handlers[MSG_COUNT]; /* NULL: permitted but ignored */
	void (*on_up)(struct link *link, void *arg); /* hellos are exchanged */
	void (*on_down)(
	    struct link *link, void *arg); /* was up; now it is not */
	void *arg;
	bool (*may_connect)(uid_t uid, void *arg); /* by SO_PEERCRED */
};

/* Counters for status, kept over reconnections. */
struct link_stats {
	bool up;
	uint64_t queued;      /* bytes waiting */
	uint64_t dropped;     /* whole snapshots */
	uint64_t refused;     /* peers closed for what they sent or were */
	char last_error[128]; /* "" if none */
};

/*
 * Connects to the socket at `path` and keeps connecting, with a back-off of
 * LIMIT_RECONNECT_MIN..MAX, until link_free(). Never fails at once.
 */
struct link *link_connect(
    struct event_base *base, const char *path, const struct link_role *role);
void link_free(struct link *link);

/*
 * Serves the bound socket `fd` (see unixsock.h); listen(2) is called here,
 * after privileges are dropped, so that SO_PEERCRED names the daemon's own
 * user to those who connect. At most max_peers at once, the next one is
 * closed; with max_peers == 1 a new peer takes the old one's place. Owns fd.
 * Returns NULL with errno set.
 */
struct link_server *link_serve(struct event_base *base, int fd,
    const struct link_role *role, unsigned max_peers);
void link_server_free(struct link_server *server);

/* Calls fn for each link of the server that is up. */
void link_server_each(struct link_server *server,
    void (*fn)(struct link *link, void *arg), void *arg);

/* Queues one control message. Returns 0, or -1 when the link is down or its
 * control queue is full. */
int link_send(struct link *link, enum msg_type type, const void *record);

/* Queues a batch by reference. Returns 0, or -1 when the link is down (the
 * batch is then not counted as dropped). */
int link_send_batch(struct link *link, struct batch *batch);

/* Closes the connection soon; a connecting link then starts again. */
void link_close(struct link *link, const char *why);

/* Nothing more is taken from the peer until link_resume(): what it sends
 * waits with it, and so does what came already. A handler may call it. Both
 * may be called at any time, and do nothing while the link is not up. */
void link_pause(struct link *link);
void link_resume(struct link *link);

bool link_is_up(const struct link *link);
/* Whether it is connected, and the peer has yet to say hello. */
bool link_is_greeting(const struct link *link);
/* The protocol that the peer of a link that is up speaks. */
uint32_t link_protocol(const struct link *link);
/* Whether a batch waits behind the one that is being written. */
bool link_is_behind(const struct link *link);
void link_get_stats(const struct link *link, struct link_stats *out);
void link_server_get_stats(const struct link_server *server,
    struct link_stats *out); /* sums; up when any is */

/* A pointer of the program's own on a link; NULL at first. */
void link_set_data(struct link *link, void *data);
void *link_data(const struct link *link);

#endif
