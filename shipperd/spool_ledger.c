/* SPDX-License-Identifier: ISC
 *
 * The ledger: a file beside the database that says what the database ought to
 * hold, and what is in memory only. By it a start can tell that a log has lost
 * its end, that the database is another one now, and what a kill has taken.
 * It is written in place, so that a full disk takes it too, and never synced:
 * a kill leaves it exact, a power cut leaves one that promises less.
 */
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/log.h"
#include "spool_private.h"

#define FILE_NAME "spool.ledger"

static const char magic[8] = "ddledg1";

static void
digest_ledger(const struct spool_ledger *l, unsigned char out[SPOOL_HASH])
{
	if (!EVP_Digest(l, offsetof(struct spool_ledger, digest), out, NULL,
		EVP_sha256(), NULL))
		fatalx("SHA-256 does not work");
}

/* What a former life has left; anything else says nothing. */
static void
read_file(struct spool *s)
{
	struct spool_ledger *l = &s->ledger;
	unsigned char digest[SPOOL_HASH];

	if (pread(s->ledger_fd, l, sizeof(*l), 0) == sizeof(*l) &&
	    memcmp(l->magic, magic, sizeof(magic)) == 0) {
		digest_ledger(l, digest);
		s->is_former = memcmp(l->digest, digest, SPOOL_HASH) == 0;
	}
	if (!s->is_former)
		memset(l, 0, sizeof(*l));
	s->knows_ledger = true;
}

/* Once, until it works again. */
static void
complain(struct spool *s, const char *why)
{
	if (!s->ledger_fails)
		log_warnx("spool %s: " FILE_NAME
			  ": %s; what a kill takes will not be known",
		    s->path, why);
	s->ledger_fails = true;
}

static void
write_file(struct spool *s)
{
	struct spool_ledger *l = &s->ledger;
	ssize_t n;

	if (s->ledger_fd == -1)
		return;
	memcpy(l->magic, magic, sizeof(magic));
	digest_ledger(l, l->digest);
	n = pwrite(s->ledger_fd, l, sizeof(*l), 0);
	if (n != sizeof(*l))
		complain(s, n == -1 ? strerror(errno) : "a part is written");
	else
		s->ledger_fails = false;
}

/* The file is the one that is in the directory. */
static bool
is_in_place(const struct spool *s)
{
	struct stat ours, there;

	return s->ledger_fd != -1 && fstat(s->ledger_fd, &ours) == 0 &&
	    fstatat(s->dir, FILE_NAME, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
	    ours.st_ino == there.st_ino && ours.st_dev == there.st_dev;
}

/* Returns -1 when it is not ours, with why; a disk that does not give it is no
 * reason to do without a spool. */
static int
open_file(struct spool *s, char *why, size_t size)
{
	int fd = openat(s->dir, FILE_NAME,
	    O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	struct stat st;

	if (fd == -1 && errno != ELOOP && errno != EISDIR) {
		complain(s, strerror(errno));
		return 0;
	}
	if (fd == -1 || fstat(fd, &st) == -1 || !S_ISREG(st.st_mode) ||
	    st.st_uid != geteuid() || st.st_nlink != 1) {
		snprintf(
		    why, size, FILE_NAME " is not a plain file of our own");
		if (fd != -1)
			close(fd);
		return -1;
	}
	if (flock(fd, LOCK_EX | LOCK_NB) == -1 && errno == EWOULDBLOCK) {
		snprintf(why, size, "another shipperd has it");
		close(fd);
		return -1;
	}
	s->ledger_fd = fd;
	return 0;
}

int
spool_ledger_open(struct spool *s, char *why, size_t size)
{
	if (is_in_place(s))
		return 0;
	spool_ledger_close(s);
	if (open_file(s, why, size) == -1)
		return -1;
	if (s->ledger_fd != -1 && !s->knows_ledger)
		read_file(s);
	spool_ledger_count_former(s);
	write_file(s); /* has its place on disk from now on */
	return 0;
}

void
spool_ledger_close(struct spool *s)
{
	if (s->ledger_fd != -1)
		close(s->ledger_fd);
	s->ledger_fd = -1;
}

static bool
is_nobody(const struct spool_ledger_line *line)
{
	static const unsigned char nobody[SPOOL_HASH];

	return memcmp(line->name, nobody, SPOOL_HASH) == 0;
}

/* The line by name or by address, among those that are not taken; a new one
 * for want of it; NULL when there is none left. */
static struct spool_ledger_line *
find_line(struct spool_ledger *l, const unsigned char *name,
    const unsigned char *url, uint32_t taken)
{
	struct spool_ledger_line *line;
	unsigned i;

	for (i = 0; i < LIMIT_ENDPOINTS; i++) {
		line = &l->lines[i];
		if (taken & 1u << i)
			continue;
		if ((name != NULL &&
			memcmp(line->name, name, SPOOL_HASH) == 0) ||
		    (url != NULL && memcmp(line->url, url, SPOOL_HASH) == 0) ||
		    (name == NULL && url == NULL && is_nobody(line)))
			return line;
	}
	return NULL;
}

/* The endpoints' lines, found as those of the database are: by address and key,
 * then by address, or else new. NULL where there is no room for another. */
static void
find_lines(struct spool *s, struct spool_ledger_line *out[LIMIT_ENDPOINTS])
{
	unsigned char hash[2][LIMIT_ENDPOINTS][SPOOL_HASH];
	struct spool_ledger *l = &s->ledger;
	uint32_t taken = 0;
	unsigned i, pass;

	for (i = 0; i < LIMIT_ENDPOINTS; i++)
		out[i] = NULL;
	for (i = 0; i < s->n_endpoints; i++) {
		spool_hash_endpoint(
		    l->salt, s->who[i].url, s->who[i].api_key, hash[0][i]);
		spool_hash_endpoint(l->salt, s->who[i].url, NULL, hash[1][i]);
	}
	for (pass = 0; pass < 3; pass++)
		for (i = 0; i < s->n_endpoints; i++) {
			if (out[i] != NULL)
				continue;
			out[i] = find_line(l, pass == 0 ? hash[0][i] : NULL,
			    pass == 1 ? hash[1][i] : NULL, taken);
			if (out[i] == NULL)
				continue;
			taken |= 1u << (out[i] - l->lines);
			memcpy(out[i]->name, hash[0][i], SPOOL_HASH);
			memcpy(out[i]->url, hash[1][i], SPOOL_HASH);
		}
}

void
spool_ledger_count_former(struct spool *s)
{
	struct spool_ledger_line *lines[LIMIT_ENDPOINTS];
	struct losses *losses;
	unsigned i;

	if (!s->is_former || s->n_endpoints == 0)
		return;
	if (s->ledger.in_memory > 0)
		log_warnx("%llu payloads were in memory only when shipperd "
			  "ended, and are lost",
		    (unsigned long long)s->ledger.in_memory);
	find_lines(s, lines);
	for (i = 0; i < s->n_endpoints; i++) {
		if (lines[i] == NULL)
			continue;
		losses = &s->now.endpoints[i].losses;
		losses->n[LOSS_MEMORY] += lines[i]->in_memory;
		losses->n[LOSS_ROOM] += lines[i]->unsaid;
	}
	s->now.dropped += s->ledger.in_memory;
	for (i = 0; i < LIMIT_ENDPOINTS; i++)
		s->ledger.lines[i].in_memory = s->ledger.lines[i].unsaid = 0;
	s->ledger.in_memory = 0;
}

void
spool_note_memory(struct spool *s, const struct spool_memory *memory)
{
	struct spool_ledger_line *lines[LIMIT_ENDPOINTS];
	unsigned i;

	if (memcmp(&s->memory, memory, sizeof(*memory)) == 0)
		return;
	s->memory = *memory;
	s->ledger.in_memory = memory->payloads;
	find_lines(s, lines);
	for (i = 0; i < s->n_endpoints; i++)
		if (lines[i] != NULL)
			lines[i]->in_memory = memory->owed[i];
	write_file(s);
}

static uint64_t
unsaid(const struct spool_endpoint *e)
{
	return e->losses.n[LOSS_ROOM] + e->losses.n[LOSS_AGE] - e->said;
}

void
spool_ledger_note_drops(struct spool *s)
{
	struct spool_ledger_line *lines[LIMIT_ENDPOINTS];
	unsigned i;

	find_lines(s, lines);
	for (i = 0; i < s->n_endpoints; i++)
		if (lines[i] != NULL)
			lines[i]->unsaid = unsaid(&s->now.endpoints[i]);
	write_file(s);
}

void
spool_ledger_note(struct spool *s)
{
	struct spool_ledger *l = &s->ledger;
	unsigned i;

	if (s->n_endpoints == 0)
		return; /* whose lines they are is not known yet */
	memset(l, 0, sizeof(*l));
	memcpy(l->salt, s->salt, SPOOL_SALT);
	l->last_row = s->now.last_row;
	l->stamp = s->now.stamp;
	l->rows = s->now.rows;
	l->in_memory = s->memory.payloads;
	for (i = 0; i < s->n_endpoints; i++) {
		memcpy(l->lines[i].name, s->who[i].name_hash, SPOOL_HASH);
		memcpy(l->lines[i].url, s->who[i].url_hash, SPOOL_HASH);
		l->lines[i].rows = s->now.endpoints[i].rows;
		l->lines[i].in_memory = s->memory.owed[i];
		l->lines[i].unsaid = unsaid(&s->now.endpoints[i]);
	}
	s->is_former = false;
	s->knows_ledger = true;
	write_file(s);
}

static uint64_t
least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Of the last `gap` rows. Those that were settled since are not told apart
 * from those that were settled before, so it is the most that can be. */
static void
count_lost(struct spool *s, uint64_t gap)
{
	struct spool_ledger_line *lines[LIMIT_ENDPOINTS];
	unsigned i;

	find_lines(s, lines);
	for (i = 0; i < s->n_endpoints; i++)
		if (lines[i] != NULL)
			s->now.endpoints[i].losses.n[LOSS_DAMAGE] += least(
			    lines[i]->rows, gap);
	s->now.dropped += least(s->ledger.rows, gap);
}

/* Of what is settled and pending: how much the database has not any more. */
static int
count_settled(struct spool *s, uint64_t out[LIMIT_ENDPOINTS])
{
	sqlite3_stmt *q;
	uint32_t i;
	int rc;

	for (i = 0; i < s->n_pending; i++) {
		q = spool_stmt(s, SQL_IS_DEBT);
		sqlite3_bind_int64(
		    q, 1, s->now.endpoints[s->pending[i].endpoint].id);
		sqlite3_bind_int64(q, 2, (sqlite3_int64)s->pending[i].row);
		rc = spool_row(q);
		sqlite3_reset(q);
		if (rc == SQLITE_DONE)
			out[s->pending[i].endpoint]++;
		else if (rc != SQLITE_ROW)
			return rc;
	}
	return SQLITE_OK;
}

/* Within a life: what a commit has done that seemed to fail. Its rows are taken
 * out, as the caller has them still, and what it has dropped is counted. */
static int
undo_commit(struct spool *s)
{
	struct spool_ledger_line *lines[LIMIT_ENDPOINTS];
	uint64_t settled[LIMIT_ENDPOINTS] = { 0 }, have, most = 0;
	unsigned i;
	int rc = SQLITE_OK;

	if (s->now.last_row > s->ledger.last_row) {
		if (!s->in_progress)
			return SQLITE_FULL;
		s->now.stamp = s->ledger.stamp;
		rc = spool_rows_take_back(s, s->ledger.last_row);
	}
	if (rc == SQLITE_OK)
		rc = count_settled(s, settled);
	find_lines(s, lines);
	for (i = 0; i < s->n_endpoints && rc == SQLITE_OK; i++) {
		have = s->now.endpoints[i].rows + settled[i];
		if (lines[i] == NULL || lines[i]->rows <= have)
			continue;
		s->now.endpoints[i].losses.n[LOSS_ROOM] += lines[i]->rows -
		    have;
		if (most < lines[i]->rows - have)
			most = lines[i]->rows - have;
	}
	s->now.dropped += most;
	return rc;
}

int
spool_ledger_audit(struct spool *s)
{
	const struct spool_ledger *l = &s->ledger;
	bool same = memcmp(s->salt, l->salt, SPOOL_SALT) == 0;
	uint64_t row = s->now.last_row;

	s->gap = (struct spool_gap){ 0 };
	if (!s->knows_ledger || (l->last_row == 0 && !same))
		return SQLITE_OK;
	/* A former life may have ended before a commit was noted. */
	if (same && row >= l->last_row)
		return s->is_former ? SQLITE_OK : undo_commit(s);
	if (s->is_ending)
		return SQLITE_ABORT; /* nobody would see the count */
	s->gap = (struct spool_gap){ .is_there = true,
		.is_all = !same,
		.rows = least(l->rows, same ? l->last_row - row : UINT64_MAX),
		.above = same ? row : 0,
		.last = l->last_row };
	count_lost(s, same ? l->last_row - row : UINT64_MAX);
	/* Its numbers are not given again: rows are under way. */
	if (row < l->last_row)
		s->now.last_row = l->last_row;
	return SQLITE_OK;
}

void
spool_ledger_conclude(struct spool *s)
{
	const struct spool_gap *gap = &s->gap;

	if (!gap->is_there)
		return;
	if (gap->rows > 0)
		log_warnx("spool %s: %llu payloads that should be there are "
			  "lost",
		    s->path, (unsigned long long)gap->rows);
	if (gap->is_all)
		s->n_pending = 0;
	s->lost_above = s->has_lost ? least(s->lost_above, gap->above)
				    : gap->above;
	s->lost_last = gap->last;
	s->has_lost = true;
	s->gap = (struct spool_gap){ 0 };
}

void
spool_ledger_lose_all(struct spool *s)
{
	unsigned i;

	if (!s->knows_ledger || s->is_former || s->ledger.rows == 0)
		return;
	s->gap = (struct spool_gap){ .is_there = true,
		.is_all = true,
		.rows = s->ledger.rows,
		.last = s->ledger.last_row };
	count_lost(s, UINT64_MAX);
	s->now.rows = s->now.bytes = 0;
	for (i = 0; i < s->n_endpoints; i++)
		s->now.endpoints[i].rows = s->now.endpoints[i].bytes = 0;
	s->ledger.rows = 0;
	for (i = 0; i < LIMIT_ENDPOINTS; i++)
		s->ledger.lines[i].rows = 0;
	spool_ledger_conclude(s);
}
