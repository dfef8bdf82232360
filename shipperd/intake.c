/* SPDX-License-Identifier: ISC
 *
 * Snapshots from taggerd. Without an endpoint they are only counted; while
 * the host has no name they wait, as payloads cannot be made without one.
 */
#include <event2/util.h>
#include <stdlib.h>

#include "common/clock.h"
#include "common/log.h"
#include "queue.h"
#include "shipper_private.h"

int32_t
intake_next_group(struct shipper *s)
{
	if (s->group_id == 0)
		evutil_secure_rng_get_bytes(&s->group_id, sizeof(s->group_id));
	s->group_id = (int32_t)(((uint32_t)s->group_id + 1) & INT32_MAX);
	return s->group_id;
}

/* Full snapshots are for all. Real time is for those that can take it now. */
static uint32_t
receivers(const struct shipper *s, enum snapshot_kind kind)
{
	uint32_t set = 0;
	unsigned i;

	for (i = 0; i < s->n_endpoints; i++)
		if (kind == SNAPSHOT_FULL || endpoint_is_ready(s->endpoints[i]))
			set |= 1u << i;
	return set;
}

/* When nobody wants it any more, in ns of CLOCK_MONOTONIC; 0 is never. */
static uint64_t
expiry(const struct shipper *s, enum snapshot_kind kind)
{
	uint64_t now = clock_mono_ns();

	if (kind == SNAPSHOT_FULL)
		return 0;
	return now + 2 * upstream_wish(s, now).interval * CLOCK_NS_PER_S;
}

/* Nothing is sent for no process and no container: there is no message that
 * would say so. */
static void
say_empty(struct shipper *s, const struct snapshot *snapshot)
{
	if (snapshot->kind != SNAPSHOT_FULL)
		return;
	if (snapshot->n == 0 && !s->said_empty)
		log_info("an empty snapshot: nothing to send");
	s->said_empty = snapshot->n == 0;
}

/* From here on it is ours: delivered, or counted. */
static void
take(struct shipper *s, enum snapshot_kind kind, uint64_t mono_ns)
{
	if (kind != SNAPSHOT_FULL)
		return;
	s->taken = mono_ns;
	upstream_say_taken(s);
}

/* Hands the snapshot to the queue; frees it. */
static void
ship(struct shipper *s, struct snapshot *snapshot)
{
	uint32_t set = receivers(s, snapshot->kind), n;
	struct payload **payloads;

	say_empty(s, snapshot);
	if (set != 0 && snapshot->n > 0) {
		n = snapshot_make_payloads(snapshot, s->payloader, s->host,
		    intake_next_group(s), (uint32_t)s->d->config->proc_limit,
		    &payloads);
		queue_put(s->queue, payloads, n, set, expiry(s, snapshot->kind),
		    snapshot->mono_ns);
		free(payloads);
		shipper_wake_endpoints(s);
	}
	take(s, snapshot->kind, snapshot->mono_ns);
	snapshot_free(snapshot);
}

static void
unhold_first(struct shipper *s)
{
	struct snapshot *first = TAILQ_FIRST(&s->held);

	TAILQ_REMOVE(&s->held, first, entry);
	s->n_held--;
	s->held_bytes -= first->records.len;
}

static void
drop_first(struct shipper *s)
{
	struct snapshot *first = TAILQ_FIRST(&s->held);

	unhold_first(s);
	s->held_dropped++;
	snapshot_free(first);
}

static void
hold(struct shipper *s, struct snapshot *snapshot)
{
	TAILQ_INSERT_TAIL(&s->held, snapshot, entry);
	s->n_held++;
	s->held_bytes += snapshot->records.len;
	while (s->n_held > (uint32_t)s->d->config->queue_size ||
	    s->held_bytes > LIMIT_QUEUE_BYTES)
		drop_first(s);
	s->status_due = true;
}

void
intake_drop_held(struct shipper *s)
{
	while (s->n_held > 0)
		drop_first(s);
}

void
intake_abandon(struct shipper *s)
{
	snapshot_free(s->building);
	s->building = NULL;
}

void
intake_take_host(struct link *link, const union schema_any *rec,
    const struct strview *frame, void *arg)
{
	struct shipper *s = arg;
	struct snapshot *first;

	(void)link;
	(void)frame;
	if (s->host != NULL && s->host->hostname[0] != '\0' &&
	    rec->host.hostname.len == 0)
		return; /* the name that we know is better than none */
	encode_host_free(s->host);
	s->host = encode_host_new(&rec->host);
	s->env.hostname = s->host->hostname;
	if (s->host->hostname[0] == '\0')
		return;
	while ((first = TAILQ_FIRST(&s->held)) != NULL) {
		unhold_first(s);
		ship(s, first);
	}
	shipper_wake_endpoints(s); /* the spool may hold something */
}

void
intake_begin_snapshot(struct link *link, const union schema_any *rec,
    const struct strview *frame, void *arg)
{
	const struct rec_snapshot_begin *begin = &rec->snapshot_begin;
	struct shipper *s = arg;

	(void)link;
	(void)frame;
	intake_abandon(s);
	if (begin->kind == SNAPSHOT_FULL) {
		s->gauges.scanned = true;
		s->gauges.processes = begin->processes;
		s->gauges.containers = begin->containers;
	}
	if (s->n_endpoints == 0)
		take(s, (enum snapshot_kind)begin->kind, begin->mono_ns);
	if (s->n_endpoints == 0 || s->env.stopping)
		return;
	/* A viewer on this host may have asked for it, and no endpoint. */
	if (begin->kind == SNAPSHOT_REALTIME &&
	    !upstream_wish(s, clock_mono_ns()).on)
		return;
	s->building = snapshot_new(begin);
}

void
intake_take_container(struct link *link, const union schema_any *rec,
    const struct strview *frame, void *arg)
{
	struct shipper *s = arg;

	(void)link;
	(void)frame;
	if (s->building != NULL)
		snapshot_add_container(
		    s->building, s->encoder, &rec->container);
}

void
intake_take_container_stat(struct link *link, const union schema_any *rec,
    const struct strview *frame, void *arg)
{
	struct shipper *s = arg;

	(void)link;
	(void)frame;
	if (s->building != NULL)
		snapshot_add_container_stat(
		    s->building, s->encoder, &rec->container_stat);
}

void
intake_take_process(struct link *link, const union schema_any *rec,
    const struct strview *frame, void *arg)
{
	struct shipper *s = arg;

	(void)link;
	(void)frame;
	if (s->building != NULL)
		snapshot_add_process(s->building, s->encoder, &rec->process);
}

void
intake_take_stat(struct link *link, const union schema_any *rec,
    const struct strview *frame, void *arg)
{
	struct shipper *s = arg;

	(void)link;
	(void)frame;
	if (s->building != NULL)
		snapshot_add_stat(s->building, s->encoder, &rec->process_stat);
}

void
intake_end_snapshot(struct link *link, const union schema_any *rec,
    const struct strview *frame, void *arg)
{
	struct shipper *s = arg;
	struct snapshot *done = s->building;

	(void)link;
	(void)frame;
	if (rec->snapshot_end.kind == SNAPSHOT_FULL)
		s->gauges.scan_ms = rec->snapshot_end.cost_wall / 1000;
	if (done == NULL)
		return;
	s->building = NULL;
	if (done->left_out > 0)
		log_warnx("a snapshot is too large: %u records left out",
		    done->left_out);
	if (s->host != NULL && s->host->hostname[0] != '\0')
		ship(s, done);
	else if (done->kind == SNAPSHOT_FULL)
		hold(s, done);
	else
		snapshot_free(done);
}
