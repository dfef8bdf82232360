/* SPDX-License-Identifier: ISC
 *
 * Opening the database: its settings, its tables, its statements. `payload`
 * holds what is to be sent and `debt` who is owed it, by endpoint, so that the
 * oldest one of each is at hand. Totals are kept in lines of their own: a
 * start costs the same whatever is waiting.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/log.h"
#include "spool_private.h"

#define APPLICATION 0x64647370 /* "ddsp" */
#define VERSION     2          /* of the tables */

#define STRING_(x) #x
#define STRING(x)  STRING_(x)

/* Of a file that is new. They stay, and to say so again would write to it. */
static const char form[] = "PRAGMA page_size=" STRING(
    SPOOL_PAGE) ";"
		"PRAGMA auto_vacuum=INCREMENTAL;";

static const char settings[] =
    "PRAGMA locking_mode=EXCLUSIVE;" /* no shared memory, no second one */
    "PRAGMA journal_mode=WAL;"
    "PRAGMA synchronous=FULL;"
    "PRAGMA wal_autocheckpoint=0;" /* spool_commit() sees to it */
    "PRAGMA cache_size=-" STRING(
	LIMIT_SPOOL_CACHE) ";"
			   "PRAGMA mmap_size=0;"
			   "PRAGMA temp_store=MEMORY;"
			   "PRAGMA secure_delete=FAST;"
			   "PRAGMA cell_size_check=ON;"
			   "PRAGMA trusted_schema=OFF;";

/* As SQLite keeps them, to the letter. */
static const char *const tables[] = {
	"CREATE TABLE payload("
	"id INTEGER PRIMARY KEY," /* in order of arrival, never used again */
	"snapshot INTEGER NOT NULL,"
	"type INTEGER NOT NULL,"
	"containers INTEGER NOT NULL,"
	"wall_ms INTEGER NOT NULL," /* of collection */
	"born_ms INTEGER NOT NULL," /* age of the spool then */
	"request_id TEXT NOT NULL,"
	"bytes INTEGER NOT NULL,"
	"digest BLOB NOT NULL,"
	"body BLOB NOT NULL)",

	"CREATE TABLE debt("
	"endpoint INTEGER NOT NULL,"
	"payload INTEGER NOT NULL,"
	"attempts INTEGER NOT NULL,"
	"PRIMARY KEY(endpoint, payload)) WITHOUT ROWID",

	"CREATE TABLE endpoint("
	"id INTEGER PRIMARY KEY,"
	"current INTEGER NOT NULL," /* it is configured */
	"name BLOB NOT NULL,"       /* digest of address and key */
	"url BLOB NOT NULL,"        /* digest of the address */
	"rows INTEGER NOT NULL,"
	"bytes INTEGER NOT NULL)",

	"CREATE TABLE state("
	"id INTEGER PRIMARY KEY CHECK(id = 1),"
	"salt BLOB NOT NULL,"
	"last_row INTEGER NOT NULL, last_snapshot INTEGER NOT NULL,"
	"stamp INTEGER NOT NULL,"
	"rows INTEGER NOT NULL, bytes INTEGER NOT NULL,"
	"age_ms INTEGER NOT NULL, boot TEXT NOT NULL,"
	"boot_ms INTEGER NOT NULL, wall_ms INTEGER NOT NULL)",
};
#define TABLES (sizeof(tables) / sizeof(tables[0]))

static const char content[] = "INSERT INTO state VALUES(1, randomblob(" STRING(
    SPOOL_SALT) "), 0, 0, 0, 0, 0, 0, '', 0, 0);"
		"PRAGMA application_id=" STRING(
		    APPLICATION) ";"
				 "PRAGMA user_version=" STRING(
				     VERSION) ";"
					      "COMMIT;";

static const char *const sql[SQL_STATEMENTS] = {
	[SQL_BEGIN] = "BEGIN IMMEDIATE",
	[SQL_COMMIT] = "COMMIT",
	[SQL_ROLLBACK] = "ROLLBACK",
	[SQL_PUT_PAYLOAD] =
	    "INSERT INTO payload VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, "
	    "?10)",
	[SQL_PUT_DEBT] = "INSERT INTO debt VALUES(?1, ?2, 0)",
	[SQL_OLDEST_DEBT] = "SELECT payload FROM debt WHERE endpoint = ?1 "
			    "AND payload > ?2 ORDER BY payload LIMIT 1",
	[SQL_LOAD] = "SELECT snapshot, type, containers, wall_ms, request_id, "
		     "body, digest FROM payload WHERE id = ?1",
	[SQL_DELETE_DEBT] =
	    "DELETE FROM debt WHERE endpoint = ?1 AND payload = ?2",
	[SQL_TAKE_OFF_FORMER] =
	    "UPDATE endpoint SET rows = max(rows - 1, 0), "
	    "bytes = max(bytes - ?2, 0) WHERE current = 0 AND EXISTS("
	    "SELECT 1 FROM debt WHERE endpoint = endpoint.id AND payload = ?1)",
	[SQL_DELETE_FORMER_DEBTS] =
	    "DELETE FROM debt WHERE payload = ?1 AND endpoint IN "
	    "(SELECT id FROM endpoint WHERE current = 0)",
	[SQL_IS_OWED] =
	    "SELECT 1 FROM endpoint CROSS JOIN debt ON "
	    "debt.endpoint = endpoint.id AND debt.payload = ?1 LIMIT 1",
	[SQL_IS_DEBT] =
	    "SELECT 1 FROM debt WHERE endpoint = ?1 AND payload = ?2",
	[SQL_DELETE_PAYLOAD] = "DELETE FROM payload WHERE id = ?1",
	[SQL_OLDEST_PAYLOAD] =
	    "SELECT id, snapshot, born_ms FROM payload ORDER BY id LIMIT 1",
	[SQL_NEXT_PAYLOAD] =
	    "SELECT id FROM payload WHERE id > ?1 ORDER BY id LIMIT 1",
	[SQL_ATTEMPT] = "UPDATE debt SET attempts = attempts + 1 "
			"WHERE endpoint = ?1 AND payload = ?2",
	[SQL_ROW] = "SELECT born_ms, bytes FROM payload WHERE id = ?1",
	[SQL_ABANDONED] =
	    "SELECT debt.payload FROM endpoint CROSS JOIN debt "
	    "ON debt.endpoint = endpoint.id WHERE endpoint.current = 0 LIMIT 1",
	[SQL_SAVE_STATE] =
	    "UPDATE state SET last_row = ?1, last_snapshot = ?2, stamp = ?3, "
	    "rows = ?4, bytes = ?5, age_ms = ?6, boot = ?7, boot_ms = ?8, "
	    "wall_ms = ?9",
	[SQL_SAVE_ENDPOINT] =
	    "UPDATE endpoint SET rows = ?2, bytes = ?3 WHERE id = ?1",
	[SQL_PAGES] = "PRAGMA page_count",
	[SQL_FREE_PAGES] = "PRAGMA freelist_count",
};

static int
number_of(sqlite3 *db, const char *text, int64_t *out)
{
	sqlite3_stmt *stmt;
	int rc = sqlite3_prepare_v2(db, text, -1, &stmt, NULL);

	if (rc != SQLITE_OK)
		return rc;
	rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW)
		*out = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	return rc == SQLITE_ROW ? SQLITE_OK
	    : rc == SQLITE_DONE ? SQLITE_CORRUPT
				: rc;
}

static int
make_tables(struct spool *s)
{
	size_t i;
	int rc = sqlite3_exec(s->db, "BEGIN IMMEDIATE", NULL, NULL, NULL);

	for (i = 0; i < TABLES && rc == SQLITE_OK; i++)
		rc = sqlite3_exec(s->db, tables[i], NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(s->db, content, NULL, NULL, NULL);
	return rc;
}

/* Somebody else's database is as good as a damaged one. */
static int
make_or_check_tables(struct spool *s)
{
	int64_t application = 0, version = 0, there = 0;
	int rc;

	if ((rc = number_of(s->db, "PRAGMA application_id", &application)) !=
		SQLITE_OK ||
	    (rc = number_of(s->db, "PRAGMA user_version", &version)) !=
		SQLITE_OK ||
	    (rc = number_of(s->db, "SELECT count(*) FROM sqlite_schema",
		 &there)) != SQLITE_OK)
		return rc;
	if (there == 0)
		return make_tables(s);
	if (application != APPLICATION || version != VERSION)
		return SQLITE_NOTADB;
	return spool_db_check(s->db, tables, TABLES);
}

static int
read_state(struct spool *s)
{
	static const char text[] =
	    "SELECT last_row, last_snapshot, stamp, rows, bytes, age_ms, boot, "
	    "boot_ms, wall_ms, salt FROM state";
	sqlite3_stmt *q;
	const char *boot;
	int rc = sqlite3_prepare_v2(s->db, text, -1, &q, NULL);

	if (rc != SQLITE_OK)
		return rc;
	rc = sqlite3_step(q);
	if (rc == SQLITE_ROW && sqlite3_column_bytes(q, 9) == SPOOL_SALT) {
		s->now.last_row = (uint64_t)sqlite3_column_int64(q, 0);
		s->now.last_snapshot = (uint64_t)sqlite3_column_int64(q, 1);
		s->now.stamp = (uint64_t)sqlite3_column_int64(q, 2);
		s->now.rows = (uint64_t)sqlite3_column_int64(q, 3);
		s->now.bytes = (uint64_t)sqlite3_column_int64(q, 4);
		s->clock.age_ms = sqlite3_column_int64(q, 5);
		boot = (const char *)sqlite3_column_text(q, 6);
		snprintf(s->clock.boot, sizeof(s->clock.boot), "%s",
		    boot != NULL ? boot : "");
		s->clock.boot_ms = sqlite3_column_int64(q, 7);
		s->clock.wall_ms = sqlite3_column_int64(q, 8);
		memcpy(s->salt, sqlite3_column_blob(q, 9), SPOOL_SALT);
		rc = SQLITE_OK;
	} else if (rc == SQLITE_ROW || rc == SQLITE_DONE)
		rc = SQLITE_CORRUPT;
	sqlite3_finalize(q);
	return rc;
}

static int
prepare(struct spool *s)
{
	int i, rc = SQLITE_OK;

	for (i = 0; i < SQL_STATEMENTS && rc == SQLITE_OK; i++)
		rc = sqlite3_prepare_v3(s->db, sql[i], -1,
		    SQLITE_PREPARE_PERSISTENT, &s->stmts[i], NULL);
	return rc;
}

static int
on_wal(void *arg, sqlite3 *db, const char *name, int pages)
{
	struct spool *s = arg;

	(void)db;
	(void)name;
	s->journal = pages;
	return SQLITE_OK;
}

/* The real name of the locked directory: SQLITE_OPEN_NOFOLLOW has none of
 * the links that may stand above it. */
static int
open_file(struct spool *s)
{
	char *real = realpath(s->path, NULL), *file;
	int rc;

	if (real == NULL)
		return SQLITE_CANTOPEN;
	if (asprintf(&file, "%s/" SPOOL_FILE, real) == -1)
		fatalx("out of memory");
	rc = sqlite3_open_v2(file, &s->db,
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOFOLLOW |
		SQLITE_OPEN_NOMUTEX,
	    NULL);
	free(file);
	free(real);
	return rc;
}

static int
apply_settings(struct spool *s)
{
	struct stat st;
	int rc = SQLITE_OK;

	sqlite3_extended_result_codes(s->db, 1);
	if (fstatat(s->dir, SPOOL_FILE, &st, AT_SYMLINK_NOFOLLOW) == -1 ||
	    st.st_size == 0)
		rc = sqlite3_exec(s->db, form, NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(s->db, settings, NULL, NULL, NULL);
	return rc;
}

int
spool_db_open(struct spool *s)
{
	struct stat st;
	mode_t mask = umask(077);
	int rc = open_file(s);

	if (rc == SQLITE_OK) {
		rc = apply_settings(s);
		/* Behind them: wal_autocheckpoint puts a hook of its own there. */
		sqlite3_wal_hook(s->db, on_wal, s);
	}
	umask(mask);
	if (rc == SQLITE_OK)
		rc = make_or_check_tables(s);
	if (rc == SQLITE_OK)
		rc = read_state(s);
	if (rc == SQLITE_OK)
		rc = prepare(s);
	s->synced = true;
	if (rc == SQLITE_OK &&
	    stat(sqlite3_db_filename(s->db, "main"), &st) == 0)
		s->inode = st.st_ino;
	return rc;
}

void
spool_db_close(struct spool *s)
{
	int i;

	for (i = 0; i < SQL_STATEMENTS; i++) {
		sqlite3_finalize(s->stmts[i]);
		s->stmts[i] = NULL;
	}
	sqlite3_close(s->db);
	s->db = NULL;
	s->in_progress = false;
	s->journal = 0;
}
