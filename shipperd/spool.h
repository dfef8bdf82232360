/* SPDX-License-Identifier: ISC
 *
 * What is owed, on disk: an SQLite database in a directory of its own. A row
 * is one payload; it goes when every endpoint it is owed to has answered.
 * One sync for each snapshot that is put in, none for what is taken out: a
 * kill never brings back what was settled, a power cut may.
 *
 * No trouble of the disk is the caller's: what cannot be put in stays with
 * the caller, what cannot be taken out is remembered and taken out later. The
 * spool says what is wrong, tries again by itself, and sets a damaged file
 * aside.
 */
#ifndef SHIPPERD_SPOOL_H
#define SHIPPERD_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/limits.h"
#include "loss.h"

struct payload;
struct spool;

/* An endpoint as the spool knows it over restarts. Borrowed. */
struct spool_name {
	const char *url;
	const char *api_key; /* goes into a salted digest, never to disk */
};

struct spool_stats {
	uint64_t payloads;
	uint64_t bytes;   /* of payloads */
	uint64_t dropped; /* since the start, that somebody still wanted, and
			     debts of endpoints that are gone */
};

/* Full payloads in memory only. */
struct spool_memory {
	uint64_t payloads;
	uint64_t owed[LIMIT_ENDPOINTS]; /* of them, to each endpoint */
};

/* What one endpoint is owed. */
struct spool_debt {
	uint64_t payloads;
	uint64_t bytes;
	int64_t age_ms; /* of the oldest, 0 for none */
};

/*
 * As root, while the program still is: makes the directory for the user who
 * will own it, where there is none yet. Returns 0, or -1 with errno set.
 */
int spool_make_dir(const char *path, uid_t uid, gid_t gid);

/* A spool in the directory `path`, opened if that is possible now. Never
 * NULL; spool_trouble() says whether it works. spool_free() closes it. */
struct spool *spool_new(const char *path, int64_t max_bytes, int max_age_s);
void spool_free(struct spool *spool); /* NULL is fine */

const char *spool_path(const struct spool *spool);

/* bytes of disk, s */
void spool_set_bounds(struct spool *spool, int64_t max_bytes, int max_age_s);

/*
 * Who the endpoints 0 .. n-1 are from now on. One with the address and key,
 * or else with the address, of a former one takes over what that is owed;
 * what is owed to those that are left over is given up, little by little.
 */
void spool_set_endpoints(
    struct spool *spool, const struct spool_name *names, unsigned n);

/* Bytes of payloads that are not too many for one put. */
size_t spool_batch(const struct spool *spool);

/*
 * Puts the payloads in, owed to the set of each (payload.owed), and gives each
 * its row. `stamp` names the newest of their snapshots, 0: as before. Returns 0
 * when they are on disk, synced; -1 when none of them is.
 */
int spool_put(struct spool *spool, struct payload *const *payloads, uint32_t n,
    uint64_t stamp);

/*
 * What is in memory only, where a kill takes it: it is noted on disk, as far
 * as the disk takes notes, and counted as lost by the next start.
 */
void spool_note_memory(struct spool *spool, const struct spool_memory *memory);

/*
 * Whether rows were lost since the last time: those above *above up to *last.
 * Who has one of them in memory counts it as found, for each endpoint that
 * wants it, and may put it in again.
 */
bool spool_has_lost(struct spool *spool, uint64_t *above, uint64_t *last);
void spool_count_found(struct spool *spool, uint32_t owed);

/* The stamp of the last put that is on disk, 0 for none. */
uint64_t spool_stamp(const struct spool *spool);

/* The row of the oldest payload that the endpoint is owed, 0 for none or when
 * it cannot be told now. */
uint64_t spool_oldest(struct spool *spool, unsigned endpoint);

/* Reads a row. Returns a reference of the caller's, or NULL when it is not
 * there or cannot be read now. */
struct payload *spool_load(struct spool *spool, uint64_t row);

/* The endpoint is through with the row; it need not be there any more. */
void spool_settle(struct spool *spool, unsigned endpoint, uint64_t row);

/* The endpoint has tried the row once more. */
void spool_count_attempt(struct spool *spool, unsigned endpoint, uint64_t row);

/* Time passes: what is too old goes, what failed is tried again. Call each
 * second. */
void spool_tick(struct spool *spool);

void spool_get_stats(const struct spool *spool, struct spool_stats *out);
void spool_get_debt(
    struct spool *spool, unsigned endpoint, struct spool_debt *out);

/* What was dropped so far for want of room or for its age is in the log: else
 * the next start counts and says it. */
void spool_said_losses(struct spool *spool);

/* What the endpoint lost here. */
const struct losses *spool_losses(const struct spool *spool, unsigned endpoint);

/* What would be tried later is tried at once. */
void spool_try(struct spool *spool);

/* What is wrong with it, in words; "" while it works. */
const char *spool_trouble(const struct spool *spool);

#endif
