/* SPDX-License-Identifier: ISC
 *
 * Which line of the database is which endpoint's. The configuration may have
 * changed since it was written: a new key for the same address inherits what
 * the old one was owed.
 */
#include <openssl/evp.h>
#include <string.h>

#include "common/log.h"
#include "spool_private.h"

void
spool_hash_endpoint(const unsigned char salt[SPOOL_SALT], const char *url,
    const char *key, unsigned char out[SPOOL_HASH])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	if (ctx == NULL || !EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) ||
	    !EVP_DigestUpdate(ctx, salt, SPOOL_SALT) ||
	    !EVP_DigestUpdate(ctx, url, strlen(url) + 1) ||
	    (key != NULL && !EVP_DigestUpdate(ctx, key, strlen(key))) ||
	    !EVP_DigestFinal_ex(ctx, out, NULL))
		fatalx("SHA-256 does not work");
	EVP_MD_CTX_free(ctx);
}

enum line {
	LINE_OURS,    /* by name, the endpoint's already */
	LINE_NAME,    /* by name, nobody's yet */
	LINE_ADDRESS, /* by address, nobody's yet */
};

/* Reads the endpoint's line: SQLITE_ROW, or SQLITE_DONE for none. */
static int
find_line(struct spool *s, unsigned i, enum line which)
{
	static const char *const find[] = {
		[LINE_OURS] = "SELECT id, rows, bytes FROM endpoint "
			      "WHERE name = ?1 AND current = 1 LIMIT 1",
		[LINE_NAME] = "SELECT id, rows, bytes FROM endpoint "
			      "WHERE name = ?1 AND current = 0 LIMIT 1",
		[LINE_ADDRESS] =
		    "SELECT id, rows, bytes FROM endpoint "
		    "WHERE url = ?1 AND current = 0 ORDER BY id LIMIT 1",
	};
	struct spool_endpoint *e = &s->now.endpoints[i];
	sqlite3_stmt *q;
	int rc = sqlite3_prepare_v2(s->db, find[which], -1, &q, NULL);

	if (rc != SQLITE_OK)
		return rc;
	sqlite3_bind_blob(q, 1,
	    which == LINE_ADDRESS ? s->who[i].url_hash : s->who[i].name_hash,
	    SPOOL_HASH, SQLITE_STATIC);
	rc = sqlite3_step(q);
	if (rc == SQLITE_ROW) {
		e->id = sqlite3_column_int64(q, 0);
		e->rows = (uint64_t)sqlite3_column_int64(q, 1);
		e->bytes = (uint64_t)sqlite3_column_int64(q, 2);
	}
	sqlite3_finalize(q);
	return rc;
}

/* Finds a line that is nobody's yet, and makes it the endpoint's. */
static int
take_line(struct spool *s, unsigned i, enum line which)
{
	struct spool_endpoint *e = &s->now.endpoints[i];
	sqlite3_stmt *q;
	int rc = find_line(s, i, which);

	if (rc != SQLITE_ROW)
		return rc == SQLITE_DONE ? SQLITE_OK : rc;
	rc = sqlite3_prepare_v2(s->db,
	    "UPDATE endpoint SET current = 1, name = ?2 WHERE id = ?1", -1, &q,
	    NULL);
	if (rc != SQLITE_OK)
		return rc;
	sqlite3_bind_int64(q, 1, e->id);
	sqlite3_bind_blob(q, 2, s->who[i].name_hash, SPOOL_HASH, SQLITE_STATIC);
	rc = spool_run(q);
	sqlite3_finalize(q);
	return rc;
}

static int
add_line(struct spool *s, unsigned i)
{
	sqlite3_stmt *q;
	int rc = sqlite3_prepare_v2(s->db,
	    "INSERT INTO endpoint(current, name, url, rows, bytes) "
	    "VALUES(1, ?1, ?2, 0, 0)",
	    -1, &q, NULL);

	if (rc != SQLITE_OK)
		return rc;
	sqlite3_bind_blob(q, 1, s->who[i].name_hash, SPOOL_HASH, SQLITE_STATIC);
	sqlite3_bind_blob(q, 2, s->who[i].url_hash, SPOOL_HASH, SQLITE_STATIC);
	rc = spool_run(q);
	sqlite3_finalize(q);
	s->now.endpoints[i].id = sqlite3_last_insert_rowid(s->db);
	return rc;
}

/* A line says how much is owed. One that says nothing is damage where something
 * is. */
static int
check_line(struct spool *s, unsigned i)
{
	struct spool_endpoint *e = &s->now.endpoints[i];
	sqlite3_stmt *q;
	int rc = sqlite3_prepare_v2(s->db,
	    "SELECT 1 FROM debt WHERE endpoint = ?1 LIMIT 1", -1, &q, NULL);

	if (rc != SQLITE_OK)
		return rc;
	sqlite3_bind_int64(q, 1, e->id);
	rc = sqlite3_step(q);
	sqlite3_finalize(q);
	if (rc == SQLITE_DONE)
		e->rows = e->bytes = 0;
	else if (rc == SQLITE_ROW && e->rows == 0)
		return SQLITE_CORRUPT;
	return rc == SQLITE_DONE || rc == SQLITE_ROW ? SQLITE_OK : rc;
}

/* As the configuration and the database's salt say. */
static void
name_endpoints(struct spool *s)
{
	unsigned i;

	for (i = 0; i < s->n_endpoints; i++) {
		spool_hash_endpoint(s->salt, s->who[i].url, s->who[i].api_key,
		    s->who[i].name_hash);
		spool_hash_endpoint(
		    s->salt, s->who[i].url, NULL, s->who[i].url_hash);
		s->now.endpoints[i].id = 0;
		s->now.endpoints[i].rows = s->now.endpoints[i].bytes = 0;
	}
}

int
spool_db_match_endpoints(struct spool *s)
{
	enum line which;
	unsigned i;
	int rc = sqlite3_exec(
	    s->db, "UPDATE endpoint SET current = 0", NULL, NULL, NULL);

	name_endpoints(s);
	for (which = LINE_NAME; which <= LINE_ADDRESS; which++)
		for (i = 0; i < s->n_endpoints && rc == SQLITE_OK; i++)
			if (s->now.endpoints[i].id == 0)
				rc = take_line(s, i, which);
	for (i = 0; i < s->n_endpoints && rc == SQLITE_OK; i++)
		rc = s->now.endpoints[i].id == 0 ? add_line(s, i)
						 : check_line(s, i);
	return rc;
}

int
spool_db_find_endpoints(struct spool *s)
{
	unsigned i;
	int rc = SQLITE_ROW;

	name_endpoints(s);
	for (i = 0; i < s->n_endpoints && rc == SQLITE_ROW; i++)
		rc = find_line(s, i, LINE_OURS);
	return rc == SQLITE_ROW ? SQLITE_OK
	    : rc == SQLITE_DONE ? SQLITE_FULL
				: rc;
}
