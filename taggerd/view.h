/* SPDX-License-Identifier: ISC
 *
 * The view clients: people's programs on view.sock. They are shown every
 * snapshot, host and status, may wish for real time, and may ask for the
 * open files of a process. At most LIMIT_VIEWERS, each of them bounded.
 */
#ifndef TAGGERD_VIEW_H
#define TAGGERD_VIEW_H

#include "common/batch.h"
#include "common/link.h"
#include "realtime.h"

struct event_base;
struct priv;
struct view;

/* What the view needs of its owner. */
struct view_calls {
	/* A viewer is there: send it what it missed. */
	void (*greet)(struct link *viewer, void *arg);
	/* A wish came or went. */
	void (*wishes_changed)(void *arg);
	/* Sends the question on. Returns 0, or -1 when nobody is there. */
	int (*inspect)(const struct rec_inspect *inspect, void *arg);
	void *arg;
};

/* Serves the bound socket fd, which it owns; priv is borrowed. Returns NULL
 * with errno set. */
struct view *view_new(struct event_base *base, int fd, const struct priv *priv,
    const struct view_calls *calls);
void view_free(struct view *view);

/* To every viewer. */
void view_send(struct view *view, enum msg_type type, const void *record);
void view_send_batch(struct view *view, struct batch *batch);

/* An answer of collectord's, to those who asked. */
void view_answer(struct view *view, const struct rec_files *files);

/* Gives up on questions that wait too long at `now` (ns of
 * CLOCK_MONOTONIC). */
void view_expire(struct view *view, uint64_t now);

/* Adds the viewers' wishes to the sum. Returns how many hold. */
unsigned view_add_wishes(
    struct view *view, struct realtime_sum *sum, uint64_t now);

void view_get_stats(const struct view *view, struct link_stats *out);

#endif
