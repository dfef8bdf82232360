/* SPDX-License-Identifier: ISC
 *
 * Rows, within a transaction that spool.c has begun.
 */
#include <openssl/evp.h>
#include <string.h>

#include "common/log.h"
#include "payload.h"
#include "spool_private.h"

static void
take_off(uint64_t *total, uint64_t n)
{
	*total -= n < *total ? n : *total;
}

void
spool_rows_digest(const struct payload *payload, unsigned char out[SPOOL_HASH])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	if (ctx == NULL || !EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) ||
	    !EVP_DigestUpdate(
		ctx, &payload->containers, sizeof(payload->containers)) ||
	    !EVP_DigestUpdate(
		ctx, &payload->wall_ms, sizeof(payload->wall_ms)) ||
	    !EVP_DigestUpdate(ctx, payload->request_id, PAYLOAD_REQUEST_ID) ||
	    !EVP_DigestUpdate(ctx, payload->data, payload->len) ||
	    !EVP_DigestFinal_ex(ctx, out, NULL))
		fatalx("SHA-256 does not work");
	EVP_MD_CTX_free(ctx);
}

static int
put_debt(struct spool *s, unsigned endpoint, const struct payload *payload)
{
	struct spool_endpoint *e = &s->now.endpoints[endpoint];
	sqlite3_stmt *q = spool_stmt(s, SQL_PUT_DEBT);

	sqlite3_bind_int64(q, 1, e->id);
	sqlite3_bind_int64(q, 2, (sqlite3_int64)payload->row);
	e->rows++;
	e->bytes += payload->len;
	return spool_run(q);
}

int
spool_rows_put(struct spool *s, struct payload *payload)
{
	sqlite3_stmt *q = spool_stmt(s, SQL_PUT_PAYLOAD);
	unsigned char digest[SPOOL_HASH];
	unsigned i;
	int rc;

	spool_rows_digest(payload, digest);
	payload->row = ++s->now.last_row;
	sqlite3_bind_int64(q, 1, (sqlite3_int64)payload->row);
	sqlite3_bind_int64(q, 2, (sqlite3_int64)s->now.last_snapshot);
	sqlite3_bind_int64(q, 3, payload->type);
	sqlite3_bind_int64(q, 4, payload->containers);
	sqlite3_bind_int64(q, 5, payload->wall_ms);
	sqlite3_bind_int64(q, 6, spool_clock_now(&s->clock));
	sqlite3_bind_text(q, 7, payload->request_id, -1, SQLITE_STATIC);
	sqlite3_bind_int64(q, 8, (sqlite3_int64)payload->len);
	sqlite3_bind_blob(q, 9, digest, sizeof(digest), SQLITE_STATIC);
	sqlite3_bind_blob64(q, 10, payload->data, payload->len, SQLITE_STATIC);
	rc = spool_run(q);
	s->now.rows++;
	s->now.bytes += payload->len;
	for (i = 0; i < s->n_endpoints && rc == SQLITE_OK; i++)
		if (payload->owed & 1u << i)
			rc = put_debt(s, i, payload);
	return rc;
}

/* bytes of a row's payload; a debt without a payload is damage. */
static int
row_bytes(struct spool *s, uint64_t row, uint64_t *bytes)
{
	sqlite3_stmt *q = spool_stmt(s, SQL_ROW);
	int rc;

	sqlite3_bind_int64(q, 1, (sqlite3_int64)row);
	rc = spool_row(q);
	if (rc != SQLITE_ROW)
		return rc == SQLITE_DONE ? SQLITE_CORRUPT : rc;
	*bytes = (uint64_t)sqlite3_column_int64(q, 1);
	sqlite3_reset(q);
	return SQLITE_OK;
}

static int
delete_payload(struct spool *s, uint64_t row, uint64_t bytes)
{
	sqlite3_stmt *q = spool_stmt(s, SQL_DELETE_PAYLOAD);

	sqlite3_bind_int64(q, 1, (sqlite3_int64)row);
	take_off(&s->now.rows, 1);
	take_off(&s->now.bytes, bytes);
	return spool_run(q);
}

/* Takes one debt out; *was says whether there was one. */
static int
delete_debt(struct spool *s, int64_t id, uint64_t row, bool *was)
{
	sqlite3_stmt *q = spool_stmt(s, SQL_DELETE_DEBT);
	int rc;

	sqlite3_bind_int64(q, 1, id);
	sqlite3_bind_int64(q, 2, (sqlite3_int64)row);
	rc = spool_run(q);
	*was = rc == SQLITE_OK && sqlite3_changes(s->db) > 0;
	return rc;
}

/* Deletes a payload that nobody is owed any more. */
static int
delete_if_free(struct spool *s, uint64_t row, uint64_t bytes)
{
	sqlite3_stmt *q = spool_stmt(s, SQL_IS_OWED);
	int rc;

	sqlite3_bind_int64(q, 1, (sqlite3_int64)row);
	rc = spool_row(q);
	sqlite3_reset(q);
	if (rc == SQLITE_DONE)
		return delete_payload(s, row, bytes);
	return rc == SQLITE_ROW ? SQLITE_OK : rc;
}

int
spool_rows_settle(struct spool *s, unsigned endpoint, uint64_t row)
{
	struct spool_endpoint *e = &s->now.endpoints[endpoint];
	uint64_t bytes = 0;
	bool was;
	int rc = delete_debt(s, e->id, row, &was);

	if (rc != SQLITE_OK || !was)
		return rc;
	if ((rc = row_bytes(s, row, &bytes)) != SQLITE_OK)
		return rc;
	take_off(&e->rows, 1);
	take_off(&e->bytes, bytes);
	return delete_if_free(s, row, bytes);
}

int
spool_rows_take_back(struct spool *s, uint64_t above)
{
	sqlite3_stmt *q;
	unsigned i;
	int rc;

	for (;;) {
		q = spool_stmt(s, SQL_NEXT_PAYLOAD);
		sqlite3_bind_int64(q, 1, (sqlite3_int64)above);
		if ((rc = spool_row(q)) != SQLITE_ROW)
			return rc == SQLITE_DONE ? SQLITE_OK : rc;
		above = (uint64_t)sqlite3_column_int64(q, 0);
		sqlite3_reset(q);
		for (i = 0; i < s->n_endpoints; i++)
			if ((rc = spool_rows_settle(s, i, above)) != SQLITE_OK)
				return rc;
	}
}

/* Takes out what former endpoints are owed of a row. Their lines go on telling
 * how much it is, as one of them may come back. */
static int
delete_former_debts(struct spool *s, uint64_t row, uint64_t bytes)
{
	sqlite3_stmt *q = spool_stmt(s, SQL_TAKE_OFF_FORMER);
	int rc;

	sqlite3_bind_int64(q, 1, (sqlite3_int64)row);
	sqlite3_bind_int64(q, 2, (sqlite3_int64)bytes);
	if ((rc = spool_run(q)) != SQLITE_OK)
		return rc;
	q = spool_stmt(s, SQL_DELETE_FORMER_DEBTS);
	sqlite3_bind_int64(q, 1, (sqlite3_int64)row);
	return spool_run(q);
}

int
spool_rows_drop(struct spool *s, uint64_t row, enum loss why)
{
	struct spool_endpoint *e;
	uint64_t bytes = 0;
	unsigned i;
	bool was;
	int rc = row_bytes(s, row, &bytes);

	for (i = 0; i < s->n_endpoints && rc == SQLITE_OK; i++) {
		e = &s->now.endpoints[i];
		rc = delete_debt(s, e->id, row, &was);
		if (!was)
			continue;
		take_off(&e->rows, 1);
		take_off(&e->bytes, bytes);
		e->losses.n[why]++;
	}
	if (rc == SQLITE_OK)
		rc = delete_former_debts(s, row, bytes);
	return rc == SQLITE_OK ? delete_payload(s, row, bytes) : rc;
}

struct oldest {
	uint64_t row;
	int64_t snapshot;
	int64_t born_ms;
};

static int
find_oldest(struct spool *s, struct oldest *out)
{
	sqlite3_stmt *q = spool_stmt(s, SQL_OLDEST_PAYLOAD);
	int rc = spool_row(q);

	if (rc != SQLITE_ROW)
		return rc;
	out->row = (uint64_t)sqlite3_column_int64(q, 0);
	out->snapshot = sqlite3_column_int64(q, 1);
	out->born_ms = sqlite3_column_int64(q, 2);
	sqlite3_reset(q);
	return rc;
}

int
spool_rows_drop_oldest(struct spool *s, enum loss why)
{
	struct oldest first, next;
	int rc = find_oldest(s, &first);

	if (rc != SQLITE_ROW)
		return rc;
	next = first;
	do {
		if ((rc = spool_rows_drop(s, next.row, why)) != SQLITE_OK)
			return rc;
		s->now.dropped++;
		rc = find_oldest(s, &next);
	} while (rc == SQLITE_ROW && next.snapshot == first.snapshot);
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int
spool_rows_drop_old(struct spool *s)
{
	int64_t limit = spool_clock_now(&s->clock) - s->max_age_ms;
	struct oldest oldest;
	unsigned i;
	int rc = SQLITE_OK;

	for (i = 0; i < LIMIT_SPOOL_BATCH && rc == SQLITE_OK; i++) {
		rc = find_oldest(s, &oldest);
		if (rc != SQLITE_ROW || oldest.born_ms >= limit)
			return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK
								     : rc;
		rc = spool_rows_drop_oldest(s, LOSS_AGE);
	}
	return rc;
}

int
spool_rows_drop_abandoned(struct spool *s, unsigned most)
{
	sqlite3_stmt *q;
	uint64_t row, bytes = 0;
	int rc = SQLITE_OK;

	for (; most > 0 && rc == SQLITE_OK; most--) {
		q = spool_stmt(s, SQL_ABANDONED);
		if ((rc = spool_row(q)) != SQLITE_ROW)
			break;
		row = (uint64_t)sqlite3_column_int64(q, 0);
		sqlite3_reset(q);
		if ((rc = row_bytes(s, row, &bytes)) == SQLITE_OK &&
		    (rc = delete_former_debts(s, row, bytes)) == SQLITE_OK) {
			s->now.abandoned += (uint64_t)sqlite3_changes(s->db);
			rc = delete_if_free(s, row, bytes);
		}
	}
	if (rc != SQLITE_DONE)
		return rc;
	if (s->now.abandoned > s->said_abandoned)
		log_warnx("spool %s: %llu payloads were owed to endpoints that "
			  "are not configured any more, and are given up",
		    s->path,
		    (unsigned long long)(s->now.abandoned - s->said_abandoned));
	s->said_abandoned = s->now.abandoned;
	/* Nothing is left of them. */
	return sqlite3_exec(
	    s->db, "DELETE FROM endpoint WHERE current = 0", NULL, NULL, NULL);
}
