/* SPDX-License-Identifier: ISC
 *
 * When to ask for real time: as long as a person looks. The wish is said
 * again every LIMIT_RT_RENEW seconds, and given up LIMIT_RT_TTL seconds after
 * the last key press. Pure: the clock is the caller's.
 */
#ifndef DDPROC_LEASE_H
#define DDPROC_LEASE_H

#include <stdbool.h>
#include <stdint.h>

struct lease {
	int64_t touched; /* ms, monotonic: the last sign of a person */
	int64_t asked;   /* ms, monotonic: the last wish */
	bool on;         /* a wish is out there */
};

enum lease_action {
	LEASE_WAIT,
	LEASE_ASK,  /* say the wish, for lease_ttl() */
	LEASE_STOP, /* take it back */
};

void lease_start(struct lease *lease, int64_t now);
void lease_touch(struct lease *lease, int64_t now);
/* The link is new: whatever was asked before is forgotten. */
void lease_forget(struct lease *lease);
/* What to do now; to be called once a second or so. */
enum lease_action lease_tick(struct lease *lease, int64_t now);
/* Seconds to ask for: a few renewals, and no more than is left. */
uint32_t lease_ttl(const struct lease *lease, int64_t now);
/* Nobody has looked for LIMIT_RT_TTL. */
bool lease_expired(const struct lease *lease, int64_t now);

#endif
