/* SPDX-License-Identifier: ISC
 *
 * Why a payload never reaches an endpoint that it was owed to.
 */
#ifndef SHIPPERD_LOSS_H
#define SHIPPERD_LOSS_H

#include <stdint.h>

enum loss {
	LOSS_ROOM,   /* past a bound of bytes or snapshots: the oldest */
	LOSS_AGE,    /* past spool_max_age */
	LOSS_LATE,   /* real time that was not sent in time */
	LOSS_DAMAGE, /* in a spool that was damaged */
	LOSS_MEMORY, /* in memory only, when shipperd ended */
	LOSSES
};

/* Payloads lost since the start, by reason. */
struct losses {
	uint64_t n[LOSSES];
};

#endif
