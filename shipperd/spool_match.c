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

/* Digest of salt, address and key; the key is left out when NULL. */
static void
digest(const struct spool *s, const char *url, const char *key,
    unsigned char out[SPOOL_HASH])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	if (ctx == NULL || !EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) ||
	    !EVP_DigestUpdate(ctx, s->salt, SPOOL_SALT) ||
	    !EVP_DigestUpdate(ctx, url, strlen(url) + 1) ||
	    (key != NULL && !EVP_DigestUpdate(ctx, key, strlen(key))) ||
	    !EVP_DigestFinal_ex(ctx, out, NULL))
		fatalx("SHA-256 does not work");
	EVP_MD_CTX_free(ctx);
}

/* Finds the line by name, or by address, among those that are nobody's yet,
 * and makes it the endpoint's. */
static int
take_line(struct spool *s, unsigned i, bool by_name)
{
	static const char *const find[] = {
		"SELECT id, rows, bytes FROM endpoint "
		"WHERE url = ?1 AND current = 0 ORDER BY id LIMIT 1",
		"SELECT id, rows, bytes FROM endpoint "
		"WHERE name = ?1 AND current = 0 LIMIT 1",
	};
	struct spool_endpoint *e = &s->now.endpoints[i];
	sqlite3_stmt *q;
	int rc = sqlite3_prepare_v2(s->db, find[by_name], -1, &q, NULL);

	if (rc != SQLITE_OK)
		return rc;
	sqlite3_bind_blob(q, 1,
	    by_name ? s->who[i].name_hash : s->who[i].url_hash, SPOOL_HASH,
	    SQLITE_STATIC);
	rc = sqlite3_step(q);
	if (rc == SQLITE_ROW) {
		e->id = sqlite3_column_int64(q, 0);
		e->rows = (uint64_t)sqlite3_column_int64(q, 1);
		e->bytes = (uint64_t)sqlite3_column_int64(q, 2);
	}
	sqlite3_finalize(q);
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

int
spool_db_match_endpoints(struct spool *s)
{
	unsigned i, pass;
	int rc = sqlite3_exec(
	    s->db, "UPDATE endpoint SET current = 0", NULL, NULL, NULL);

	for (i = 0; i < s->n_endpoints; i++) {
		digest(
		    s, s->who[i].url, s->who[i].api_key, s->who[i].name_hash);
		digest(s, s->who[i].url, NULL, s->who[i].url_hash);
		s->now.endpoints[i].id = 0;
		s->now.endpoints[i].rows = s->now.endpoints[i].bytes = 0;
	}
	for (pass = 0; pass < 2; pass++)
		for (i = 0; i < s->n_endpoints && rc == SQLITE_OK; i++)
			if (s->now.endpoints[i].id == 0)
				rc = take_line(s, i, pass == 0);
	for (i = 0; i < s->n_endpoints && rc == SQLITE_OK; i++)
		if (s->now.endpoints[i].id == 0)
			rc = add_line(s, i);
	return rc;
}
