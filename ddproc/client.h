/* SPDX-License-Identifier: ISC
 *
 * The client of view.sock: keeps a link to taggerd, feeds the model with
 * what comes, and carries the two wishes a viewer may have. It believes only
 * root, the caller himself and dd-tagger to be taggerd.
 */
#ifndef DDPROC_CLIENT_H
#define DDPROC_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model.h"

struct client;
struct event_base;

enum client_event {
	CLIENT_UP,
	CLIENT_DOWN,
	CLIENT_SNAPSHOT, /* one is complete, the model holds it */
	CLIENT_STATUS,
	CLIENT_FILES,
};
typedef void client_callback(
    struct client *client, enum client_event event, void *arg);

/* Starts connecting to rundir/view.sock. `callback` may be NULL, for those
 * who use client_wait(). */
struct client *client_new(
    const char *rundir, client_callback *callback, void *arg);
void client_free(struct client *client); /* NULL is fine; no callbacks */

/* The clock of leases and time-outs: ms, monotonic. */
int64_t client_now_ms(void);

struct event_base *client_base(struct client *client); /* the client's */
const struct model *client_model(const struct client *client);
bool client_is_up(const struct client *client);
/* The socket is there, but this user may not open it, or its owner is nobody
 * to be believed. Waiting will not help. */
bool client_is_denied(const struct client *client);

/* Why there is no link, and what to do about it: one line, printable. */
void client_explain(const struct client *client, char *out, size_t size);

/* Wishes for real time of LIMIT_RT_INTERVAL_MIN for `ttl` seconds (0: takes
 * the wish back), and for the open files of one process. Return 0, or -1
 * when the link is down. */
int client_ask_realtime(struct client *client, uint32_t ttl);
int client_ask_files(struct client *client, int32_t pid, uint64_t start);

enum client_answer {
	CLIENT_DONE,
	CLIENT_NOBODY, /* no connection for LIMIT_VIEW_CONNECT ms */
	CLIENT_LATE,   /* not done in time */
};

/* Runs the loop until done(model, arg), for at most `seconds`. */
enum client_answer client_wait(struct client *client,
    bool (*done)(const struct model *model, void *arg), void *arg,
    unsigned seconds);

/* client_wait() for LIMIT_VIEW_WAIT; says on stderr what went wrong, naming
 * `what` was waited for. Returns 0 or -1. */
int client_expect(struct client *client,
    bool (*done)(const struct model *model, void *arg), void *arg,
    const char *what);

/* Conditions for the above: a full snapshot; a real-time one that was taken
 * at or after *since, an int64_t in ms since the epoch. */
bool client_has_full(const struct model *model, void *unused);
bool client_has_realtime(const struct model *model, void *since);

#endif
