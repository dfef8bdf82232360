/* SPDX-License-Identifier: ISC
 *
 * Jitter and back-off.
 */
#include <event2/event.h>
#include <event2/util.h>
#include <stdint.h>

#include "common/limits.h"
#include "common/log.h"
#include "retry.h"

void
retry_wait(struct event *timer, unsigned seconds)
{
	const uint64_t us = (uint64_t)seconds * 1000000;
	struct timeval wait;
	uint16_t random;
	uint64_t left;

	evutil_secure_rng_get_bytes(&random, sizeof(random));
	left = us - us / 4 * random / UINT16_MAX;
	wait.tv_sec = (time_t)(left / 1000000);
	wait.tv_usec = (suseconds_t)(left % 1000000);
	if (event_add(timer, &wait) == -1)
		fatalx("out of memory");
}

unsigned
retry_longer(unsigned last, unsigned most)
{
	unsigned next = last == 0 ? LIMIT_SOURCE_BACKOFF_MIN : 2 * last;

	return next < most ? next : most;
}
