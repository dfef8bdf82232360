/* SPDX-License-Identifier: ISC
 *
 * The inside of the spool, for spool.c and spool_read.c (what callers ask),
 * spool_trouble.c (what failure means), spool_ledger.c (what ought to be there),
 * spool_room.c (room on the disk), spool_check.c (damage that SQLite does not
 * see), spool_match.c (endpoints), spool_rows.c (rows), spool_db.c (statements
 * and transactions), spool_tables.c (the database and its tables), spool_dir.c
 * (the directory and its files) and spool_clock.c (ages).
 */
#ifndef SHIPPERD_SPOOL_PRIVATE_H
#define SHIPPERD_SPOOL_PRIVATE_H

#include <sqlite3.h>

#include "common/limits.h"
#include "spool.h"

#define SPOOL_FILE "spool.db"
#define SPOOL_PAGE 4096
#define SPOOL_SALT 16 /* bytes */
#define SPOOL_HASH 32 /* bytes */
#define SPOOL_BOOT 40 /* bytes of a boot id with its NUL */

/*
 * Time that passes for rows: it neither steps with the wall clock nor starts
 * again with the machine. While the machine is off the wall clock has to do,
 * as long as it goes forward.
 */
struct spool_clock {
	int64_t age_ms;        /* of the spool, when the rest was noted */
	char boot[SPOOL_BOOT]; /* which boot that was; "" unknown */
	int64_t boot_ms;       /* CLOCK_BOOTTIME then */
	int64_t wall_ms;       /* wall clock then */
};

/* An endpoint's line in the database. */
struct spool_endpoint {
	int64_t id; /* 0: none yet */
	uint64_t rows;
	uint64_t bytes;
	struct losses losses; /* this and the next: in memory only */
	uint64_t said;        /* of those for room and age: in the log */
};

/* What a transaction changes; rolled back with it. */
struct spool_totals {
	uint64_t last_row;
	uint64_t last_snapshot;
	uint64_t stamp;
	uint64_t rows;
	uint64_t bytes;
	uint64_t dropped;   /* payloads that somebody still wanted */
	uint64_t abandoned; /* debts of endpoints that are gone */
	struct spool_endpoint endpoints[LIMIT_ENDPOINTS];
};

/* What the ledger's file holds, in this machine's byte order. */
struct spool_ledger_line {
	unsigned char name[SPOOL_HASH]; /* all zero: a free line */
	unsigned char url[SPOOL_HASH];
	uint64_t rows;
	uint64_t in_memory;
	uint64_t unsaid; /* dropped, and not in the log yet */
};

struct spool_ledger {
	char magic[8];
	unsigned char salt[SPOOL_SALT]; /* of the database */
	uint64_t last_row;
	uint64_t stamp;
	uint64_t rows;
	uint64_t in_memory;
	struct spool_ledger_line lines[LIMIT_ENDPOINTS];
	unsigned char digest[SPOOL_HASH]; /* of all before */
};

/* What an audit has found missing. */
struct spool_gap {
	bool is_there;
	bool is_all;    /* the database is another one */
	uint64_t rows;  /* at most so many payloads */
	uint64_t above; /* those beyond this row, */
	uint64_t last;  /* up to that one */
};

enum spool_state {
	SPOOL_CLOSED, /* tried again at spool.retry_at */
	SPOOL_OPEN,
	SPOOL_FULL, /* open, for reading; writing is tried at retry_at */
};

/* What it is at, for the log. */
enum spool_work {
	SPOOL_IDLE,
	SPOOL_MATCHING,
	SPOOL_WRITING,
	SPOOL_LOOKING,
	SPOOL_READING,
	SPOOL_COUNTING,
	SPOOL_SETTLING,
	SPOOL_DROPPING,
};

/* Prepared statements. */
enum spool_stmt {
	SQL_BEGIN,
	SQL_COMMIT,
	SQL_ROLLBACK,
	SQL_PUT_PAYLOAD,
	SQL_PUT_DEBT,
	SQL_OLDEST_DEBT,
	SQL_LOAD,
	SQL_DELETE_DEBT,
	SQL_TAKE_OFF_FORMER,
	SQL_DELETE_FORMER_DEBTS,
	SQL_IS_OWED,
	SQL_IS_DEBT,
	SQL_DELETE_PAYLOAD,
	SQL_OLDEST_PAYLOAD,
	SQL_NEXT_PAYLOAD,
	SQL_ATTEMPT,
	SQL_ROW,
	SQL_ABANDONED,
	SQL_SAVE_STATE,
	SQL_SAVE_ENDPOINT,
	SQL_PAGES,
	SQL_FREE_PAGES,
	SQL_STATEMENTS
};

/* Settled, but not on disk yet. */
struct spool_pending {
	unsigned endpoint;
	uint64_t row;
};

struct spool {
	char *path; /* owned */
	int64_t max_bytes;
	int64_t max_age_ms;

	enum spool_state state;
	int dir;     /* the directory, locked; -1 while closed */
	sqlite3 *db; /* NULL while closed */
	sqlite3_stmt *stmts[SQL_STATEMENTS];
	ino_t inode;            /* of the database's file */
	bool is_ending;         /* closed for good, after what is pending */
	bool synced;            /* commits are synced now */
	int journal;            /* pages in the write-ahead log */
	uint64_t paused_until;  /* ns of CLOCK_MONOTONIC: nothing is put in */
	uint64_t ample_until;   /* the disk has room */
	uint64_t refused_until; /* it has none, whatever it says */
	bool in_progress;       /* a transaction has begun */
	uint64_t retry_at;      /* ns of CLOCK_MONOTONIC */
	char trouble[256];      /* for the status, with the path */
	char complaint[256];    /* the last one in the log */
	uint64_t complained;    /* ns of CLOCK_MONOTONIC */

	enum spool_work doubt; /* met damage, that may have been a slip */

	int ledger_fd;     /* locked; -1: there is none */
	bool ledger_fails; /* it could not be written */
	bool knows_ledger; /* the ledger is read, or ours */
	bool is_former;    /* it is of a former life */
	struct spool_ledger ledger;
	struct spool_memory memory; /* as noted last */
	struct spool_gap gap;       /* of an audit that is not committed */
	bool has_lost;              /* and nobody has asked yet */
	uint64_t lost_above;        /* rows beyond this one, */
	uint64_t lost_last;         /* up to that one */
	uint64_t said_abandoned;    /* in the log */

	struct spool_clock clock;
	unsigned char salt[SPOOL_SALT];
	struct spool_totals now, before; /* before the transaction */
	struct {
		char *url; /* owned, as api_key */
		char *api_key;
		unsigned char name_hash[SPOOL_HASH]; /* of both */
		unsigned char url_hash[SPOOL_HASH];
	} who[LIMIT_ENDPOINTS];
	unsigned n_endpoints;

	struct spool_pending *pending; /* owned, LIMIT_SPOOL_PENDING */
	uint32_t n_pending;
};

/*
 * spool_dir.c. All return 0, or -1 with the reason in why.
 */

/* Opens and locks the directory, which must be our own and hold nothing but
 * our own files; makes it where there is none. */
int spool_dir_open(const char *path, int *dir, char *why, size_t size);
/* Renames the database's files after the time `stamp` ("2026..."), and
 * removes the oldest of such beyond LIMIT_SPOOL_ASIDE. */
int spool_dir_set_aside(int dir, int64_t wall_ms, char *why, size_t size);
/* Whether the database's file is still the one with that inode, in the
 * directory that is at the path, and its log, if it has one, beside it. */
bool spool_dir_is_in_place(
    const char *path, int dir, ino_t inode, bool has_log);
/* The sizes of the database's file and its log, 0 where they are not there. */
void spool_dir_sizes(int dir, int64_t *database, int64_t *log);
/* Bytes that may still be written on that file system. */
int64_t spool_dir_free_bytes(int dir);

/*
 * spool_tables.c.
 */

/* Opens the database in the locked directory, makes or checks its tables, and
 * reads totals and clock. Returns SQLITE_OK or what is wrong. */
int spool_db_open(struct spool *s);
void spool_db_close(struct spool *s);

/* spool_check.c: whether the database holds those tables, nothing else, and no
 * contradiction. SQLITE_CORRUPT when not, or what went wrong. */
int spool_db_check(sqlite3 *db, const char *const *tables, unsigned n);

/*
 * spool_db.c. Statements return SQLite's codes.
 */

/* A statement with its parameters unbound; spool_run() steps one that gives no
 * row, spool_row() one that gives at most one: SQLITE_ROW, then the caller
 * resets it, or SQLITE_DONE. */
sqlite3_stmt *spool_stmt(struct spool *s, enum spool_stmt which);
int spool_run(sqlite3_stmt *stmt);
int spool_row(sqlite3_stmt *stmt);
/* Begins; with `sync` the commit will be synced. */
int spool_begin(struct spool *s, bool sync);
/* Saves totals and clock with it. */
int spool_commit(struct spool *s);
/* Totals are as before, too. */
void spool_rollback(struct spool *s);
/* spool_match.c: brings the endpoints of `who` and their lines together. An
 * SQLite code. */
int spool_db_match_endpoints(struct spool *s);
/* The same where nothing can be written: SQLITE_FULL when they are not all
 * there already. Lines of other endpoints wait. */
int spool_db_find_endpoints(struct spool *s);

/* Digest of salt, address and key; the key is left out when NULL. */
void spool_hash_endpoint(const unsigned char salt[SPOOL_SALT], const char *url,
    const char *key, unsigned char out[SPOOL_HASH]);

/*
 * spool_ledger.c.
 */

/* Opens the ledger in the open directory, and reads it when that is the first
 * time. Returns -1 with the reason when the spool must not be used. */
int spool_ledger_open(struct spool *s, char *why, size_t size);
void spool_ledger_close(struct spool *s);
/* Counts what a former life had in memory only, or had dropped and not said,
 * once the endpoints are known. */
void spool_ledger_count_former(struct spool *s);
/* Before a commit that drops something, as its end may not be seen, and when it
 * is in the log. */
void spool_ledger_note_drops(struct spool *s);
/* Notes what there is after a commit. */
void spool_ledger_note(struct spool *s);
/* The directory is gone, and all that was in it. */
void spool_ledger_lose_all(struct spool *s);
/* With the endpoints' lines at hand: counts what ought to be there and is not,
 * and, within a transaction, takes out what was said not to be. An SQLite
 * code. */
int spool_ledger_audit(struct spool *s);
/* After that: what was found counts. */
void spool_ledger_conclude(struct spool *s);

/*
 * spool_rows.c: within a transaction. They return SQLite's codes.
 */
int spool_rows_put(struct spool *s, struct payload *payload);
/* Of all that is sent of a payload: SQLite does not tell whether a body is the
 * one that was put in. */
void spool_rows_digest(
    const struct payload *payload, unsigned char out[SPOOL_HASH]);
int spool_rows_settle(struct spool *s, unsigned endpoint, uint64_t row);
/* Takes out the rows above that one, as if they had never been put in. */
int spool_rows_take_back(struct spool *s, uint64_t above);
/* Drops a row, for all that want it. */
int spool_rows_drop(struct spool *s, uint64_t row, enum loss why);
/* Drops the oldest whole snapshot; SQLITE_DONE when there is none. */
int spool_rows_drop_oldest(struct spool *s, enum loss why);
/* Drops the snapshots that are past the bound of age. */
int spool_rows_drop_old(struct spool *s);
/* Takes out up to `most` rows that only former endpoints are owed. */
int spool_rows_drop_abandoned(struct spool *s, unsigned most);

/*
 * spool_room.c.
 */

/* After a commit: puts a long log into its place. */
void spool_room_tend(struct spool *s);
/* Before a transaction that writes `need` bytes: the same where the disk is
 * short. */
void spool_room_prepare(struct spool *s, int64_t need);
/* The disk has refused to take something: where it says that it has room,
 * there is a quota, and it is not asked for a while. */
void spool_room_refused(struct spool *s);
/* Within it: drops the oldest until so many more bytes fit in below the bound,
 * and onto the disk. An SQLite code. */
int spool_room_make(struct spool *s, int64_t need);
/* Bytes of the database that hold something. */
int64_t spool_room_used(struct spool *s);
/* Makes the file smaller by up to `pages` that hold nothing. */
int spool_room_shrink(struct spool *s, int pages);

/*
 * spool_trouble.c.
 */

/* Says in the log, once in a while, and in the status what is wrong. */
void spool_complain(struct spool *s, const char *what);
/* The opposite, where something was said. */
void spool_works_again(struct spool *s);
/* Opens it if that is possible now, once more after damage was set aside. */
void spool_open(struct spool *s);
/* Closes it; it is tried again in so many seconds. */
void spool_close(struct spool *s, unsigned retry_s);
/* Whether something may be written now; opens it when it is time. */
bool spool_is_writable(struct spool *s);
/* spool_begin() with room for `need` bytes in the log, and takes out what could
 * not be settled before. */
int spool_begin_work(struct spool *s, bool sync, int64_t need);
/* Commits what went well with rc so far, or else fails. Returns 0 or -1. */
int spool_finish_work(struct spool *s, int rc, enum spool_work work);
/* What a failure with SQLite's code means. */
void spool_fail(struct spool *s, int rc, enum spool_work work);
/* That went well: damage that it met before was none. */
void spool_trust(struct spool *s, enum spool_work work);
/* Finds the endpoints in the database that is open. An SQLite code. */
int spool_match(struct spool *s);

/*
 * spool_clock.c.
 */
int64_t spool_clock_now(const struct spool_clock *clock);
/* Notes the age that it is now. */
void spool_clock_note(struct spool_clock *clock);

#endif
