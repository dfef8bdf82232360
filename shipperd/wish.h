/* SPDX-License-Identifier: ISC
 *
 * What one endpoint's answers say about real time: whether somebody is
 * looking, how often they want to see, and how long that counts. Pure.
 */
#ifndef SHIPPERD_WISH_H
#define SHIPPERD_WISH_H

#include <stdbool.h>
#include <stdint.h>

struct reply;

/* Times are ns of CLOCK_MONOTONIC. All zero: nobody has ever looked. */
struct wish {
	bool on;
	uint32_t interval; /* s, LIMIT_RT_INTERVAL_MIN..MAX */
	uint64_t since;    /* of the first answer after the last break */
	uint64_t renewed;  /* of the last answer with clients */
};

/* An answer came. One without clients is a break; one without a status says
 * nothing. */
void wish_hear(struct wish *wish, const struct reply *reply, uint64_t now);

/* s for which it still counts, 0 when off: two full intervals from the last
 * answer, LIMIT_RT_TTL from the first one since the last break. */
uint32_t wish_left(
    const struct wish *wish, uint32_t full_interval, uint64_t now);

#endif
