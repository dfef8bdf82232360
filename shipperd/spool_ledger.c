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
	if (n != sizeof(*l) && !s->ledger_fails)
		log_warnx("spool %s: " FILE_NAME
			  ": %s; what a kill takes will not be known",
		    s->path, n == -1 ? strerror(errno) : "a part is written");
	s->ledger_fails = n != sizeof(*l);
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
		log_warn("spool %s: " FILE_NAME, s->path);
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
	spool_ledger_count_memory(s);
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

/* The endpoint's line in the ledger, or NULL. */
static struct spool_ledger_line *
find_line(struct spool *s, unsigned endpoint)
{
	static const unsigned char nobody[SPOOL_HASH];
	struct spool_ledger_line *l;
	unsigned char name[SPOOL_HASH];
	unsigned i;

	spool_hash_endpoint(s->ledger.salt, s->who[endpoint].url,
	    s->who[endpoint].api_key, name);
	for (i = 0; i < LIMIT_ENDPOINTS; i++) {
		l = &s->ledger.lines[i];
		if (memcmp(l->name, name, SPOOL_HASH) == 0)
			return l;
		if (memcmp(l->name, nobody, SPOOL_HASH) == 0) {
			memcpy(l->name, name, SPOOL_HASH);
			return l;
		}
	}
	return NULL;
}

void
spool_ledger_count_memory(struct spool *s)
{
	struct spool_ledger_line *l;
	unsigned i;

	if (!s->is_former || s->n_endpoints == 0)
		return;
	if (s->ledger.in_memory > 0)
		log_warnx("%llu payloads were in memory only when shipperd "
			  "ended, and are lost",
		    (unsigned long long)s->ledger.in_memory);
	for (i = 0; i < s->n_endpoints; i++)
		if ((l = find_line(s, i)) != NULL)
			s->now.endpoints[i]
			    .losses.n[LOSS_MEMORY] += l->in_memory;
	s->now.dropped += s->ledger.in_memory;
	for (i = 0; i < LIMIT_ENDPOINTS; i++)
		s->ledger.lines[i].in_memory = 0;
	s->ledger.in_memory = 0;
}

void
spool_note_memory(struct spool *s, const struct spool_memory *memory)
{
	struct spool_ledger_line *l;
	unsigned i;

	if (memcmp(&s->memory, memory, sizeof(*memory)) == 0)
		return;
	s->memory = *memory;
	s->ledger.in_memory = memory->payloads;
	for (i = 0; i < s->n_endpoints; i++)
		if ((l = find_line(s, i)) != NULL)
			l->in_memory = memory->owed[i];
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
		l->lines[i].rows = s->now.endpoints[i].rows;
		l->lines[i].in_memory = s->memory.owed[i];
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
	uint64_t rows = least(s->ledger.rows, gap);
	struct spool_ledger_line *l;
	unsigned i;

	for (i = 0; i < s->n_endpoints; i++)
		if ((l = find_line(s, i)) != NULL)
			s->now.endpoints[i].losses.n[LOSS_DAMAGE] += least(
			    l->rows, gap);
	s->now.dropped += rows;
	if (rows > 0)
		log_warnx("spool %s: %llu payloads that should be there are "
			  "lost",
		    s->path, (unsigned long long)rows);
}

int
spool_ledger_audit(struct spool *s)
{
	const struct spool_ledger *l = &s->ledger;
	bool same = memcmp(s->salt, l->salt, SPOOL_SALT) == 0;
	uint64_t row = s->now.last_row;

	if (!s->knows_ledger || l->last_row == 0)
		return SQLITE_OK;
	/* Within a life a commit that seemed to fail, and did not: the caller
	 * has it still. A former life may have ended before it was noted. */
	if (same && row > l->last_row && !s->is_former) {
		s->now.stamp = l->stamp;
		return spool_rows_take_back(s, l->last_row);
	}
	if (same && row >= l->last_row)
		return SQLITE_OK;
	count_lost(s, same ? l->last_row - row : UINT64_MAX);
	s->lost_above = !same ? 0
	    : s->has_lost     ? least(s->lost_above, row)
			      : row;
	s->lost_last = l->last_row;
	s->has_lost = true;
	if (!same)
		s->n_pending = 0;
	/* Its numbers are not given again: rows are under way. */
	if (row < l->last_row)
		s->now.last_row = l->last_row;
	return SQLITE_OK;
}
