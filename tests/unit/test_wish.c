/* SPDX-License-Identifier: ISC
 *
 * Real time as the answers want it: bounds of the interval, two intervals
 * without renewal, thirty minutes without a break.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "common/limits.h"
#include "shipperd/reply.h"
#include "shipperd/wish.h"

#define S    1000000000ull
#define FULL 10 /* s: the full interval */

static void
hear(struct wish *w, int32_t clients, int32_t interval, uint64_t at)
{
	struct reply r = { .has_status = true,
		.active_clients = clients,
		.interval = interval };

	wish_hear(w, &r, at * S);
}

static uint32_t
left(const struct wish *w, uint64_t at)
{
	return wish_left(w, FULL, at * S);
}

static void
test_interval(void **state)
{
	static const struct {
		int32_t given;
		uint32_t want;
	} cases[] = { { 0, 2 }, { -5, 2 }, { 1, 2 }, { 2, 2 }, { 7, 7 },
		{ 60, 60 }, { 61, 60 }, { INT32_MAX, 60 } };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct wish w = { 0 };

		hear(&w, 1, cases[i].given, 5);
		if (w.interval != cases[i].want)
			fail_msg("interval %d: got %u, want %u", cases[i].given,
			    w.interval, cases[i].want);
	}
}

static void
test_lease(void **state)
{
	struct wish w = { 0 };
	struct reply silent = { .has_status = false };

	(void)state;
	assert_int_equal(left(&w, 5), 0);
	hear(&w, 2, 0, 100);
	assert_int_equal(left(&w, 100), 20);
	assert_int_equal(left(&w, 119), 1);
	assert_int_equal(left(&w, 120), 0);
	hear(&w, 1, 0, 110);
	assert_int_equal(left(&w, 120), 10);
	wish_hear(&w, &silent, 125 * S);
	assert_int_equal(left(&w, 125), 5);
	hear(&w, 0, 0, 126);
	assert_int_equal(left(&w, 126), 0);
	hear(&w, -1, 0, 127);
	assert_int_equal(left(&w, 127), 0);
}

/* After 30 minutes only an answer without clients makes it start again. */
static void
test_thirty_minutes(void **state)
{
	struct wish w = { 0 };
	uint64_t t;

	(void)state;
	for (t = 0; t < LIMIT_RT_TTL; t += FULL) {
		hear(&w, 1, 0, 1000 + t);
		assert_true(left(&w, 1000 + t) > 0);
	}
	assert_int_equal(left(&w, 1000 + LIMIT_RT_TTL - 1), 1);
	hear(&w, 1, 0, 1000 + LIMIT_RT_TTL);
	assert_int_equal(left(&w, 1000 + LIMIT_RT_TTL), 0);
	hear(&w, 1, 0, 9000);
	assert_int_equal(left(&w, 9000), 0);
	hear(&w, 0, 0, 9001);
	hear(&w, 1, 0, 9002);
	assert_int_equal(left(&w, 9002), 20);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_interval),
		cmocka_unit_test(test_lease),
		cmocka_unit_test(test_thirty_minutes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
