/* SPDX-License-Identifier: ISC
 *
 * What becomes of the spool when the disk fails: damage is set aside and the
 * spool begins anew, want of room is waited out with what is there still
 * readable, and anything else closes the spool until it is tried again.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "spool_private.h"

static const char *const names[] = {
	[SPOOL_IDLE] = "",
	[SPOOL_MATCHING] = "noting the endpoints",
	[SPOOL_WRITING] = "writing",
	[SPOOL_LOOKING] = "looking for what is owed",
	[SPOOL_READING] = "reading",
	[SPOOL_COUNTING] = "counting an attempt",
	[SPOOL_SETTLING] = "taking out what was delivered",
	[SPOOL_DROPPING] = "dropping what is old",
};

void
spool_complain(struct spool *s, const char *what)
{
	uint64_t now = clock_mono_ns();

	snprintf(
	    s->trouble, sizeof(s->trouble), "spool %.100s: %s", s->path, what);
	if (strcmp(s->complaint, what) == 0 &&
	    now - s->complained < LIMIT_COMPLAINT * CLOCK_NS_PER_S)
		return;
	snprintf(s->complaint, sizeof(s->complaint), "%s", what);
	s->complained = now;
	log_warnx("spool %s: %s; what comes is kept in memory", s->path, what);
}

void
spool_works_again(struct spool *s)
{
	if (s->complaint[0] != '\0')
		log_info("spool %s: works again", s->path);
	s->trouble[0] = s->complaint[0] = '\0';
}

void
spool_close(struct spool *s, unsigned retry_s)
{
	spool_rollback(s);
	if (s->db != NULL)
		spool_db_close(s);
	if (s->dir != -1)
		close(s->dir);
	s->dir = -1;
	s->state = SPOOL_CLOSED;
	s->retry_at = clock_mono_ns() + retry_s * CLOCK_NS_PER_S;
}

/* The files get another name, and everything that was in them is lost. */
static void
set_aside(struct spool *s)
{
	char name[128], text[256];

	s->doubt = SPOOL_IDLE;
	spool_rollback(s);
	spool_db_close(s);
	if (spool_dir_set_aside(s->dir, clock_wall_ms(), name, sizeof(name)) ==
	    -1) {
		spool_complain(s, name);
		spool_close(s, LIMIT_SPOOL_RETRY);
		return;
	}
	snprintf(text, sizeof(text),
	    "it is damaged: set aside as %s, with what it held", name);
	spool_complain(s, text);
	spool_close(s, 0);
}

static bool
is_damage(int rc)
{
	switch (rc & 0xff) {
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_ERROR: /* tables that are not as ours are */
	case SQLITE_SCHEMA:
	case SQLITE_CONSTRAINT:
	case SQLITE_MISMATCH:
		return true;
	default:
		return false;
	}
}

/* A quota is a full disk to us, and an I/O error to SQLite. */
static bool
is_full(struct spool *s, int rc)
{
	return (rc & 0xff) == SQLITE_FULL ||
	    ((rc & 0xff) == SQLITE_IOERR && s->db != NULL &&
		sqlite3_system_errno(s->db) == EDQUOT);
}

static void
put_in_words(struct spool *s, int rc, const char *work, char *text, size_t size)
{
	int number = s->db != NULL ? sqlite3_system_errno(s->db) : 0;

	snprintf(text, size, "%s: %s%s%s", work, sqlite3_errstr(rc),
	    number != 0 ? ": " : "", number != 0 ? strerror(number) : "");
}

void
spool_trust(struct spool *s, enum spool_work work)
{
	if (s->doubt == work)
		s->doubt = SPOOL_IDLE;
}

/* A disk that gives an error, or something wrong, once: SQLite takes it for
 * damage. The file is opened anew, and damaged if it is found so again. */
static void
doubt(struct spool *s, enum spool_work work, const char *text)
{
	spool_complain(s, text);
	s->doubt = work;
	spool_close(s, 0);
	spool_open(s);
}

void
spool_fail(struct spool *s, int rc, enum spool_work work)
{
	char text[256];

	put_in_words(s, rc, names[work], text, sizeof(text));
	if (is_damage(rc) && s->doubt == SPOOL_IDLE) {
		doubt(s, work, text);
		return;
	}
	if (is_damage(rc)) {
		set_aside(s);
		if (s->retry_at <= clock_mono_ns())
			spool_open(s);
		return;
	}
	spool_complain(s, text);
	if (!is_full(s, rc)) {
		spool_close(s, LIMIT_SPOOL_RETRY);
		return;
	}
	spool_room_refused(s);
	spool_rollback(s);
	s->state = SPOOL_FULL;
	s->retry_at = clock_mono_ns() + CLOCK_NS_PER_S;
}

static int
match_and_note(struct spool *s)
{
	int rc = spool_begin(s, false);

	if (rc == SQLITE_OK)
		rc = spool_db_match_endpoints(s);
	if (rc == SQLITE_OK) {
		s->before = s->now; /* the lines are as they are there */
		rc = spool_ledger_audit(s);
	}
	return rc == SQLITE_OK ? spool_commit(s) : rc;
}

int
spool_match(struct spool *s)
{
	int rc = match_and_note(s);

	if (is_full(s, rc)) {
		/* What waits there can be sent all the same. */
		spool_rollback(s);
		rc = spool_db_find_endpoints(s);
		if (rc == SQLITE_OK)
			rc = spool_ledger_audit(s);
		if (rc == SQLITE_OK)
			spool_ledger_note(s);
	}
	if (rc != SQLITE_OK)
		return rc;
	spool_ledger_conclude(s);
	spool_trust(s, SPOOL_MATCHING);
	return rc;
}

static bool
open_dir(struct spool *s)
{
	struct stat st;
	char why[200], text[256];

	if (spool_dir_open(s->path, &s->dir, why, sizeof(why)) == 0 &&
	    spool_ledger_open(s, why, sizeof(why)) == 0)
		return true;
	if (lstat(s->path, &st) == -1 && errno == ENOENT)
		spool_ledger_lose_all(s);
	snprintf(text, sizeof(text), "not used: %s", why);
	spool_complain(s, text);
	spool_close(s, LIMIT_SPOOL_RETRY);
	return false;
}

void
spool_open(struct spool *s)
{
	int rc = SQLITE_CORRUPT, tries;
	char text[256];

	/* As it is, once more, and without what is damaged. */
	for (tries = 0; tries < 3 && is_damage(rc); tries++) {
		if (tries == 1)
			spool_close(s, 0);
		if (tries == 2)
			set_aside(s);
		if (!open_dir(s))
			return;
		rc = spool_db_open(s);
		if (rc == SQLITE_OK && s->n_endpoints > 0)
			rc = spool_match(s);
	}
	if (rc != SQLITE_OK) {
		put_in_words(s, rc, "opening it", text, sizeof(text));
		if (!s->is_ending)
			spool_complain(s, text);
		spool_close(s, LIMIT_SPOOL_RETRY);
		return;
	}
	s->state = SPOOL_OPEN;
	spool_works_again(s);
}

bool
spool_is_writable(struct spool *s)
{
	uint64_t now = clock_mono_ns();

	if (s->state != SPOOL_OPEN && now < s->retry_at)
		return false;
	if (s->state == SPOOL_OPEN &&
	    !spool_dir_is_in_place(s->path, s->dir, s->inode, s->journal > 0)) {
		spool_complain(s, "somebody has removed it");
		spool_close(s, 0);
	}
	if (s->state == SPOOL_CLOSED)
		spool_open(s);
	return s->state != SPOOL_CLOSED;
}

static int
settle_pending(struct spool *s)
{
	uint32_t i;
	int rc = SQLITE_OK;

	for (i = 0; i < s->n_pending && rc == SQLITE_OK; i++)
		rc = spool_rows_settle(
		    s, s->pending[i].endpoint, s->pending[i].row);
	return rc;
}

int
spool_begin_work(struct spool *s, bool sync, int64_t need)
{
	int rc;

	spool_room_prepare(s, need + LIMIT_SPOOL_OVERHEAD);
	rc = spool_begin(s, sync);
	return rc == SQLITE_OK ? settle_pending(s) : rc;
}

int
spool_finish_work(struct spool *s, int rc, enum spool_work work)
{
	if (rc == SQLITE_OK)
		rc = spool_commit(s);
	if (rc != SQLITE_OK) {
		spool_fail(s, rc, work);
		return -1;
	}
	s->n_pending = 0;
	spool_trust(s, work);
	if (s->state == SPOOL_FULL) {
		s->state = SPOOL_OPEN;
		spool_works_again(s);
	}
	return 0;
}
