/* SPDX-License-Identifier: ISC
 *
 * The server of view.sock. Viewers see what taggerd sees, so who may connect
 * is the kernel's question when privileges were dropped (the socket is mode
 * 0660, group dd-agent); otherwise only the caller's own uid and root may.
 */
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/limits.h"
#include "common/log.h"
#include "common/priv.h"
#include "view.h"

/* A question that waits for collectord. */
struct inspect {
	int32_t pid;
	uint64_t start_ticks;
	uint64_t until; /* ns of CLOCK_MONOTONIC; 0: the slot is free */
};

/* One viewer's own, on its link. */
struct viewer {
	struct realtime_wish wish;
	struct inspect inspects[LIMIT_INSPECTS];
};

struct view {
	struct link_server *server;
	struct link_role role;
	const struct priv *priv; /* borrowed */
	struct view_calls calls;
	uint64_t window_start; /* ns of CLOCK_MONOTONIC */
	uint32_t asked;        /* questions sent on in this window */
};

static bool
may_connect(uid_t uid, void *arg)
{
	const struct view *view = arg;

	return view->priv->drop || uid == 0 || uid == view->priv->uid;
}

static void
on_up(struct link *link, void *arg)
{
	struct view *view = arg;

	link_set_data(link, xcalloc(1, sizeof(struct viewer)));
	view->calls.greet(link, view->calls.arg);
}

static void
on_down(struct link *link, void *arg)
{
	struct view *view = arg;

	free(link_data(link));
	link_set_data(link, NULL);
	view->calls.wishes_changed(view->calls.arg);
}

static void
on_realtime(struct link *link, const union schema_any *rec,
    const struct strview *frame, void *arg)
{
	struct view *view = arg;
	struct viewer *viewer = link_data(link);

	(void)frame;
	realtime_wish_take(&viewer->wish, &rec->realtime, clock_mono_ns());
	view->calls.wishes_changed(view->calls.arg);
}

/* Half of what collectord takes from us per window: its windows and ours do
 * not begin together. */
static bool
may_ask(struct view *view, uint64_t now)
{
	if (now - view->window_start >= LIMIT_RATE_WINDOW * CLOCK_NS_PER_S) {
		view->window_start = now;
		view->asked = 0;
	}
	return ++view->asked <= schema_permit(MSG_inspect)->rate / 2;
}

static struct inspect *
free_slot(struct viewer *viewer)
{
	int i;

	for (i = 0; i < LIMIT_INSPECTS; i++)
		if (viewer->inspects[i].until == 0)
			return &viewer->inspects[i];
	return NULL;
}

static void
answer_error(
    struct link *link, int32_t pid, uint64_t start_ticks, const char *error)
{
	struct rec_files files = { .pid = pid,
		.start_ticks = start_ticks,
		.error = { error, (uint32_t)strlen(error) } };

	link_send(link, MSG_files, &files);
}

static void
on_inspect(struct link *link, const union schema_any *rec,
    const struct strview *frame, void *arg)
{
	const struct rec_inspect *in = &rec->inspect;
	struct view *view = arg;
	struct inspect *slot = free_slot(link_data(link));
	uint64_t now = clock_mono_ns();
	const char *error = NULL;

	(void)frame;
	if (slot == NULL || !may_ask(view, now))
		error = "too many questions at once";
	else if (view->calls.inspect(in, view->calls.arg) == -1)
		error = "collectord is not there";
	if (error != NULL) {
		answer_error(link, in->pid, in->start_ticks, error);
		return;
	}
	*slot = (struct inspect){ .pid = in->pid,
		.start_ticks = in->start_ticks,
		.until = now + LIMIT_INSPECT_WAIT * CLOCK_NS_PER_S };
}

struct view *
view_new(struct event_base *base, int fd, const struct priv *priv,
    const struct view_calls *calls)
{
	struct view *view = xcalloc(1, sizeof(*view));

	view->priv = priv;
	view->calls = *calls;
	view->role = (struct link_role){ .self = R_TAGGERD,
		.peer = R_VIEWER,
		.on_up = on_up,
		.on_down = on_down,
		.arg = view,
		.may_connect = may_connect };
	view->role.handlers[MSG_realtime] = on_realtime;
	view->role.handlers[MSG_inspect] = on_inspect;
	view->server = link_serve(base, fd, &view->role, LIMIT_VIEWERS);
	if (view->server == NULL) {
		free(view);
		return NULL;
	}
	return view;
}

void
view_free(struct view *view)
{
	if (view == NULL)
		return;
	link_server_free(view->server);
	free(view);
}

struct message {
	enum msg_type type;
	const void *record;
};

static void
send_one(struct link *link, void *arg)
{
	const struct message *m = arg;

	link_send(link, m->type, m->record);
}

void
view_send(struct view *view, enum msg_type type, const void *record)
{
	struct message m = { type, record };

	link_server_each(view->server, send_one, &m);
}

static void
send_batch_to_one(struct link *link, void *arg)
{
	link_send_batch(link, arg);
}

void
view_send_batch(struct view *view, struct batch *batch)
{
	link_server_each(view->server, send_batch_to_one, batch);
}

static void
answer_one(struct link *link, void *arg)
{
	const struct rec_files *files = arg;
	struct viewer *viewer = link_data(link);
	bool asked = false;
	int i;

	for (i = 0; i < LIMIT_INSPECTS; i++) {
		struct inspect *q = &viewer->inspects[i];

		if (q->until == 0 || q->pid != files->pid ||
		    q->start_ticks != files->start_ticks)
			continue;
		q->until = 0;
		asked = true;
	}
	if (asked)
		link_send(link, MSG_files, files);
}

void
view_answer(struct view *view, const struct rec_files *files)
{
	struct rec_files copy = *files;

	link_server_each(view->server, answer_one, &copy);
}

static void
expire_one(struct link *link, void *arg)
{
	const uint64_t *now = arg;
	struct viewer *viewer = link_data(link);
	int i;

	for (i = 0; i < LIMIT_INSPECTS; i++) {
		struct inspect *q = &viewer->inspects[i];

		if (q->until == 0 || q->until > *now)
			continue;
		q->until = 0;
		answer_error(
		    link, q->pid, q->start_ticks, "no answer from collectord");
	}
}

void
view_expire(struct view *view, uint64_t now)
{
	link_server_each(view->server, expire_one, &now);
}

struct count {
	struct realtime_sum *sum;
	uint64_t now;
	unsigned held;
};

static void
add_one_wish(struct link *link, void *arg)
{
	const struct viewer *viewer = link_data(link);
	struct count *c = arg;

	if (realtime_sum_add(c->sum, &viewer->wish, c->now))
		c->held++;
}

unsigned
view_add_wishes(struct view *view, struct realtime_sum *sum, uint64_t now)
{
	struct count c = { .sum = sum, .now = now };

	link_server_each(view->server, add_one_wish, &c);
	return c.held;
}

void
view_get_stats(const struct view *view, struct link_stats *out)
{
	link_server_get_stats(view->server, out);
}
