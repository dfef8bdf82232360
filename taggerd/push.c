/* SPDX-License-Identifier: ISC
 *
 * Sending on: host, statuses, real time and snapshots, to whom they are for.
 * Changes wait LIMIT_PUSH_GAP, so that what one neighbour may send per
 * window, times all of them, stays below what the next one takes.
 */
#include <event2/event.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/daemon.h"
#include "common/limits.h"
#include "common/log.h"
#include "tagger_private.h"
#include "view.h"

/* What our own status borrows. */
struct own_parts {
	struct link_stats stats[3];
	struct rec_peer peers[3];
	char states[TAGGER_SOURCES][256];
	struct rec_source sources[TAGGER_SOURCES];
	char wishers[128];
	char note[256];
};

void
push_later(struct tagger *t, unsigned what)
{
	const uint64_t gap_us = LIMIT_PUSH_GAP * 1000;
	uint64_t since_us = (clock_mono_ns() - t->pushed) / 1000;
	struct timeval wait = { 0 };

	t->changed |= what;
	if (evtimer_pending(t->push_timer, NULL))
		return;
	if (since_us < gap_us)
		wait.tv_usec = (suseconds_t)(gap_us - since_us);
	evtimer_add(t->push_timer, &wait);
}

static struct realtime_sum
sum_wishes(const struct tagger *t, uint64_t now, char *wishers, size_t size)
{
	struct realtime_sum sum = { 0 };
	bool ship = realtime_sum_add(&sum, &t->ship_wish, now);
	unsigned viewers = view_add_wishes(t->view, &sum, now);

	snprintf(wishers, size, "%s%s", ship ? "shipperd" : "",
	    ship && viewers > 0 ? ", " : "");
	if (viewers > 0)
		snprintf(wishers + strlen(wishers), size - strlen(wishers),
		    "%u viewer%s", viewers, viewers == 1 ? "" : "s");
	return sum;
}

static void
push_realtime(struct tagger *t)
{
	uint64_t now = clock_mono_ns();
	struct rec_realtime rec;
	struct realtime_sum sum;
	char wishers[128];

	if (t->collectord == NULL)
		return;
	sum = sum_wishes(t, now, wishers, sizeof(wishers));
	if (!realtime_tell(&t->realtime, &sum, now, &rec))
		return;
	log_debug("real time %s, interval %u s, ttl %u s, for %s",
	    rec.on ? "on" : "off", rec.interval, rec.ttl, wishers);
	if (link_send(t->collectord, MSG_realtime, &rec) == -1)
		realtime_forget(&t->realtime);
	push_later(t, PUSH_TAGGERD);
}

static void
fill_sources(const struct tagger *t, struct own_parts *parts)
{
	const struct source *s = t->sources;
	unsigned i;

	for (i = 0; i < t->n_sources; i++) {
		s[i].state(
		    s[i].self, parts->states[i], sizeof(parts->states[i]));
		parts->sources[i].name = strview_of(s[i].name);
		parts->sources[i].state = strview_of(parts->states[i]);
	}
}

static void
fill_peers(const struct tagger *t, struct own_parts *parts)
{
	link_server_get_stats(t->collect, &parts->stats[0]);
	link_get_stats(t->ship, &parts->stats[1]);
	parts->stats[1].dropped += t->outbox.dropped;
	parts->stats[1].queued += outbox_waiting(&t->outbox);
	view_get_stats(t->view, &parts->stats[2]);
	parts->peers[0] = status_peer("collectord", &parts->stats[0]);
	parts->peers[1] = status_peer("shipperd", &parts->stats[1]);
	parts->peers[2] = status_peer("viewers", &parts->stats[2]);
}

static void
fill_note(const struct tagger *t, char *note, size_t size)
{
	note[0] = '\0';
	if (t->host.hostname.name[0] == '\0')
		snprintf(note, size,
		    "the host's name is not known yet: "
		    "nothing is sent to shipperd");
	else if (t->relay.untagged > 0)
		snprintf(note, size,
		    "%u records of the last snapshot had "
		    "no room for tags",
		    t->relay.untagged);
}

static void
fill_own_status(
    struct tagger *t, struct rec_status *st, struct own_parts *parts)
{
	uint64_t now = clock_mono_ns();
	struct realtime_sum sum;

	*st = (struct rec_status){ 0 };
	daemon_fill_status(t->d, st);
	fill_peers(t, parts);
	fill_sources(t, parts);
	fill_note(t, parts->note, sizeof(parts->note));
	sum = sum_wishes(t, now, parts->wishers, sizeof(parts->wishers));
	st->peers.v = parts->peers;
	st->peers.n = 3;
	st->sources.v = parts->sources;
	st->sources.n = t->n_sources;
	st->containers = t->relay.containers;
	st->excluded = t->relay.left_out;
	st->realtime = sum.on;
	st->realtime_interval = sum.interval;
	st->realtime_left = realtime_left(&sum, now);
	st->wishers = strview_of(parts->wishers);
	st->hostname = strview_of(t->host.hostname.name);
	st->hostname_source = strview_of(t->host.hostname.source);
	st->note = strview_of(parts->note);
}

static void
send_status(struct tagger *t, struct link *viewer, const struct rec_status *st)
{
	if (viewer != NULL)
		link_send(viewer, MSG_status, st);
	else
		view_send(t->view, MSG_status, st);
}

/* To one viewer, or to all of them (NULL). */
static void
send_statuses(struct tagger *t, struct link *viewer, unsigned which)
{
	struct own_parts parts;
	struct rec_status st;

	if (which & PUSH_COLLECTORD) {
		status_get(&t->collectord_status, &st);
		send_status(t, viewer, &st);
	}
	if (which & PUSH_TAGGERD) {
		fill_own_status(t, &st, &parts);
		send_status(t, viewer, &st);
	}
	if (which & PUSH_SHIPPERD) {
		status_get(&t->shipperd_status, &st);
		send_status(t, viewer, &st);
	}
}

void
push_greet_shipperd(struct tagger *t)
{
	struct rec_host host;

	if (!link_is_up(t->ship) || !host_is_whole(&t->host) ||
	    !host_get(&t->host, &host) ||
	    link_send(t->ship, MSG_host, &host) == -1)
		return;
	t->ship_has_host = true;
	push_outbox(t);
}

void
push_outbox(struct tagger *t)
{
	struct batch *batch;

	while (t->ship_has_host && t->ship_has_said &&
	    (batch = outbox_next(&t->outbox)) != NULL) {
		if (link_send_batch(t->ship, batch) == -1) {
			outbox_rewind(&t->outbox);
			return;
		}
		if (link_protocol(t->ship) < 2)
			outbox_trust(&t->outbox);
	}
}

/* Real time does not wait: the next one is better. */
static void
push_realtime_snapshot(struct tagger *t, struct batch *batch)
{
	if (!t->ship_has_host)
		return;
	if (link_is_behind(t->ship))
		t->outbox.dropped++;
	else
		link_send_batch(t->ship, batch);
}

void
push_greet_viewer(struct link *viewer, void *arg)
{
	struct tagger *t = arg;
	struct rec_host host;

	if (host_get(&t->host, &host))
		link_send(viewer, MSG_host, &host);
	send_statuses(t, viewer, PUSH_STATUSES);
	if (t->last_full != NULL)
		link_send_batch(viewer, t->last_full);
	if (t->last_realtime != NULL)
		link_send_batch(viewer, t->last_realtime);
	push_later(t, PUSH_TAGGERD);
}

static void
push_host(struct tagger *t)
{
	struct rec_host host;

	t->changed &= ~(unsigned)PUSH_HOST;
	push_greet_shipperd(t);
	if (host_get(&t->host, &host))
		view_send(t->view, MSG_host, &host);
}

void
push_now(struct tagger *t)
{
	unsigned changed = t->changed;
	struct link_stats viewers;

	t->changed = 0;
	t->pushed = clock_mono_ns();
	if (changed & PUSH_HOST)
		push_host(t);
	if (changed & PUSH_REALTIME)
		push_realtime(t);
	view_get_stats(t->view, &viewers);
	if (viewers.up)
		send_statuses(t, NULL, changed);
}

void
push_snapshot(struct tagger *t, struct batch *batch)
{
	bool full = batch->kind == SNAPSHOT_FULL;

	/* Nobody should see a process before its host. */
	if (t->changed & PUSH_HOST)
		push_host(t);
	if (full) {
		outbox_put(&t->outbox, batch);
		push_outbox(t);
	} else
		push_realtime_snapshot(t, batch);
	view_send_batch(t->view, batch);

	batch_unref(t->last_realtime);
	t->last_realtime = full ? NULL : batch;
	if (!full)
		return;
	batch_unref(t->last_full);
	t->last_full = batch;
}
