/* SPDX-License-Identifier: ISC
 *
 * A list of snapshots, oldest first. A payload that is owed to nobody is
 * let go at once; a snapshot without payloads leaves the list.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "common/limits.h"
#include "common/log.h"
#include "payload.h"
#include "queue.h"

struct queued {
	TAILQ_ENTRY(queued) entry;
	uint64_t id;
	enum snapshot_kind kind;
	uint64_t expires;          /* ns of CLOCK_MONOTONIC, 0 never */
	struct payload **payloads; /* owned references; NULL where settled */
	uint32_t n;
	uint32_t left; /* not settled */
};
TAILQ_HEAD(queued_list, queued);

struct queue {
	struct queued_list list;
	uint32_t full; /* full snapshots in it */
	uint32_t max_snapshots;
	size_t max_bytes;
	uint64_t last_id;
	uint64_t newest_full; /* ids; they may have left the list */
	uint64_t newest_rt;
	uint64_t begun[LIMIT_ENDPOINTS]; /* id of the snapshot being sent */
	uint64_t dropped_for[LIMIT_ENDPOINTS];
	struct queue_stats stats;
};

struct queue *
queue_new(uint32_t max_snapshots, size_t max_bytes)
{
	struct queue *q = xcalloc(1, sizeof(*q));

	TAILQ_INIT(&q->list);
	q->max_snapshots = max_snapshots;
	q->max_bytes = max_bytes;
	return q;
}

/* Lets payload i go. */
static void
forget_payload(struct queue *q, struct queued *s, uint32_t i)
{
	q->stats.payloads--;
	q->stats.bytes -= s->payloads[i]->len;
	s->payloads[i]->owed = 0;
	payload_unref(s->payloads[i]);
	s->payloads[i] = NULL;
	s->left--;
}

static void
forget_snapshot(struct queue *q, struct queued *s)
{
	TAILQ_REMOVE(&q->list, s, entry);
	if (s->kind == SNAPSHOT_FULL)
		q->full--;
	free(s->payloads);
	free(s);
}

/* Lets go what is still there, and counts it for those who wanted it. */
static void
drop_snapshot(struct queue *q, struct queued *s)
{
	uint32_t i;
	unsigned e;

	for (i = 0; i < s->n; i++) {
		if (s->payloads[i] == NULL)
			continue;
		for (e = 0; e < LIMIT_ENDPOINTS; e++)
			if (s->payloads[i]->owed & 1u << e)
				q->dropped_for[e]++;
		q->stats.dropped++;
		forget_payload(q, s, i);
	}
	forget_snapshot(q, s);
}

void
queue_free(struct queue *q)
{
	struct queued *s;

	if (q == NULL)
		return;
	while ((s = TAILQ_FIRST(&q->list)) != NULL)
		drop_snapshot(q, s);
	free(q);
}

static struct queued *
find_oldest_full(const struct queue *q)
{
	struct queued *s;

	TAILQ_FOREACH(s, &q->list, entry)
		if (s->kind == SNAPSHOT_FULL)
			return s;
	return NULL;
}

/* Real time has no precedence here: the backlog of an endpoint that is down
 * must not cost the others theirs. */
static void
keep_bounds(struct queue *q)
{
	while (q->full > q->max_snapshots)
		drop_snapshot(q, find_oldest_full(q));
	while (q->stats.bytes > q->max_bytes)
		drop_snapshot(q, TAILQ_FIRST(&q->list));
}

void
queue_set_bounds(struct queue *q, uint32_t max_snapshots, size_t max_bytes)
{
	q->max_snapshots = max_snapshots;
	q->max_bytes = max_bytes;
	keep_bounds(q);
}

void
queue_put(struct queue *q, struct payload **payloads, uint32_t n,
    uint32_t endpoints, uint64_t expires)
{
	struct queued *s = xcalloc(1, sizeof(*s));
	uint32_t i;

	s->id = ++q->last_id;
	s->kind = payloads[0]->kind;
	s->expires = expires;
	s->n = s->left = n;
	s->payloads = xcalloc(n, sizeof(struct payload *));
	for (i = 0; i < n; i++) {
		payloads[i]->owed = endpoints;
		payloads[i]->snapshot = s->id;
		s->payloads[i] = payloads[i];
		q->stats.payloads++;
		q->stats.bytes += payloads[i]->len;
	}
	if (s->kind == SNAPSHOT_FULL) {
		q->full++;
		q->newest_full = s->id;
	} else
		q->newest_rt = s->id;
	TAILQ_INSERT_TAIL(&q->list, s, entry);
	keep_bounds(q);
}

/* The first payload of s that the endpoint wants, or NULL. */
static struct payload *
find_owed(const struct queued *s, unsigned endpoint)
{
	uint32_t i;

	for (i = 0; i < s->n; i++)
		if (s->payloads[i] != NULL &&
		    (s->payloads[i]->owed & 1u << endpoint))
			return s->payloads[i];
	return NULL;
}

static struct queued *
find_id(const struct queue *q, uint64_t id)
{
	struct queued *s;

	TAILQ_FOREACH(s, &q->list, entry)
		if (s->id == id)
			return s;
	return NULL;
}

static struct payload *
choose(const struct queue *q, unsigned endpoint)
{
	const uint64_t first[] = { q->begun[endpoint], q->newest_full,
		q->newest_rt };
	const struct queued *s;
	struct payload *p;
	size_t i;

	for (i = 0; i < sizeof(first) / sizeof(first[0]); i++) {
		s = find_id(q, first[i]);
		if (s != NULL && (p = find_owed(s, endpoint)) != NULL)
			return p;
	}
	TAILQ_FOREACH(s, &q->list, entry)
		if ((p = find_owed(s, endpoint)) != NULL)
			return p;
	return NULL;
}

struct payload *
queue_next(struct queue *q, unsigned endpoint)
{
	struct payload *p = choose(q, endpoint);

	if (p != NULL)
		q->begun[endpoint] = p->snapshot;
	return p;
}

void
queue_settle(struct queue *q, unsigned endpoint, struct payload *payload)
{
	struct queued *s = find_id(q, payload->snapshot);
	uint32_t i;

	payload->owed &= ~(1u << endpoint);
	if (s == NULL || payload->owed != 0)
		return;
	for (i = 0; i < s->n; i++)
		if (s->payloads[i] == payload)
			forget_payload(q, s, i);
	if (s->left == 0)
		forget_snapshot(q, s);
}

void
queue_put_back(struct queue *q, unsigned endpoint)
{
	q->begun[endpoint] = 0;
}

void
queue_expire(struct queue *q, uint64_t now)
{
	struct queued *s = TAILQ_FIRST(&q->list), *next;

	for (; s != NULL; s = next) {
		next = TAILQ_NEXT(s, entry);
		if (s->expires != 0 && s->expires <= now)
			drop_snapshot(q, s);
	}
}

/* The set `owed` in new numbers; what nobody wants any more is counted. */
static uint32_t
renumber_set(uint32_t owed, const int *map, unsigned n)
{
	uint32_t set = 0;
	unsigned i;

	for (i = 0; i < n; i++)
		if ((owed & 1u << i) && map[i] != -1)
			set |= 1u << map[i];
	return set;
}

static void
renumber_snapshot(struct queue *q, struct queued *s, const int *map, unsigned n)
{
	uint32_t i;

	for (i = 0; i < s->n; i++) {
		if (s->payloads[i] == NULL)
			continue;
		s->payloads[i]->owed = renumber_set(
		    s->payloads[i]->owed, map, n);
		if (s->payloads[i]->owed == 0) {
			q->stats.dropped++;
			forget_payload(q, s, i);
		}
	}
	if (s->left == 0)
		forget_snapshot(q, s);
}

void
queue_renumber(struct queue *q, const int *map, unsigned n)
{
	uint64_t begun[LIMIT_ENDPOINTS] = { 0 };
	uint64_t dropped_for[LIMIT_ENDPOINTS] = { 0 };
	struct queued *s = TAILQ_FIRST(&q->list), *next;
	unsigned i;

	for (i = 0; i < n; i++) {
		if (map[i] == -1)
			continue;
		begun[map[i]] = q->begun[i];
		dropped_for[map[i]] = q->dropped_for[i];
	}
	memcpy(q->begun, begun, sizeof(begun));
	memcpy(q->dropped_for, dropped_for, sizeof(dropped_for));
	for (; s != NULL; s = next) {
		next = TAILQ_NEXT(s, entry);
		renumber_snapshot(q, s, map, n);
	}
}

void
queue_get_stats(const struct queue *q, struct queue_stats *out)
{
	*out = q->stats;
}

uint64_t
queue_dropped(const struct queue *q, unsigned endpoint)
{
	return q->dropped_for[endpoint];
}
