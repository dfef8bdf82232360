/* SPDX-License-Identifier: ISC
 *
 * Real time: many may wish for it (shipperd, each viewer), collectord hears
 * one wish. Pure logic; the time is passed in as ns of CLOCK_MONOTONIC. A
 * wish is kept beside the link that made it and dies with it.
 */
#ifndef TAGGERD_REALTIME_H
#define TAGGERD_REALTIME_H

#include <stdbool.h>
#include <stdint.h>

#include "common/schema.h"

/* One wisher's wish; all zero is none. */
struct realtime_wish {
	uint32_t interval; /* s */
	uint64_t until;    /* ns of CLOCK_MONOTONIC, 0: no wish */
};

/* Several wishes taken together; all zero is off. */
struct realtime_sum {
	bool on;
	uint32_t interval; /* s: the smallest */
	uint64_t until;    /* ns of CLOCK_MONOTONIC: the latest */
};

/* What collectord was told last. */
struct realtime {
	struct realtime_sum told;
	uint64_t told_at; /* ns of CLOCK_MONOTONIC */
};

/* Takes a wish from a message. What is out of bounds is brought within
 * them: 2-60 s, at most LIMIT_RT_TTL. `on: false` or no ttl ends it. */
void realtime_wish_take(
    struct realtime_wish *wish, const struct rec_realtime *rec, uint64_t now);

/* Adds a wish to a sum. Returns true if it still holds at `now`. */
bool realtime_sum_add(
    struct realtime_sum *sum, const struct realtime_wish *wish, uint64_t now);

/* Seconds of the sum's lease left at `now`, rounded up; 0 when off. */
uint32_t realtime_left(const struct realtime_sum *sum, uint64_t now);

/*
 * Whether collectord must be told of `sum` now: on a change, each
 * LIMIT_RT_RENEW while it is on, and before a lease that grew would end.
 * If so fills *out, takes it as told and returns true.
 */
bool realtime_tell(struct realtime *rt, const struct realtime_sum *sum,
    uint64_t now, struct rec_realtime *out);

/* A new collectord knows of no wish. */
void realtime_forget(struct realtime *rt);

#endif
