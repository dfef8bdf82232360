/* SPDX-License-Identifier: ISC
 *
 * Room for what is put in: below the bound, and on a disk that may be short of
 * it. Each page is written twice, to the log and then, when the log is put
 * into place, to the database; both files keep the size that they have had, so
 * that a spool that may not grow any more lives on what it has.
 */
#include <stdio.h>
#include <sys/stat.h>

#include "common/clock.h"
#include "spool_private.h"

#define FRAME (SPOOL_PAGE + 24) /* bytes of a page in the log */

/* Bytes, below 0 when some are missing. */
struct room {
	int64_t disk;   /* that the files may still grow by, once all that is
			   in the log is in its place */
	int64_t growth; /* of the database by what is in the log */
	int64_t log;    /* that the log may take without getting longer */
};

/* One number, or -1. */
static int64_t
number(sqlite3_stmt *stmt)
{
	int64_t n = -1;

	if (spool_row(stmt) == SQLITE_ROW)
		n = sqlite3_column_int64(stmt, 0);
	sqlite3_reset(stmt);
	return n;
}

static int64_t
above_zero(int64_t n)
{
	return n > 0 ? n : 0;
}

static struct room
measure(struct spool *s)
{
	int64_t pages = number(spool_stmt(s, SQL_PAGES)), database, log;
	struct room room;

	spool_dir_sizes(s->dir, &database, &log);
	room.growth = above_zero(pages * SPOOL_PAGE - database);
	room.log = above_zero(log - (int64_t)s->journal * FRAME);
	room.disk = -room.growth;
	if (clock_mono_ns() >= s->refused_until)
		room.disk += spool_dir_free_bytes(s->dir) - LIMIT_SPOOL_RESERVE;
	return room;
}

/* What the log holds goes into the database and the log begins anew: two
 * syncs. A failure is found again by the next write. */
static void
checkpoint(struct spool *s)
{
	sqlite3_wal_checkpoint_v2(
	    s->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	s->journal = 0;
}

void
spool_room_tend(struct spool *s)
{
	if (s->journal >= (int)(LIMIT_SPOOL_JOURNAL / SPOOL_PAGE))
		checkpoint(s);
}

/* While what is in the log can still be put into its place, and before the log
 * would have to grow where it cannot. */
void
spool_room_prepare(struct spool *s, int64_t need)
{
	uint64_t now = clock_mono_ns();
	struct room room;

	if (now < s->ample_until && need < LIMIT_SPOOL_JOURNAL)
		return;
	room = measure(s);
	if (room.disk > 3 * (int64_t)LIMIT_SPOOL_JOURNAL)
		s->ample_until = now + CLOCK_NS_PER_S;
	if (s->journal > 0 &&
	    ((room.growth > 0 && room.disk < room.growth) ||
		room.disk < need - room.log))
		checkpoint(s);
}

void
spool_room_refused(struct spool *s)
{
	int rc = sqlite3_errcode(s->db) & 0xff; /* ours it does not know */

	s->ample_until = 0;
	if ((rc == SQLITE_FULL || rc == SQLITE_IOERR) &&
	    spool_dir_free_bytes(s->dir) > LIMIT_SPOOL_RESERVE)
		s->refused_until = clock_mono_ns() +
		    LIMIT_COMPLAINT * CLOCK_NS_PER_S;
}

/* Bytes of the database that hold nothing. */
static int64_t
free_bytes(struct spool *s)
{
	return number(spool_stmt(s, SQL_FREE_PAGES)) * SPOOL_PAGE;
}

int
spool_room_make(struct spool *s, int64_t need)
{
	struct room room = measure(s);
	int64_t log = above_zero(need - room.log);
	int64_t bound = s->max_bytes, used = spool_room_used(s);
	bool fits = log == 0 && room.growth == 0 && need <= free_bytes(s);
	int rc = SQLITE_OK;

	if (need > s->max_bytes || (room.disk < log && !fits))
		return SQLITE_FULL;
	if (room.disk < log + need && !fits && used < bound)
		bound = used;
	while (rc == SQLITE_OK && spool_room_used(s) + need > bound) {
		rc = spool_rows_drop_oldest(s, LOSS_ROOM);
		if (rc == SQLITE_DONE)
			return spool_room_used(s) + need > s->max_bytes
			    ? SQLITE_FULL
			    : SQLITE_OK;
	}
	return rc;
}

int64_t
spool_room_used(struct spool *s)
{
	return number(spool_stmt(s, SQL_PAGES)) * SPOOL_PAGE - free_bytes(s);
}

int
spool_room_shrink(struct spool *s, int pages)
{
	char text[64];

	if (number(spool_stmt(s, SQL_FREE_PAGES)) < pages)
		return SQLITE_OK;
	snprintf(text, sizeof(text), "PRAGMA incremental_vacuum(%d)", pages);
	return sqlite3_exec(s->db, text, NULL, NULL, NULL);
}
