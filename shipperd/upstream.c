/* SPDX-License-Identifier: ISC
 *
 * What taggerd is told: whether the intakes want real time, and how we are.
 * The only words that go up; neither holds anything that an answer said but
 * two bounded numbers and text for a person.
 */
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/config.h"
#include "queue.h"
#include "shipper_private.h"
#include "spool.h"

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

static void
send_all(struct shipper *s, enum msg_type type, const void *record)
{
	struct message m = { type, record };

	link_server_each(s->server, send_one, &m);
}

struct rec_realtime
upstream_wish(const struct shipper *s, uint64_t now)
{
	struct rec_realtime all = { 0 };
	const struct wish *wish;
	uint32_t left;
	unsigned i;

	if (!s->d->config->allow_real_time)
		return all;
	for (i = 0; i < s->n_endpoints; i++) {
		wish = endpoint_wish(s->endpoints[i]);
		left = wish_left(
		    wish, (uint32_t)s->d->config->process_interval, now);
		if (left == 0)
			continue;
		all.on = true;
		if (all.interval < wish->interval)
			all.interval = wish->interval;
		if (all.ttl < left)
			all.ttl = left;
	}
	if (all.ttl > LIMIT_RT_TTL)
		all.ttl = LIMIT_RT_TTL;
	return all;
}

/* Each LIMIT_RT_RENEW, or at half of the time to live when that is sooner;
 * half a second early, because ticks are not exact. */
static bool
is_renewal_due(const struct shipper *s, uint64_t now)
{
	uint64_t wait = s->wish.ttl * CLOCK_NS_PER_S / 2;

	if (wait > LIMIT_RT_RENEW * CLOCK_NS_PER_S)
		wait = LIMIT_RT_RENEW * CLOCK_NS_PER_S;
	return now + CLOCK_NS_PER_S / 2 >= s->wish_sent + wait;
}

static void
send_wish(struct shipper *s, uint64_t now)
{
	struct rec_realtime wish = upstream_wish(s, now);
	bool changed = wish.on != s->wish.on ||
	    wish.interval != s->wish.interval;

	if (!changed && !s->wish_due && !(wish.on && is_renewal_due(s, now)))
		return;
	s->wish_due = false;
	s->wish_sent = now;
	s->wish = wish;
	send_all(s, MSG_realtime, &wish);
	if (changed)
		s->status_due = true;
}

static const char *
note(const struct shipper *s)
{
	if (s->n_endpoints == 0)
		return "no API key: nothing is sent, this host's view only";
	if (s->host == NULL || s->host->hostname[0] == '\0')
		return "waiting for the host's name";
	if (s->spool != NULL && spool_trouble(s->spool)[0] != '\0')
		return spool_trouble(s->spool);
	if (s->d->config->skip_ssl_validation)
		return "skip_ssl_validation is set: TLS is not verified";
	return "";
}

static void
send_status(struct shipper *s, uint64_t now)
{
	struct rec_endpoint endpoints[LIMIT_ENDPOINTS];
	struct rec_status st = { 0 };
	struct link_stats link;
	struct queue_stats queue;
	struct rec_peer peer;
	unsigned i;

	daemon_fill_status(s->d, &st);
	for (i = 0; i < s->n_endpoints; i++)
		endpoint_fill_status(s->endpoints[i], &endpoints[i]);
	st.endpoints.v = endpoints;
	st.endpoints.n = s->n_endpoints;
	link_server_get_stats(s->server, &link);
	peer = (struct rec_peer){ .name = SV("taggerd"),
		.up = link.up,
		.queued = link.queued,
		.dropped = link.dropped,
		.refused = link.refused,
		.last_error = strview_of(link.last_error) };
	st.peers.v = &peer;
	st.peers.n = 1;
	queue_get_stats(s->queue, &queue);
	st.queue_payloads = queue.payloads;
	st.queue_bytes = queue.bytes + s->held_bytes;
	st.queue_dropped = queue.dropped + s->held_dropped;
	st.realtime = s->wish.on;
	st.realtime_interval = s->wish.interval;
	st.realtime_left = upstream_wish(s, now).ttl;
	st.note = strview_of(note(s));
	send_all(s, MSG_status, &st);
	s->status_due = false;
	s->status_sent = now;
}

/* A neighbour of the version before does not know the message. */
static void
send_taken_to(struct link *link, void *arg)
{
	if (link_protocol(link) >= 2)
		link_send(link, MSG_taken, arg);
}

void
upstream_say_taken(struct shipper *s)
{
	struct rec_taken taken = { .mono_ns = s->taken };

	link_server_each(s->server, send_taken_to, &taken);
}

void
upstream_tick(struct shipper *s, uint64_t now)
{
	send_wish(s, now);
	if (s->status_due ||
	    now - s->status_sent >= LIMIT_STATUS_INTERVAL * CLOCK_NS_PER_S)
		send_status(s, now);
}
