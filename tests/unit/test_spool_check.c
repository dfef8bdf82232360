/* SPDX-License-Identifier: ISC
 *
 * A database that is not quite ours any more: set aside, with every payload
 * that was in it there or counted, and nothing of it is run.
 */
#include <sqlite3.h>

#include "spool_help.h"

#define ROWS 20

/* What is done to it, as SQL, and whether it is damage. */
static const struct {
	const char *what;
	const char *sql;
	bool is_damage;
} cases[] = {
	{ "nothing", "SELECT 1", false },
	{ "a trigger that takes debts",
	    "CREATE TRIGGER t AFTER INSERT ON payload BEGIN "
	    "DELETE FROM debt; END",
	    true },
	{ "a trigger without an end",
	    "CREATE TRIGGER t BEFORE UPDATE ON endpoint BEGIN "
	    "INSERT INTO payload WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL "
	    "SELECT i FROM n) SELECT * FROM n; END",
	    true },
	{ "a view", "CREATE VIEW v AS SELECT * FROM debt", true },
	{ "an index", "CREATE INDEX i ON debt(payload)", true },
	{ "a table without its key",
	    "PRAGMA writable_schema=ON; UPDATE sqlite_schema SET sql = "
	    "replace(sql, 'id INTEGER PRIMARY KEY,current', "
	    "'id INTEGER PRIMARY$KEY,current')",
	    true },
	{ "a table too few", "DROP TABLE debt", true },
	{ "no state", "DELETE FROM state", true },
	{ "a row that is a word", "UPDATE state SET last_row = 'x'", true },
	{ "a last row far off",
	    "UPDATE state SET last_row = 9223372036854775807", true },
	{ "a last row that has been", "UPDATE state SET last_row = 3", true },
	{ "no rows, it says", "UPDATE state SET rows = 0", true },
	{ "rows below zero", "UPDATE state SET rows = -1", true },
	{ "an age below zero", "UPDATE state SET age_ms = -1", true },
	{ "a payload before the first",
	    "UPDATE payload SET id = -5 WHERE id = 2", true },
	{ "an endpoint that is owed nothing, it says",
	    "UPDATE endpoint SET rows = 0 WHERE id = 2", true },
	{ "an endpoint's rows in words", "UPDATE endpoint SET rows = 'x'",
	    true },
	{ "an endpoint that is neither", "UPDATE endpoint SET current = 7",
	    true },
	{ "a debt of nobody, before",
	    "UPDATE debt SET endpoint = 0 "
	    "WHERE payload = 2 AND endpoint = 1",
	    true },
	{ "a debt of nobody, behind",
	    "UPDATE debt SET endpoint = 9 "
	    "WHERE payload = 2 AND endpoint = 1",
	    true },
	{ "a debt of nobody, between",
	    "UPDATE endpoint SET id = 7 WHERE id = 2; "
	    "UPDATE debt SET endpoint = 7 WHERE endpoint = 2; "
	    "UPDATE debt SET endpoint = 3 WHERE endpoint = 1 AND payload = 2",
	    true },
	{ "no endpoints", "DELETE FROM endpoint", true },
	{ "a debt without a payload", "DELETE FROM payload WHERE id = 1",
	    false }, /* found when it is read */
	{ "too many rows, it says", "UPDATE endpoint SET rows = 99", false },
};

static void
tamper(const char *sql)
{
	char path[96], *why = NULL;
	sqlite3 *db;

	snprintf(path, sizeof(path), "%s/spool.db", dir);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 0, NULL);
	if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
		fail_msg("%s: %s", sql, why);
	sqlite3_close(db);
}

static unsigned
deliver_all(struct spool *s, unsigned endpoint)
{
	struct payload *p;
	unsigned n = 0, i;
	uint64_t row;

	for (i = 0; i < 3 * ROWS; i++) {
		if ((row = spool_oldest(s, endpoint)) == 0)
			continue;
		if ((p = spool_load(s, row)) == NULL)
			continue;
		n++;
		payload_unref(p);
		spool_settle(s, endpoint, row);
	}
	return n;
}

static void
test_tampered(void **state)
{
	struct spool *s;
	unsigned i, j, e, came, failed = 0;
	uint64_t lost;
	bool aside;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		setup(state);
		s = open_spool(MIB, DAY, 2);
		for (j = 1; j <= ROWS; j++)
			put(s, 100, 3, j, NULL);
		spool_free(s);
		tamper(cases[i].sql);
		s = open_spool(MIB, DAY, 2);
		aside = count_files(".damaged-") > 0;
		assert_string_equal(spool_trouble(s), "");
		for (e = 0; e < 2; e++) {
			came = deliver_all(s, e);
			lost = spool_losses(s, e)->n[LOSS_DAMAGE];
			if (aside == cases[i].is_damage &&
			    came + lost >= ROWS && lost <= ROWS)
				continue;
			print_error("%s: endpoint %u: %u came, %u lost, %s\n",
			    cases[i].what, e, came, (unsigned)lost,
			    aside ? "set aside" : "taken");
			failed++;
		}
		spool_free(s);
	}
	assert_int_equal(failed, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tampered),
	};

	RUN_IN_BASE(tests);
}
