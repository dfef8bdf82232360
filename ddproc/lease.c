/* SPDX-License-Identifier: ISC
 *
 * The wish for real time, kept alive and ended. Pure.
 */
#include "common/limits.h"
#include "lease.h"

/* Renewals that may be lost before real time stops. */
#define LEASE_RENEWALS 3

void
lease_start(struct lease *lease, int64_t now)
{
	*lease = (struct lease){ .touched = now };
}

void
lease_touch(struct lease *lease, int64_t now)
{
	lease->touched = now;
}

void
lease_forget(struct lease *lease)
{
	lease->on = false;
}

bool
lease_expired(const struct lease *lease, int64_t now)
{
	return now - lease->touched >= LIMIT_RT_TTL * INT64_C(1000);
}

enum lease_action
lease_tick(struct lease *lease, int64_t now)
{
	if (lease_expired(lease, now)) {
		if (!lease->on)
			return LEASE_WAIT;
		lease->on = false;
		return LEASE_STOP;
	}
	if (lease->on && now - lease->asked < LIMIT_RT_RENEW * INT64_C(1000))
		return LEASE_WAIT;
	lease->on = true;
	lease->asked = now;
	return LEASE_ASK;
}

uint32_t
lease_ttl(const struct lease *lease, int64_t now)
{
	int64_t left = LIMIT_RT_TTL - (now - lease->touched) / 1000;
	int64_t most = (int64_t)LEASE_RENEWALS * LIMIT_RT_RENEW;

	if (left < 1)
		return 1;
	return (uint32_t)(left < most ? left : most);
}
