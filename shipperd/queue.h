/* SPDX-License-Identifier: ISC
 *
 * What is still owed to whom. Each payload is kept once, with the set of
 * endpoints that still want it, and is gone when the last of them has
 * answered. Bounded by snapshots and bytes: past a bound the oldest whole
 * snapshot goes and is counted. Kept in memory; callers see nothing of that.
 */
#ifndef SHIPPERD_QUEUE_H
#define SHIPPERD_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct payload;
struct queue;

/* Totals since the start. */
struct queue_stats {
	uint64_t payloads; /* waiting now */
	uint64_t bytes;    /* waiting now */
	uint64_t dropped;  /* payloads that somebody still wanted */
};

struct queue *queue_new(uint32_t max_snapshots, size_t max_bytes);
void queue_free(struct queue *queue);

/* The bounds of a new configuration. */
void queue_set_bounds(
    struct queue *queue, uint32_t max_snapshots, size_t max_bytes);

/*
 * Adds the n > 0 payloads of one snapshot, owed to each of the set
 * `endpoints`. Takes over the references. `expires` is when they are not
 * worth sending any more, in ns of CLOCK_MONOTONIC; 0 is never.
 */
void queue_put(struct queue *queue, struct payload **payloads, uint32_t n,
    uint32_t endpoints, uint64_t expires);

/*
 * What the endpoint should send now: the rest of the snapshot it has begun;
 * else the newest full one, so that the view is never stale; else real
 * time; else the oldest of the backlog. Borrowed: who keeps it, takes a
 * reference. NULL when nothing is owed.
 */
struct payload *queue_next(struct queue *queue, unsigned endpoint);

/* The endpoint is through with the payload, which it need not be there any
 * more. */
void queue_settle(
    struct queue *queue, unsigned endpoint, struct payload *payload);

/* The endpoint could not deliver: what it has begun has no precedence any
 * more, so that a payload that fails each time does not hide newer ones. */
void queue_put_back(struct queue *queue, unsigned endpoint);

/* Drops what has expired by `now`. */
void queue_expire(struct queue *queue, uint64_t now);

/* New numbers for the endpoints: old number i becomes map[i], or, at -1, is
 * owed nothing any more (counted as dropped). */
void queue_renumber(struct queue *queue, const int *map, unsigned n);

void queue_get_stats(const struct queue *queue, struct queue_stats *out);

/* Payloads dropped that the endpoint still wanted. */
uint64_t queue_dropped(const struct queue *queue, unsigned endpoint);

#endif
