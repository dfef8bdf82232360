/* SPDX-License-Identifier: ISC
 *
 * Which payload goes next: what is fresh, at once; the backlog behind it, from
 * its oldest on and not faster than it may.
 */
#include "common/clock.h"
#include "queue_private.h"

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

/* What comes before the backlog, or NULL. */
static struct payload *
choose_fresh(struct queue *q, unsigned endpoint)
{
	const uint64_t first[] = { q->begun[endpoint], q->newest_full,
		q->newest_rt };
	const struct queued *s;
	struct payload *p;
	size_t i;

	for (i = 0; i < sizeof(first) / sizeof(first[0]); i++) {
		s = queue_find(q, first[i]);
		if (s == NULL || (p = find_owed(s, endpoint)) == NULL)
			continue;
		q->begun[endpoint] = s->id;
		return p;
	}
	q->begun[endpoint] = 0;
	return NULL;
}

/* The row as it is in memory already, or NULL. */
static struct payload *
find_row(const struct queue *q, uint64_t row)
{
	struct queued *s;
	uint32_t i;

	for (i = 0; i < LIMIT_ENDPOINTS; i++)
		if (q->loaded[i] != NULL && q->loaded[i]->row == row)
			return q->loaded[i];
	TAILQ_FOREACH(s, &q->list, entry)
		for (i = 0; s->stored && i < s->n; i++)
			if (s->payloads[i] != NULL &&
			    s->payloads[i]->row == row)
				return s->payloads[i];
	return NULL;
}

/* The oldest that is owed: all in the spool is older than what is in memory
 * only. */
static struct payload *
choose_old(struct queue *q, unsigned endpoint)
{
	struct payload *p = NULL;
	struct queued *s;
	uint64_t row;
	unsigned i;

	/* A damaged one is dropped, and the next one is the oldest then. */
	for (i = 0; q->spool != NULL && p == NULL && i < LIMIT_SPOOL_BATCH;
	     i++) {
		if ((row = spool_oldest(q->spool, endpoint)) == 0)
			break;
		if ((p = find_row(q, row)) != NULL)
			payload_ref(p);
		else
			p = spool_load(q->spool, row);
	}
	queue_unload(q, endpoint);
	q->loaded[endpoint] = p;
	if (p != NULL)
		return p;
	TAILQ_FOREACH(s, &q->list, entry)
		if (!s->stored && (p = find_owed(s, endpoint)) != NULL)
			return p;
	return NULL;
}

/* ms until the endpoint's backlog may go on. */
static unsigned
wait_of_pace(struct queue *q, struct pace *pace, uint64_t now)
{
	uint64_t passed = now - pace->at;

	if (q->rate == 0)
		return 0;
	if (passed > CLOCK_NS_PER_S)
		passed = CLOCK_NS_PER_S; /* what was not used is not saved up */
	pace->at = now;
	pace->credit += (int64_t)(q->rate / 1000 * (passed / 1000) / 1000);
	if (pace->credit > (int64_t)q->rate)
		pace->credit = (int64_t)q->rate;
	if (pace->credit >= 0)
		return 0;
	return (unsigned)(-pace->credit * 1000 / (int64_t)q->rate) + 1;
}

struct payload *
queue_next(struct queue *q, unsigned endpoint, uint64_t now, unsigned *wait_ms)
{
	struct pace *pace = &q->pace[endpoint];
	struct payload *p = choose_fresh(q, endpoint);

	*wait_ms = 0;
	if (p != NULL || (*wait_ms = wait_of_pace(q, pace, now)) > 0)
		return p;
	p = choose_old(q, endpoint);
	if (p != NULL)
		pace->credit -= (int64_t)p->len;
	return p;
}

void
queue_put_back(
    struct queue *q, unsigned endpoint, const struct payload *payload)
{
	q->begun[endpoint] = 0;
	if (payload->row != 0 && q->spool != NULL)
		spool_count_attempt(q->spool, endpoint, payload->row);
	queue_evict(q);
}
