/* SPDX-License-Identifier: ISC
 *
 * Statements and transactions.
 */
#include "spool_private.h"

sqlite3_stmt *
spool_stmt(struct spool *s, enum spool_stmt which)
{
	sqlite3_reset(s->stmts[which]);
	sqlite3_clear_bindings(s->stmts[which]);
	return s->stmts[which];
}

int
spool_run(sqlite3_stmt *stmt)
{
	int rc = sqlite3_step(stmt);

	sqlite3_reset(stmt);
	return rc == SQLITE_DONE || rc == SQLITE_ROW ? SQLITE_OK : rc;
}

int
spool_row(sqlite3_stmt *stmt)
{
	int rc = sqlite3_step(stmt);

	if (rc != SQLITE_ROW)
		sqlite3_reset(stmt);
	return rc;
}

int
spool_begin(struct spool *s, bool sync)
{
	int rc = SQLITE_OK;

	if (sync != s->synced)
		rc = sqlite3_exec(s->db,
		    sync ? "PRAGMA synchronous=FULL"
			 : "PRAGMA synchronous=NORMAL",
		    NULL, NULL, NULL);
	if (rc != SQLITE_OK)
		return rc;
	s->synced = sync;
	s->before = s->now;
	rc = spool_run(spool_stmt(s, SQL_BEGIN));
	s->in_progress = rc == SQLITE_OK;
	return rc;
}

static int
save_state(struct spool *s)
{
	sqlite3_stmt *q = spool_stmt(s, SQL_SAVE_STATE);

	spool_clock_note(&s->clock);
	sqlite3_bind_int64(q, 1, (sqlite3_int64)s->now.last_row);
	sqlite3_bind_int64(q, 2, (sqlite3_int64)s->now.last_snapshot);
	sqlite3_bind_int64(q, 3, (sqlite3_int64)s->now.stamp);
	sqlite3_bind_int64(q, 4, (sqlite3_int64)s->now.rows);
	sqlite3_bind_int64(q, 5, (sqlite3_int64)s->now.bytes);
	sqlite3_bind_int64(q, 6, s->clock.age_ms);
	sqlite3_bind_text(q, 7, s->clock.boot, -1, SQLITE_STATIC);
	sqlite3_bind_int64(q, 8, s->clock.boot_ms);
	sqlite3_bind_int64(q, 9, s->clock.wall_ms);
	return spool_run(q);
}

static int
save_endpoints(struct spool *s)
{
	const struct spool_endpoint *e;
	sqlite3_stmt *q;
	unsigned i;
	int rc = SQLITE_OK;

	for (i = 0; i < s->n_endpoints && rc == SQLITE_OK; i++) {
		e = &s->now.endpoints[i];
		if (e->rows == s->before.endpoints[i].rows &&
		    e->bytes == s->before.endpoints[i].bytes)
			continue;
		q = spool_stmt(s, SQL_SAVE_ENDPOINT);
		sqlite3_bind_int64(q, 1, e->id);
		sqlite3_bind_int64(q, 2, (sqlite3_int64)e->rows);
		sqlite3_bind_int64(q, 3, (sqlite3_int64)e->bytes);
		rc = spool_run(q);
	}
	return rc;
}

static int
finish(struct spool *s)
{
	if (s->now.dropped != s->before.dropped)
		spool_ledger_note_drops(s);
	return spool_run(spool_stmt(s, SQL_COMMIT));
}

int
spool_commit(struct spool *s)
{
	int rc;

	if ((rc = save_endpoints(s)) != SQLITE_OK ||
	    (rc = save_state(s)) != SQLITE_OK || (rc = finish(s)) != SQLITE_OK)
		return rc;
	s->in_progress = false;
	spool_ledger_note(s);
	spool_room_tend(s);
	return SQLITE_OK;
}

void
spool_rollback(struct spool *s)
{
	int i;

	if (!s->in_progress)
		return;
	for (i = 0; i < SQL_STATEMENTS; i++)
		sqlite3_reset(s->stmts[i]);
	/* It may have rolled back by itself. */
	if (!sqlite3_get_autocommit(s->db))
		spool_run(spool_stmt(s, SQL_ROLLBACK));
	s->in_progress = false;
	s->now = s->before;
}
