/* SPDX-License-Identifier: ISC
 *
 * Merging the wishes for real time: on if any is, the smallest interval,
 * the longest lease. No clock, no link, no log.
 */
#include "common/clock.h"
#include "common/limits.h"
#include "realtime.h"

static uint32_t
bound(uint32_t value, uint32_t low, uint32_t high)
{
	if (value < low)
		return low;
	return value > high ? high : value;
}

void
realtime_wish_take(
    struct realtime_wish *wish, const struct rec_realtime *rec, uint64_t now)
{
	*wish = (struct realtime_wish){ 0 };
	if (!rec->on || rec->ttl == 0)
		return;
	wish->interval = bound(
	    rec->interval, LIMIT_RT_INTERVAL_MIN, LIMIT_RT_INTERVAL_MAX);
	wish->until = now + bound(rec->ttl, 1, LIMIT_RT_TTL) * CLOCK_NS_PER_S;
}

bool
realtime_sum_add(
    struct realtime_sum *sum, const struct realtime_wish *wish, uint64_t now)
{
	if (wish->until <= now)
		return false;
	if (!sum->on || wish->interval < sum->interval)
		sum->interval = wish->interval;
	if (wish->until > sum->until)
		sum->until = wish->until;
	sum->on = true;
	return true;
}

uint32_t
realtime_left(const struct realtime_sum *sum, uint64_t now)
{
	if (!sum->on || sum->until <= now)
		return 0;
	return (
	    uint32_t)((sum->until - now + CLOCK_NS_PER_S - 1) / CLOCK_NS_PER_S);
}

static bool
must_tell(
    const struct realtime *rt, const struct realtime_sum *sum, uint64_t now)
{
	if (sum->on != rt->told.on)
		return true;
	if (!sum->on)
		return false;
	if (sum->interval != rt->told.interval ||
	    now - rt->told_at >= LIMIT_RT_RENEW * CLOCK_NS_PER_S)
		return true;
	return sum->until > rt->told.until &&
	    rt->told.until < now + LIMIT_RT_RENEW * CLOCK_NS_PER_S;
}

bool
realtime_tell(struct realtime *rt, const struct realtime_sum *sum, uint64_t now,
    struct rec_realtime *out)
{
	if (!must_tell(rt, sum, now))
		return false;
	rt->told = *sum;
	rt->told_at = now;
	*out = (struct rec_realtime){ .on = sum->on,
		.interval = sum->interval,
		.ttl = realtime_left(sum, now) };
	return true;
}

void
realtime_forget(struct realtime *rt)
{
	*rt = (struct realtime){ 0 };
}
