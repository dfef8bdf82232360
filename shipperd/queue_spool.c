/* SPDX-License-Identifier: ISC
 *
 * The queue's part that is on disk as well: what the spool is given, what it
 * has lost, and what it is told of that it has not.
 */
#include <stdlib.h>

#include "common/log.h"
#include "queue_private.h"

/* Marks what has just been put into the spool. */
static void
mark_stored(struct queue *q, struct queued *s)
{
	uint32_t i;

	s->stored = true;
	q->full--;
	for (i = 0; i < s->n; i++) {
		if (s->payloads[i] == NULL)
			continue;
		q->stats.payloads--;
		q->stats.bytes -= s->payloads[i]->len;
	}
}

/* The next snapshot from s on that the spool has not, or NULL. */
static struct queued *
find_unstored(struct queued *s)
{
	while (s != NULL && (s->stored || s->kind != SNAPSHOT_FULL))
		s = TAILQ_NEXT(s, entry);
	return s;
}

/* Gathers whole snapshots from s on, one at least and no more than `most`
 * bytes; *end is the first one that is left out. Returns how many payloads. */
static uint32_t
gather(struct queued *s, size_t most, struct payload **all, struct queued **end)
{
	size_t bytes = 0;
	uint32_t i, n = 0, before;

	for (; s != NULL; s = find_unstored(TAILQ_NEXT(s, entry))) {
		before = n;
		for (i = 0; i < s->n; i++) {
			if (s->payloads[i] == NULL)
				continue;
			all[n++] = s->payloads[i];
			bytes += s->payloads[i]->len;
		}
		if (before > 0 && bytes > most) {
			n = before;
			break;
		}
	}
	*end = s;
	return n;
}

/* Not larger than all that the spool may hold. */
static bool
fits(const struct queue *q, const struct queued *s)
{
	size_t bytes = 0;
	uint32_t i;

	for (i = 0; i < s->n; i++)
		if (s->payloads[i] != NULL)
			bytes += s->payloads[i]->len;
	return bytes < 4 * spool_batch(q->spool);
}

void
queue_store(struct queue *q)
{
	struct queued *s = find_unstored(TAILQ_FIRST(&q->list)), *end;
	struct payload **all;
	uint32_t n;

	if (s == NULL)
		return;
	/* Oldest first, and mostly all of them at one go. */
	all = xcalloc(q->stats.payloads, sizeof(struct payload *));
	while (s != NULL) {
		if (!fits(q, s)) { /* those behind it may */
			s = find_unstored(TAILQ_NEXT(s, entry));
			continue;
		}
		n = gather(s, spool_batch(q->spool), all, &end);
		if (spool_put(q->spool, all, n, end == NULL ? q->stamp : 0) ==
		    -1)
			break;
		for (; s != end; s = find_unstored(s))
			mark_stored(q, s);
	}
	free(all);
}

/* The spool has it no more; it is in memory only, and is put in again. */
static void
unstore(struct queue *q, struct queued *s)
{
	uint32_t i;

	s->stored = false;
	q->full++;
	for (i = 0; i < s->n; i++) {
		if (s->payloads[i] == NULL)
			continue;
		s->payloads[i]->row = 0;
		q->stats.payloads++;
		q->stats.bytes += s->payloads[i]->len;
	}
}

/* The row of the first payload that is left; a snapshot is put in, and lost,
 * as a whole. */
static uint64_t
row_of(const struct queued *s)
{
	uint32_t i;

	for (i = 0; i < s->n; i++)
		if (s->payloads[i] != NULL)
			return s->payloads[i]->row;
	return 0;
}

static void
count_found(struct queue *q, const struct queued *s)
{
	uint32_t i;

	for (i = 0; i < s->n; i++)
		if (s->payloads[i] != NULL)
			spool_count_found(q->spool, s->payloads[i]->owed);
}

void
queue_find_lost(struct queue *q)
{
	struct queued *s;
	uint64_t above, last;

	if (q->spool == NULL || !spool_has_lost(q->spool, &above, &last))
		return;
	TAILQ_FOREACH(s, &q->list, entry)
		if (s->stored && row_of(s) > above && row_of(s) <= last) {
			count_found(q, s);
			unstore(q, s);
		}
	queue_note(q);
}

/* Tells the spool what it has not. */
void
queue_note(struct queue *q)
{
	struct spool_memory memory = { 0 };
	const struct queued *s;
	uint32_t i;
	unsigned e;

	if (q->spool == NULL)
		return;
	TAILQ_FOREACH(s, &q->list, entry)
		for (i = 0; i < s->n; i++) {
			if (s->stored || s->kind != SNAPSHOT_FULL ||
			    s->payloads[i] == NULL)
				continue;
			memory.payloads++;
			for (e = 0; e < LIMIT_ENDPOINTS; e++)
				memory.owed[e] += s->payloads[i]->owed >> e & 1;
		}
	spool_note_memory(q->spool, &memory);
}

/* What is in memory as well goes with us, and not twice. */
static void
take_along(struct queue *q, struct queued *s)
{
	uint32_t i;
	unsigned e;

	for (i = 0; i < s->n; i++)
		for (e = 0; e < LIMIT_ENDPOINTS; e++)
			if (s->payloads[i] != NULL &&
			    (s->payloads[i]->owed & 1u << e))
				spool_settle(q->spool, e, s->payloads[i]->row);
	unstore(q, s);
}

/* Numbers of the former spool's rows mean nothing to another one. */
static void
leave_spool(struct queue *q)
{
	const struct spool_memory none = { 0 };
	struct queued *s;
	unsigned e;

	TAILQ_FOREACH(s, &q->list, entry)
		if (s->stored)
			take_along(q, s);
	for (e = 0; e < LIMIT_ENDPOINTS; e++) {
		if (q->loaded[e] != NULL)
			q->loaded[e]->row = 0;
		queue_unload(q, e);
	}
	spool_note_memory(q->spool, &none);
}

void
queue_set_spool(struct queue *q, struct spool *spool)
{
	if (q->spool != NULL && q->spool != spool)
		leave_spool(q);
	q->spool = spool;
}

void
queue_tick(struct queue *q)
{
	if (q->spool == NULL)
		return;
	spool_tick(q->spool);
	queue_find_lost(q);
	if (q->full > 0)
		queue_store(q);
	queue_evict(q);
	queue_note(q);
}
