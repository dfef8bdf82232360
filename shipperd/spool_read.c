/* SPDX-License-Identifier: ISC
 *
 * What is owed, read back: the oldest row of an endpoint, and whether a payload
 * is the one that was put in.
 */
#include <string.h>

#include "common/log.h"
#include "payload.h"
#include "spool_private.h"

static bool
is_pending(const struct spool *s, unsigned endpoint, uint64_t row)
{
	uint32_t i;

	for (i = 0; i < s->n_pending; i++)
		if (s->pending[i].endpoint == endpoint &&
		    s->pending[i].row == row)
			return true;
	return false;
}

uint64_t
spool_oldest(struct spool *s, unsigned endpoint)
{
	sqlite3_stmt *q;
	uint64_t row = 0;
	int rc;

	if (s->state == SPOOL_CLOSED || s->now.endpoints[endpoint].rows == 0 ||
	    s->n_pending == LIMIT_SPOOL_PENDING)
		return 0;
	do {
		q = spool_stmt(s, SQL_OLDEST_DEBT);
		sqlite3_bind_int64(q, 1, s->now.endpoints[endpoint].id);
		sqlite3_bind_int64(q, 2, (sqlite3_int64)row);
		if ((rc = spool_row(q)) != SQLITE_ROW)
			break;
		row = (uint64_t)sqlite3_column_int64(q, 0);
		sqlite3_reset(q);
	} while (is_pending(s, endpoint, row));
	if (rc == SQLITE_ROW || rc == SQLITE_DONE)
		spool_trust(s, SPOOL_LOOKING);
	if (rc == SQLITE_ROW)
		return row;
	if (rc != SQLITE_DONE)
		spool_fail(s, rc, SPOOL_LOOKING);
	return 0;
}

/* The row that q is at, or NULL where it is not what was put in. */
static struct payload *
restore(sqlite3_stmt *q)
{
	unsigned char digest[SPOOL_HASH];
	struct payload *payload = payload_restore(sqlite3_column_blob(q, 5),
	    (size_t)sqlite3_column_bytes(q, 5),
	    (uint32_t)sqlite3_column_int64(q, 2), sqlite3_column_int64(q, 3),
	    (const char *)sqlite3_column_text(q, 4));

	if (payload == NULL)
		return NULL;
	spool_rows_digest(payload, digest);
	if (sqlite3_column_bytes(q, 6) == SPOOL_HASH &&
	    memcmp(sqlite3_column_blob(q, 6), digest, SPOOL_HASH) == 0)
		return payload;
	payload_unref(payload);
	return NULL;
}

/* What the row holds is not what was put in; the others may be in order. */
static void
drop_damaged(struct spool *s, uint64_t row)
{
	int rc;

	s->doubt = SPOOL_IDLE;
	if (!spool_is_writable(s))
		return;
	if ((rc = spool_begin_work(s, false, 0)) == SQLITE_OK)
		rc = spool_rows_drop(s, row, LOSS_DAMAGE);
	if (rc == SQLITE_OK)
		s->now.dropped++;
	if (spool_finish_work(s, rc, SPOOL_DROPPING) == 0)
		log_warnx(
		    "spool %s: a payload is damaged, and dropped", s->path);
}

static struct payload *
load(struct spool *s, uint64_t row)
{
	struct payload *payload = NULL;
	sqlite3_stmt *q;
	int rc;

	if (s->state == SPOOL_CLOSED)
		return NULL;
	q = spool_stmt(s, SQL_LOAD);
	sqlite3_bind_int64(q, 1, (sqlite3_int64)row);
	if ((rc = spool_row(q)) == SQLITE_ROW) {
		payload = restore(q);
		sqlite3_reset(q);
		if (payload == NULL && s->doubt == SPOOL_READING) {
			drop_damaged(s, row);
			return NULL;
		}
		rc = payload != NULL ? SQLITE_OK : SQLITE_CORRUPT;
	} else if (rc == SQLITE_DONE)
		rc = SQLITE_CORRUPT; /* somebody is owed it */
	if (payload == NULL) {
		spool_fail(s, rc, SPOOL_READING);
		return NULL;
	}
	spool_trust(s, SPOOL_READING);
	payload->row = row;
	return payload;
}

struct payload *
spool_load(struct spool *s, uint64_t row)
{
	struct payload *payload = load(s, row);

	return payload == NULL && s->doubt != SPOOL_IDLE ? load(s, row)
							 : payload;
}
