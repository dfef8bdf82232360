/* SPDX-License-Identifier: ISC
 *
 * What callers ask of the spool.
 *
 * SQLite works in the event loop: a snapshot is one sync. A disk that takes
 * LIMIT_SPOOL_SLOW for it is given nothing for LIMIT_SPOOL_PAUSE, so that it
 * does not hold up real time for long.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "payload.h"
#include "spool_private.h"

struct spool *
spool_new(const char *path, int64_t max_bytes, int max_age_s)
{
	struct spool *s = xcalloc(1, sizeof(*s));

	s->path = xstrdup(path);
	s->dir = s->ledger_fd = -1;
	s->pending = xcalloc(LIMIT_SPOOL_PENDING, sizeof(*s->pending));
	spool_set_bounds(s, max_bytes, max_age_s);
	spool_open(s);
	return s;
}

static void
forget_endpoints(struct spool *s)
{
	unsigned i;

	for (i = 0; i < s->n_endpoints; i++) {
		free(s->who[i].url);
		explicit_bzero(s->who[i].api_key, strlen(s->who[i].api_key));
		free(s->who[i].api_key);
	}
	s->n_endpoints = 0;
}

const char *
spool_path(const struct spool *s)
{
	return s->path;
}

void
spool_set_bounds(struct spool *s, int64_t max_bytes, int max_age_s)
{
	s->max_bytes = max_bytes;
	s->max_age_ms = (int64_t)max_age_s * 1000;
}

void
spool_free(struct spool *s)
{
	if (s == NULL)
		return;
	s->is_ending = true;
	s->retry_at = 0; /* now or never */
	if (s->n_pending > 0 && spool_is_writable(s))
		spool_finish_work(
		    s, spool_begin_work(s, true, 0), SPOOL_SETTLING);
	spool_close(s, 0);
	spool_ledger_close(s);
	forget_endpoints(s);
	free(s->pending);
	free(s->path);
	free(s);
}

static bool
is_heir(const struct spool *s, unsigned who, const struct spool_name *name,
    bool with_key)
{
	return strcmp(s->who[who].url, name->url) == 0 &&
	    (!with_key || strcmp(s->who[who].api_key, name->api_key) == 0);
}

/* The endpoints that take over from the former ones, -1 for none: one each,
 * and the same as the lines in the database do. */
static void
find_heirs(const struct spool *s, const struct spool_name *names, unsigned n,
    int heirs[LIMIT_ENDPOINTS])
{
	uint32_t taken = 0;
	unsigned i, j;
	int pass;

	memset(heirs, -1, LIMIT_ENDPOINTS * sizeof(*heirs));
	for (pass = 0; pass < 2; pass++)
		for (i = 0; i < s->n_endpoints; i++)
			for (j = 0; j < n && heirs[i] == -1; j++)
				if (!(taken & 1u << j) &&
				    is_heir(s, i, &names[j], pass == 0)) {
					heirs[i] = (int)j;
					taken |= 1u << j;
				}
}

/* What could not be taken out is taken out under its new number. */
static void
renumber_pending(struct spool *s, const int heirs[LIMIT_ENDPOINTS])
{
	uint32_t i, left = 0;
	int heir;

	for (i = 0; i < s->n_pending; i++) {
		heir = heirs[s->pending[i].endpoint];
		if (heir == -1)
			continue;
		s->pending[left].endpoint = (unsigned)heir;
		s->pending[left++].row = s->pending[i].row;
	}
	s->n_pending = left;
}

void
spool_set_endpoints(struct spool *s, const struct spool_name *names, unsigned n)
{
	struct spool_endpoint kept[LIMIT_ENDPOINTS] = { 0 };
	int heirs[LIMIT_ENDPOINTS], rc;
	unsigned i;

	if (n == 0)
		return; /* the keys may come back; until then all is kept */
	if (s->n_pending > 0 && spool_is_writable(s))
		spool_finish_work(
		    s, spool_begin_work(s, false, 0), SPOOL_SETTLING);
	find_heirs(s, names, n, heirs);
	renumber_pending(s, heirs);
	for (i = 0; i < s->n_endpoints; i++)
		if (heirs[i] != -1)
			kept[heirs[i]] = s->now.endpoints[i];
	forget_endpoints(s);
	for (; s->n_endpoints < n; s->n_endpoints++) {
		s->who[s->n_endpoints].url = xstrdup(names[s->n_endpoints].url);
		s->who[s->n_endpoints].api_key = xstrdup(
		    names[s->n_endpoints].api_key);
		s->now.endpoints[s->n_endpoints] = kept[s->n_endpoints];
	}
	spool_ledger_count_former(s);
	if (s->state == SPOOL_CLOSED || (rc = spool_match(s)) == SQLITE_OK)
		return;
	spool_fail(s, rc, SPOOL_MATCHING);
	if (s->state == SPOOL_FULL) /* nobody's lines are known */
		spool_close(s, LIMIT_SPOOL_RETRY);
}

static int
put_rows(struct spool *s, struct payload *const *payloads, uint32_t n,
    int64_t need, uint64_t stamp)
{
	uint64_t snapshot = 0;
	uint32_t i;
	int rc = spool_room_make(s, need);

	for (i = 0; i < n && rc == SQLITE_OK; i++) {
		if (payloads[i]->snapshot != snapshot)
			s->now.last_snapshot++;
		snapshot = payloads[i]->snapshot;
		rc = spool_rows_put(s, payloads[i]);
	}
	if (stamp != 0)
		s->now.stamp = stamp;
	return rc;
}

int
spool_put(struct spool *s, struct payload *const *payloads, uint32_t n,
    uint64_t stamp)
{
	uint64_t start = clock_mono_ns();
	int64_t need = 0;
	uint32_t i;
	int rc;

	if (start < s->paused_until || !spool_is_writable(s))
		return -1;
	for (i = 0; i < n; i++)
		need += (int64_t)payloads[i]->len + LIMIT_SPOOL_OVERHEAD;
	if ((rc = spool_begin_work(s, true, need)) == SQLITE_OK)
		rc = put_rows(s, payloads, n, need, stamp);
	if (spool_finish_work(s, rc, SPOOL_WRITING) == -1) {
		for (i = 0; i < n; i++)
			payloads[i]->row = 0;
		return -1;
	}
	if (clock_mono_ns() - start > LIMIT_SPOOL_SLOW * UINT64_C(1000000)) {
		spool_complain(s, "the disk is too slow");
		s->paused_until = clock_mono_ns() +
		    LIMIT_SPOOL_PAUSE * CLOCK_NS_PER_S;
	} else
		spool_works_again(s);
	return 0;
}

bool
spool_has_lost(struct spool *s, uint64_t *above, uint64_t *last)
{
	bool has = s->has_lost;

	*above = s->lost_above;
	*last = s->lost_last;
	s->has_lost = false;
	return has;
}

void
spool_count_found(struct spool *s, uint32_t owed)
{
	uint64_t *lost;
	unsigned i;

	s->now.dropped -= s->now.dropped > 0;
	for (i = 0; i < s->n_endpoints; i++) {
		lost = &s->now.endpoints[i].losses.n[LOSS_DAMAGE];
		if (owed & 1u << i)
			*lost -= *lost > 0;
	}
}

size_t
spool_batch(const struct spool *s)
{
	return (size_t)s->max_bytes / 4;
}

uint64_t
spool_stamp(const struct spool *s)
{
	return s->now.stamp;
}

void
spool_settle(struct spool *s, unsigned endpoint, uint64_t row)
{
	if (s->n_pending < LIMIT_SPOOL_PENDING)
		s->pending[s->n_pending++] = (struct spool_pending){ endpoint,
			row };
	if (!spool_is_writable(s))
		return;
	spool_finish_work(s, spool_begin_work(s, false, 0), SPOOL_SETTLING);
}

void
spool_count_attempt(struct spool *s, unsigned endpoint, uint64_t row)
{
	sqlite3_stmt *q;
	int rc;

	if (!spool_is_writable(s))
		return;
	if ((rc = spool_begin_work(s, false, 0)) == SQLITE_OK) {
		q = spool_stmt(s, SQL_ATTEMPT);
		sqlite3_bind_int64(q, 1, s->now.endpoints[endpoint].id);
		sqlite3_bind_int64(q, 2, (sqlite3_int64)row);
		rc = spool_run(q);
	}
	spool_finish_work(s, rc, SPOOL_COUNTING);
}

void
spool_tick(struct spool *s)
{
	char why[200];
	int rc;

	if (!spool_is_writable(s))
		return;
	if (spool_ledger_open(s, why, sizeof(why)) == -1)
		spool_complain(s, why);
	if (s->now.rows == 0 && s->n_pending == 0 && s->state == SPOOL_OPEN) {
		spool_room_shrink(s, LIMIT_SPOOL_SHRINK);
		return;
	}
	if ((rc = spool_begin_work(s, false, 0)) == SQLITE_OK)
		rc = spool_rows_drop_old(s);
	if (rc == SQLITE_OK)
		rc = spool_rows_drop_abandoned(s, LIMIT_SPOOL_BATCH);
	if (spool_finish_work(s, rc, SPOOL_DROPPING) == 0)
		spool_room_shrink(s, LIMIT_SPOOL_SHRINK);
}

void
spool_get_stats(const struct spool *s, struct spool_stats *out)
{
	*out = (struct spool_stats){ .payloads = s->now.rows,
		.bytes = s->now.bytes,
		.dropped = s->now.dropped + s->now.abandoned };
}

void
spool_get_debt(struct spool *s, unsigned endpoint, struct spool_debt *out)
{
	const struct spool_endpoint *e = &s->now.endpoints[endpoint];
	uint64_t row = spool_oldest(s, endpoint);
	sqlite3_stmt *q;

	*out = (struct spool_debt){ .payloads = e->rows, .bytes = e->bytes };
	if (row == 0)
		return;
	q = spool_stmt(s, SQL_ROW);
	sqlite3_bind_int64(q, 1, (sqlite3_int64)row);
	if (spool_row(q) != SQLITE_ROW)
		return;
	out->age_ms = spool_clock_now(&s->clock) - sqlite3_column_int64(q, 0);
	sqlite3_reset(q);
}

void
spool_said_losses(struct spool *s)
{
	struct spool_endpoint *e;
	unsigned i;

	for (i = 0; i < s->n_endpoints; i++) {
		e = &s->now.endpoints[i];
		e->said = e->losses.n[LOSS_ROOM] + e->losses.n[LOSS_AGE];
	}
	spool_ledger_note_drops(s);
}

const struct losses *
spool_losses(const struct spool *s, unsigned endpoint)
{
	return &s->now.endpoints[endpoint].losses;
}

void
spool_try(struct spool *s)
{
	s->retry_at = s->paused_until = 0;
}

const char *
spool_trouble(const struct spool *s)
{
	return s->trouble;
}
