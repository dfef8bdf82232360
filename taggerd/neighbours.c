/* SPDX-License-Identifier: ISC
 *
 * What collectord and shipperd send. The links have checked type, sender,
 * size and rate; what is wrong beyond that closes the sender's link here.
 */
#include <stdio.h>

#include "common/clock.h"
#include "common/daemon.h"
#include "common/limits.h"
#include "common/log.h"
#include "tagger_private.h"
#include "view.h"
#include "waiting.h"

static bool
may_be_collectord(uid_t uid, void *arg)
{
	const struct tagger *t = arg;

	return priv_peer_is(&t->d->priv, USER_COLLECTORD, uid);
}

static bool
may_be_shipperd(uid_t uid, void *arg)
{
	const struct tagger *t = arg;

	return priv_peer_is(&t->d->priv, USER_SHIPPERD, uid);
}

static void
on_collectord_up(struct link *link, void *arg)
{
	struct tagger *t = arg;

	t->collectord = link;
	realtime_forget(&t->realtime);
	status_set_up(&t->collectord_status, true, clock_wall_ms());
	push_later(t, PUSH_COLLECTORD | PUSH_TAGGERD | PUSH_REALTIME);
}

static void
on_collectord_down(struct link *link, void *arg)
{
	struct tagger *t = arg;

	if (t->collectord != link)
		return;
	t->collectord = NULL;
	waiting_cancel(t->waiting);
	relay_abort(&t->relay);
	status_set_up(&t->collectord_status, false, clock_wall_ms());
	push_later(t, PUSH_COLLECTORD | PUSH_TAGGERD);
}

static void
on_host(struct link *link, const union schema_any *rec,
    const struct strview *frame, void *arg)
{
	struct tagger *t = arg;

	(void)link;
	(void)frame;
	if (host_set_system(&t->host, &rec->host))
		push_later(t, PUSH_HOST);
}

static void
close_if_wrong(struct link *link, const char *why)
{
	if (why != NULL)
		link_close(link, why);
}

static void
on_snapshot_begin(struct link *link, const union schema_any *rec,
    const struct strview *frame, void *arg)
{
	struct tagger *t = arg;

	(void)frame;
	close_if_wrong(link, relay_begin(&t->relay, &rec->snapshot_begin));
}

/* ms that this snapshot may wait for tags: the next one is not held up. */
static unsigned
longest_wait(const struct tagger *t)
{
	const struct config *config = t->d->config;
	int interval = LIMIT_RT_INTERVAL_MIN;

	if (t->relay.begin.kind == SNAPSHOT_FULL)
		interval = t->relay.begin.scope == SCOPE_CONTAINERS
		    ? config->container_interval
		    : config->process_interval;
	return interval * 1000 / 2 < LIMIT_TAG_WAIT
	    ? (unsigned)interval * 1000 / 2
	    : LIMIT_TAG_WAIT;
}

/* A container was taken. When it was the last, those that nobody knew yet
 * are waited for; collectord's own queue takes what it sends meanwhile. */
static void
container_taken(struct tagger *t, struct link *link, const char *why)
{
	close_if_wrong(link, why);
	if (why != NULL || !relay_has_containers(&t->relay))
		return;
	if (waiting_begin(t->waiting, longest_wait(t)))
		link_pause(link);
	else
		relay_release(&t->relay);
}

static void
on_container(struct link *link, const union schema_any *rec,
    const struct strview *frame, void *arg)
{
	struct tagger *t = arg;

	container_taken(
	    t, link, relay_container(&t->relay, &rec->container, frame));
}

static void
on_container_stat(struct link *link, const union schema_any *rec,
    const struct strview *frame, void *arg)
{
	struct tagger *t = arg;

	container_taken(t, link,
	    relay_container_stat(&t->relay, &rec->container_stat, frame));
}

static bool
on_unknown(struct strview id, struct strview pod_uid, void *arg)
{
	struct tagger *t = arg;

	return waiting_ask(t->waiting, id, pod_uid);
}

static void
on_wait_over(void *arg)
{
	struct tagger *t = arg;

	relay_release(&t->relay);
	if (t->collectord != NULL)
		link_resume(t->collectord);
}

static void
on_process(struct link *link, const union schema_any *rec,
    const struct strview *frame, void *arg)
{
	struct tagger *t = arg;

	close_if_wrong(link, relay_process(&t->relay, &rec->process, frame));
}

static void
on_process_stat(struct link *link, const union schema_any *rec,
    const struct strview *frame, void *arg)
{
	struct tagger *t = arg;

	close_if_wrong(
	    link, relay_process_stat(&t->relay, &rec->process_stat, frame));
}

static void
on_snapshot_end(struct link *link, const union schema_any *rec,
    const struct strview *frame, void *arg)
{
	struct tagger *t = arg;
	struct batch *batch = NULL;
	const char *why = relay_end(&t->relay, &rec->snapshot_end, &batch);

	(void)frame;
	close_if_wrong(link, why);
	if (why == NULL)
		push_snapshot(t, batch);
}

static void
on_files(struct link *link, const union schema_any *rec,
    const struct strview *frame, void *arg)
{
	struct tagger *t = arg;

	(void)link;
	(void)frame;
	view_answer(t->view, &rec->files);
}

static void
on_collectord_status(struct link *link, const union schema_any *rec,
    const struct strview *frame, void *arg)
{
	struct tagger *t = arg;

	(void)frame;
	close_if_wrong(link, status_take(&t->collectord_status, &rec->status));
	push_later(t, PUSH_COLLECTORD);
}

static void
on_shipperd_up(struct link *link, void *arg)
{
	struct tagger *t = arg;

	t->ship_has_said = link_protocol(link) < 2;
	status_set_up(&t->shipperd_status, true, clock_wall_ms());
	push_greet_shipperd(t);
	push_later(t, PUSH_SHIPPERD | PUSH_TAGGERD);
}

static void
on_shipperd_down(struct link *link, void *arg)
{
	struct tagger *t = arg;

	(void)link;
	t->ship_has_host = t->ship_has_said = false;
	outbox_rewind(&t->outbox);
	t->ship_wish = (struct realtime_wish){ 0 };
	status_set_up(&t->shipperd_status, false, clock_wall_ms());
	push_later(t, PUSH_SHIPPERD | PUSH_TAGGERD | PUSH_REALTIME);
}

static void
on_shipperd_status(struct link *link, const union schema_any *rec,
    const struct strview *frame, void *arg)
{
	struct tagger *t = arg;

	(void)frame;
	close_if_wrong(link, status_take(&t->shipperd_status, &rec->status));
	push_later(t, PUSH_SHIPPERD);
}

static void
on_shipperd_realtime(struct link *link, const union schema_any *rec,
    const struct strview *frame, void *arg)
{
	struct tagger *t = arg;

	(void)link;
	(void)frame;
	realtime_wish_take(&t->ship_wish, &rec->realtime, clock_mono_ns());
	push_later(t, PUSH_REALTIME);
}

static void
on_taken(struct link *link, const union schema_any *rec,
    const struct strview *frame, void *arg)
{
	struct tagger *t = arg;

	(void)link;
	(void)frame;
	outbox_taken(&t->outbox, rec->taken.mono_ns);
	t->ship_has_said = true;
	push_outbox(t);
}

void
neighbours_start(struct tagger *t, int collect_fd)
{
	char path[LIMIT_PATH];

	t->waiting = waiting_new(t->d->base, t->sources, on_wait_over, t);
	t->relay.on_unknown = on_unknown;
	t->relay.arg = t;
	t->collectord_status.daemon = R_COLLECTORD;
	t->collectord_status.since_ms = t->d->started_ms;
	t->collect_role = (struct link_role){ .self = R_TAGGERD,
		.peer = R_COLLECTORD,
		.handlers = { [MSG_host] = on_host,
		    [MSG_snapshot_begin] = on_snapshot_begin,
		    [MSG_container] = on_container,
		    [MSG_container_stat] = on_container_stat,
		    [MSG_process] = on_process,
		    [MSG_process_stat] = on_process_stat,
		    [MSG_snapshot_end] = on_snapshot_end,
		    [MSG_files] = on_files,
		    [MSG_status] = on_collectord_status },
		.on_up = on_collectord_up,
		.on_down = on_collectord_down,
		.arg = t,
		.may_connect = may_be_collectord };
	t->collect = link_serve(t->d->base, collect_fd, &t->collect_role, 1);
	if (t->collect == NULL)
		fatal("serving %s", SOCK_COLLECT);

	t->shipperd_status.daemon = R_SHIPPERD;
	t->shipperd_status.since_ms = t->d->started_ms;
	t->ship_role = (struct link_role){ .self = R_TAGGERD,
		.peer = R_SHIPPERD,
		.handlers = { [MSG_status] = on_shipperd_status,
		    [MSG_realtime] = on_shipperd_realtime,
		    [MSG_taken] = on_taken },
		.on_up = on_shipperd_up,
		.on_down = on_shipperd_down,
		.arg = t,
		.may_connect = may_be_shipperd };
	snprintf(path, sizeof(path), "%s/%s", t->d->rundir, SOCK_SHIP);
	t->ship = link_connect(t->d->base, path, &t->ship_role);
}

void
neighbours_stop(struct tagger *t)
{
	link_free(t->ship);
	link_server_free(t->collect);
	waiting_free(t->waiting);
	t->waiting = NULL;
	relay_clear(&t->relay);
	status_clear(&t->collectord_status);
	status_clear(&t->shipperd_status);
}
