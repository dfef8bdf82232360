/* SPDX-License-Identifier: ISC
 *
 * Whether a database is one of ours and agrees with itself, as far as that can
 * be told in no time: SQLite takes any table, trigger or number for what it
 * says. What a payload holds is compared when it is read.
 */
#include <string.h>

#include "spool_private.h"

/* Each finds something in a database that is damaged. They look at one row of
 * each index that they use, or at tables of a few lines. Numbers are below
 * 2^62. */
static const char *const signs[] = {
	"SELECT 1 FROM state WHERE typeof(last_row) <> 'integer' "
	"OR last_row NOT BETWEEN 0 AND 1 << 62 "
	"OR typeof(last_snapshot) <> 'integer' "
	"OR last_snapshot NOT BETWEEN 0 AND 1 << 62 "
	"OR typeof(rows) <> 'integer' OR rows NOT BETWEEN 0 AND 1 << 62 "
	"OR typeof(bytes) <> 'integer' OR bytes NOT BETWEEN 0 AND 1 << 62 "
	"OR typeof(age_ms) <> 'integer' OR age_ms NOT BETWEEN 0 AND 1 << 62",

	"SELECT 1 FROM endpoint WHERE id NOT BETWEEN 1 AND 1 << 62 "
	"OR typeof(rows) <> 'integer' OR rows NOT BETWEEN 0 AND 1 << 62 "
	"OR typeof(bytes) <> 'integer' OR bytes NOT BETWEEN 0 AND 1 << 62 "
	"OR current NOT IN (0, 1)",

	"SELECT 1 FROM payload WHERE id < 1 LIMIT 1",
	"SELECT 1 FROM payload WHERE id > (SELECT last_row FROM state) LIMIT 1",
	"SELECT 1 FROM state "
	"WHERE (rows > 0) <> EXISTS(SELECT 1 FROM payload)",

	/* Debts of nobody: before, between and behind the endpoints. */
	"SELECT 1 FROM debt WHERE endpoint < "
	"ifnull((SELECT min(id) FROM endpoint), x'ff') LIMIT 1",
	"SELECT 1 FROM endpoint WHERE EXISTS("
	"SELECT 1 FROM debt WHERE debt.endpoint > endpoint.id "
	"AND debt.endpoint < ifnull((SELECT min(next.id) FROM endpoint AS next "
	"WHERE next.id > endpoint.id), x'ff'))",
};

/* The texts of all tables, triggers and so on are those, in their order. */
static int
check_schema(sqlite3 *db, const char *const *tables, unsigned n)
{
	sqlite3_stmt *q;
	const char *text;
	unsigned i = 0;
	int rc = sqlite3_prepare_v2(
	    db, "SELECT sql FROM sqlite_schema ORDER BY rowid", -1, &q, NULL);

	if (rc != SQLITE_OK)
		return rc;
	while ((rc = sqlite3_step(q)) == SQLITE_ROW) {
		text = (const char *)sqlite3_column_text(q, 0);
		if (i == n || text == NULL || strcmp(text, tables[i++]) != 0)
			break;
	}
	sqlite3_finalize(q);
	if (rc != SQLITE_DONE)
		return rc == SQLITE_ROW ? SQLITE_CORRUPT : rc;
	return i == n ? SQLITE_OK : SQLITE_CORRUPT;
}

int
spool_db_check(sqlite3 *db, const char *const *tables, unsigned n)
{
	sqlite3_stmt *q;
	size_t i;
	int rc = check_schema(db, tables, n);

	for (i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		if (rc != SQLITE_OK)
			return rc;
		rc = sqlite3_prepare_v2(db, signs[i], -1, &q, NULL);
		if (rc != SQLITE_OK)
			return rc;
		rc = sqlite3_step(q);
		sqlite3_finalize(q);
		if (rc == SQLITE_ROW)
			return SQLITE_CORRUPT;
		rc = rc == SQLITE_DONE ? SQLITE_OK : rc;
	}
	return rc;
}
