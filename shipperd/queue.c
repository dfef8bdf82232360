/* SPDX-License-Identifier: ISC
 *
 * A list of snapshots, oldest first. A payload that is owed to nobody is
 * let go at once; a snapshot without payloads leaves the list. What is in the
 * spool as well leaves it when nobody needs it in memory.
 */
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "queue_private.h"

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
	if (!s->stored) {
		q->stats.payloads--;
		q->stats.bytes -= s->payloads[i]->len;
	}
	payload_unref(s->payloads[i]);
	s->payloads[i] = NULL;
	s->left--;
}

static void
forget_snapshot(struct queue *q, struct queued *s)
{
	TAILQ_REMOVE(&q->list, s, entry);
	if (s->kind == SNAPSHOT_FULL && !s->stored)
		q->full--;
	free(s->payloads);
	free(s);
}

/* Lets go what is still there, and counts it for those who wanted it. */
static void
drop_snapshot(struct queue *q, struct queued *s, enum loss why)
{
	uint32_t i;
	unsigned e;

	for (i = 0; i < s->n; i++) {
		if (s->payloads[i] == NULL)
			continue;
		for (e = 0; e < LIMIT_ENDPOINTS; e++)
			if (s->payloads[i]->owed & 1u << e)
				q->losses[e].n[why]++;
		q->stats.dropped++;
		s->payloads[i]->owed = 0;
		forget_payload(q, s, i);
	}
	forget_snapshot(q, s);
}

/* The spool has it, or nobody wants it. */
static void
evict_snapshot(struct queue *q, struct queued *s)
{
	uint32_t i;

	for (i = 0; i < s->n; i++)
		if (s->payloads[i] != NULL)
			forget_payload(q, s, i);
	forget_snapshot(q, s);
}

void
queue_unload(struct queue *q, unsigned endpoint)
{
	payload_unref(q->loaded[endpoint]);
	q->loaded[endpoint] = NULL;
}

void
queue_free(struct queue *q)
{
	struct queued *s;
	unsigned i;

	if (q == NULL)
		return;
	while ((s = TAILQ_FIRST(&q->list)) != NULL)
		evict_snapshot(q, s);
	for (i = 0; i < LIMIT_ENDPOINTS; i++)
		queue_unload(q, i);
	free(q);
}

/* The oldest that is in memory only, of either kind or full. */
static struct queued *
find_oldest(const struct queue *q, bool full)
{
	struct queued *s;

	TAILQ_FOREACH(s, &q->list, entry)
		if (!s->stored && (!full || s->kind == SNAPSHOT_FULL))
			return s;
	return NULL;
}

/* Real time has no precedence here: the backlog of an endpoint that is down
 * must not cost the others theirs. */
static void
keep_bounds(struct queue *q)
{
	while (q->full > q->max_snapshots)
		drop_snapshot(q, find_oldest(q, true), LOSS_ROOM);
	while (q->stats.bytes > q->max_bytes)
		drop_snapshot(q, find_oldest(q, false), LOSS_ROOM);
}

void
queue_set_rate(struct queue *q, uint64_t bytes)
{
	q->rate = bytes;
}

static bool
is_begun(const struct queue *q, const struct queued *s)
{
	unsigned i;

	for (i = 0; i < LIMIT_ENDPOINTS; i++)
		if (q->begun[i] == s->id)
			return true;
	return false;
}

void
queue_evict(struct queue *q)
{
	struct queued *s, *next;

	queue_find_lost(q);
	for (s = TAILQ_FIRST(&q->list); s != NULL; s = next) {
		next = TAILQ_NEXT(s, entry);
		if (s->stored && s->id != q->newest_full && !is_begun(q, s))
			evict_snapshot(q, s);
	}
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
    uint32_t endpoints, uint64_t expires, uint64_t stamp)
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
		q->stamp = stamp;
	} else
		q->newest_rt = s->id;
	TAILQ_INSERT_TAIL(&q->list, s, entry);
	if (s->kind == SNAPSHOT_FULL && q->spool != NULL)
		queue_store(q);
	queue_evict(q);
	keep_bounds(q);
	queue_note(q);
}

struct queued *
queue_find(const struct queue *q, uint64_t id)
{
	struct queued *s;

	TAILQ_FOREACH(s, &q->list, entry)
		if (s->id == id)
			return s;
	return NULL;
}

void
queue_settle(struct queue *q, unsigned endpoint, struct payload *payload)
{
	struct queued *s = queue_find(q, payload->snapshot);
	uint32_t i;

	if (payload->row != 0 && q->spool != NULL)
		spool_settle(q->spool, endpoint, payload->row);
	queue_find_lost(q);
	if (q->loaded[endpoint] == payload)
		queue_unload(q, endpoint);
	payload->owed &= ~(1u << endpoint);
	for (i = 0; s != NULL && payload->owed == 0 && i < s->n; i++)
		if (s->payloads[i] == payload) {
			forget_payload(q, s, i);
			break;
		}
	if (s != NULL && s->left == 0)
		forget_snapshot(q, s);
	queue_note(q);
}

void
queue_expire(struct queue *q, uint64_t now)
{
	struct queued *s = TAILQ_FIRST(&q->list), *next;

	for (; s != NULL; s = next) {
		next = TAILQ_NEXT(s, entry);
		if (s->expires != 0 && s->expires <= now)
			drop_snapshot(q, s, LOSS_LATE);
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
			q->stats.dropped += !s->stored;
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
	struct losses losses[LIMIT_ENDPOINTS] = { 0 };
	struct queued *s = TAILQ_FIRST(&q->list), *next;
	unsigned i;

	for (i = 0; i < n; i++) {
		queue_unload(q, i);
		if (map[i] == -1)
			continue;
		begun[map[i]] = q->begun[i];
		losses[map[i]] = q->losses[i];
	}
	memcpy(q->begun, begun, sizeof(begun));
	memcpy(q->losses, losses, sizeof(losses));
	for (; s != NULL; s = next) {
		next = TAILQ_NEXT(s, entry);
		renumber_snapshot(q, s, map, n);
	}
}

void
queue_get_stats(const struct queue *q, struct queue_stats *out)
{
	struct spool_stats disk = { 0 };

	if (q->spool != NULL)
		spool_get_stats(q->spool, &disk);
	*out = (struct queue_stats){
		.payloads = q->stats.payloads + disk.payloads,
		.bytes = q->stats.bytes + disk.bytes,
		.dropped = q->stats.dropped + disk.dropped,
	};
}

static void
add_memory(const struct queued *s, unsigned endpoint, struct queue_debt *out)
{
	uint32_t i;

	for (i = 0; i < s->n; i++) {
		if (s->payloads[i] == NULL ||
		    !(s->payloads[i]->owed & 1u << endpoint))
			continue;
		out->payloads++;
		out->bytes += s->payloads[i]->len;
	}
}

void
queue_get_losses(const struct queue *q, unsigned endpoint, struct losses *out)
{
	unsigned i;

	*out = q->losses[endpoint];
	for (i = 0; i < LOSSES && q->spool != NULL; i++)
		out->n[i] += spool_losses(q->spool, endpoint)->n[i];
}

void
queue_get_debt(const struct queue *q, unsigned endpoint, struct queue_debt *out)
{
	struct spool_debt disk = { 0 };
	const struct queued *s;

	if (q->spool != NULL)
		spool_get_debt(q->spool, endpoint, &disk);
	*out = (struct queue_debt){ .payloads = disk.payloads,
		.bytes = disk.bytes,
		.age_ms = disk.age_ms };
	queue_get_losses(q, endpoint, &out->losses);
	TAILQ_FOREACH(s, &q->list, entry)
		if (!s->stored)
			add_memory(s, endpoint, out);
}
