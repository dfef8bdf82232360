/* SPDX-License-Identifier: ISC
 *
 * The statuses that viewers see: always one of each daemon. collectord's
 * and shipperd's are the last they sent, or say that the daemon is not
 * there; taggerd's own is made when it is asked for.
 */
#ifndef TAGGERD_STATUS_H
#define TAGGERD_STATUS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/link.h"
#include "kept.h"

/* One neighbour. */
struct status {
	enum role daemon;
	struct kept last; /* empty: nothing said since it came or went */
	bool up;
	int64_t since_ms; /* wall clock, ms since the epoch: came or went */
};

/* It came or went, at now_ms; what it said before no longer holds. */
void status_set_up(struct status *status, bool up, int64_t now_ms);

/* Takes what it says of itself. Returns NULL, or why the sender is wrong. */
const char *status_take(struct status *status, const struct rec_status *rec);

/* Fills *out; borrowed until the next call on the same object. */
void status_get(struct status *status, struct rec_status *out);

void status_clear(struct status *status);

/* A row of status.peers; borrows stats. */
struct rec_peer status_peer(const char *name, const struct link_stats *stats);

#endif
