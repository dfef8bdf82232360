/* SPDX-License-Identifier: ISC
 *
 * The two ends of a wish: not renewed, and renewed for too long.
 */
#include <string.h>

#include "common/clock.h"
#include "common/limits.h"
#include "reply.h"
#include "wish.h"

void
wish_hear(struct wish *wish, const struct reply *reply, uint64_t now)
{
	if (!reply->has_status)
		return;
	if (reply->active_clients <= 0) {
		memset(wish, 0, sizeof(*wish));
		return;
	}
	if (!wish->on)
		wish->since = now;
	wish->on = true;
	wish->renewed = now;
	if (reply->interval < LIMIT_RT_INTERVAL_MIN)
		wish->interval = LIMIT_RT_INTERVAL_MIN;
	else if (reply->interval > LIMIT_RT_INTERVAL_MAX)
		wish->interval = LIMIT_RT_INTERVAL_MAX;
	else
		wish->interval = (uint32_t)reply->interval;
}

uint32_t
wish_left(const struct wish *wish, uint32_t full_interval, uint64_t now)
{
	uint64_t end = wish->renewed + 2ull * full_interval * CLOCK_NS_PER_S;
	uint64_t last = wish->since + LIMIT_RT_TTL * CLOCK_NS_PER_S;

	if (end > last)
		end = last;
	if (!wish->on || end <= now)
		return 0;
	return (uint32_t)((end - now + CLOCK_NS_PER_S - 1) / CLOCK_NS_PER_S);
}
