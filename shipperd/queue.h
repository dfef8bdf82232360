/* SPDX-License-Identifier: ISC
 *
 * What is still owed to whom, and what goes next. Each payload is kept once,
 * with the set of endpoints that still want it, and is gone when the last of
 * them has answered. Full snapshots are put into the spool at once; memory
 * holds the newest one, those that are being sent, real time, and what the
 * spool cannot take. The bounds here are those of memory: past one the oldest
 * whole snapshot goes and is counted.
 */
#ifndef SHIPPERD_QUEUE_H
#define SHIPPERD_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loss.h"

struct payload;
struct queue;
struct spool;

/* Totals; the counters since the start. */
struct queue_stats {
	uint64_t payloads; /* waiting now, on disk or in memory */
	uint64_t bytes;    /* of them */
	uint64_t dropped;  /* payloads that somebody still wanted */
};

/* What one endpoint is owed, and what it lost. */
struct queue_debt {
	uint64_t payloads;
	uint64_t bytes;
	int64_t age_ms; /* of the oldest on disk, 0 for none */
	struct losses losses;
};

struct queue *queue_new(uint32_t max_snapshots, size_t max_bytes);
void queue_free(struct queue *queue); /* not the spool */

/* Where full snapshots are put from now on; borrowed, NULL: in memory. What is
 * in memory as well as in the former one is taken along. */
void queue_set_spool(struct queue *queue, struct spool *spool);

/* The bounds of a new configuration. */
void queue_set_bounds(
    struct queue *queue, uint32_t max_snapshots, size_t max_bytes);

/* Bytes per second of the backlog for each endpoint; 0: as they come. */
void queue_set_rate(struct queue *queue, uint64_t bytes);

/*
 * Adds the n > 0 payloads of one snapshot, owed to each of the set
 * `endpoints`. Takes over the references. `expires` is when they are not
 * worth sending any more, in ns of CLOCK_MONOTONIC; 0 is never. `stamp` names
 * the snapshot in the spool.
 */
void queue_put(struct queue *queue, struct payload **payloads, uint32_t n,
    uint32_t endpoints, uint64_t expires, uint64_t stamp);

/*
 * What the endpoint should send now: the rest of the newest snapshot that it
 * has begun; else the newest full one, so that the view is never stale; else
 * real time; else the oldest of the backlog, at its rate. Borrowed: who keeps
 * it, takes a reference. NULL when nothing is owed, or not yet: then *wait_ms
 * says when it is time to ask again, 0 for never.
 */
struct payload *queue_next(
    struct queue *queue, unsigned endpoint, uint64_t now, unsigned *wait_ms);

/* The endpoint is through with the payload, which it need not be there any
 * more. */
void queue_settle(
    struct queue *queue, unsigned endpoint, struct payload *payload);

/* The endpoint could not deliver: what it has begun has no precedence any
 * more, so that a payload that fails each time does not hide newer ones. */
void queue_put_back(
    struct queue *queue, unsigned endpoint, const struct payload *payload);

/* Drops what has expired by `now`. */
void queue_expire(struct queue *queue, uint64_t now);

/* Tells the spool what is in memory only; call it when the bounds or the
 * endpoints' numbers have changed, here and there. */
void queue_note(struct queue *queue);

/* Does what the spool has to do as time passes, and puts in what it could not
 * take before. Call each second, and once in the end. */
void queue_tick(struct queue *queue);

/* New numbers for the endpoints: old number i becomes map[i], or, at -1, is
 * owed nothing any more (counted as dropped). The spool's are its own. */
void queue_renumber(struct queue *queue, const int *map, unsigned n);

void queue_get_stats(const struct queue *queue, struct queue_stats *out);
void queue_get_losses(
    const struct queue *queue, unsigned endpoint, struct losses *out);
void queue_get_debt(
    const struct queue *queue, unsigned endpoint, struct queue_debt *out);

#endif
