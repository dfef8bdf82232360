/* SPDX-License-Identifier: ISC
 *
 * When the viewer asks for real time and when it gives up, on a clock of the
 * test's own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "ddproc/lease.h"
#include "common/limits.h"

#define S INT64_C(1000) /* ms */

static void
test_lease(void **state)
{
	enum step {
		TICK,
		TOUCH,
		FORGET
	};
	static const struct {
		int64_t at; /* s */
		enum step step;
		enum lease_action want;
		uint32_t ttl;
		bool expired;
	} steps[] = {
		{ 0, TICK, LEASE_ASK, 30, false },
		{ 1, TICK, LEASE_WAIT, 30, false },
		{ 9, TICK, LEASE_WAIT, 30, false },
		{ 10, TICK, LEASE_ASK, 30, false },
		{ 19, TICK, LEASE_WAIT, 30, false },
		/* A new link knows nothing of it. */
		{ 19, FORGET, LEASE_ASK, 30, false },
		{ 100, TOUCH, LEASE_ASK, 30, false },
		/* Never for longer than is left. */
		{ 1880, TICK, LEASE_ASK, 20, false },
		{ 1899, TICK, LEASE_ASK, 1, false },
		{ 1900, TICK, LEASE_STOP, 1, true },
		{ 1901, TICK, LEASE_WAIT, 1, true },
		{ 5000, TICK, LEASE_WAIT, 1, true },
		/* A link that comes up now asks for nothing. */
		{ 5001, FORGET, LEASE_WAIT, 1, true },
		/* Any key resumes it. */
		{ 5002, TOUCH, LEASE_ASK, 30, false },
		{ 5003, TICK, LEASE_WAIT, 30, false },
	};
	struct lease lease;
	int failed = 0;

	(void)state;
	lease_start(&lease, 0);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		int64_t now = steps[i].at * S;
		enum lease_action got;

		if (steps[i].step == TOUCH)
			lease_touch(&lease, now);
		else if (steps[i].step == FORGET)
			lease_forget(&lease);
		got = lease_tick(&lease, now);
		if (got == steps[i].want &&
		    lease_ttl(&lease, now) == steps[i].ttl &&
		    lease_expired(&lease, now) == steps[i].expired)
			continue;
		print_error("at %lld s: got %d for %u s, expired %d; "
			    "want %d for %u s, expired %d\n",
		    (long long)steps[i].at, (int)got, lease_ttl(&lease, now),
		    lease_expired(&lease, now), (int)steps[i].want,
		    steps[i].ttl, steps[i].expired);
		failed++;
	}
	assert_int_equal(failed, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lease),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
