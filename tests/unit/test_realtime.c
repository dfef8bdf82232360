/* SPDX-License-Identifier: ISC
 *
 * Merging the wishes for real time, on a clock of the test's own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "common/limits.h"
#include "taggerd/realtime.h"

#define S 1000000000ull /* ns */

/* One message, taken at 1000 s. */
static const struct {
	const char *what;
	struct rec_realtime in;
	struct realtime_wish want;
} takes[] = {
	{ "plain", { true, 2, 20 }, { 2, 1020 * S } },
	{ "off", { false, 2, 20 }, { 0, 0 } },
	{ "no ttl", { true, 2, 0 }, { 0, 0 } },
	{ "interval below", { true, 0, 20 }, { 2, 1020 * S } },
	{ "interval above", { true, 61, 20 }, { 60, 1020 * S } },
	{ "interval far above", { true, UINT32_MAX, 20 }, { 60, 1020 * S } },
	{ "longest ttl", { true, 60, 1800 }, { 60, 2800 * S } },
	{ "ttl above", { true, 60, 1801 }, { 60, 2800 * S } },
	{ "ttl far above", { true, 60, UINT32_MAX }, { 60, 2800 * S } },
};

static void
test_take(void **state)
{
	size_t i, failed = 0;

	(void)state;
	for (i = 0; i < sizeof(takes) / sizeof(takes[0]); i++) {
		struct realtime_wish got = { 7, 7 }, want = takes[i].want;

		realtime_wish_take(&got, &takes[i].in, 1000 * S);
		if (got.interval == want.interval && got.until == want.until)
			continue;
		print_error("%s: got %u s until %llu, want %u s until %llu\n",
		    takes[i].what, got.interval, (unsigned long long)got.until,
		    want.interval, (unsigned long long)want.until);
		failed++;
	}
	assert_int_equal(failed, 0);
}

/* Up to three wishes, added at 1000 s. */
static const struct {
	const char *what;
	struct realtime_wish in[3];
	struct realtime_sum want;
	unsigned held;
	uint32_t left;
} sums[] = {
	{ "nobody", { { 0 } }, { 0 }, 0, 0 },
	{ "one", { { 5, 1010 * S } }, { true, 5, 1010 * S }, 1, 10 },
	{ "smallest interval, longest lease",
	    { { 30, 1600 * S }, { 2, 1010 * S }, { 10, 1020 * S } },
	    { true, 2, 1600 * S }, 3, 600 },
	{ "an ended one does not count", { { 2, 1000 * S }, { 10, 1010 * S } },
	    { true, 10, 1010 * S }, 1, 10 },
	{ "all ended", { { 2, 1000 * S }, { 2, 999 * S } }, { 0 }, 0, 0 },
	{ "left is rounded up", { { 2, 1000 * S + 1 } },
	    { true, 2, 1000 * S + 1 }, 1, 1 },
};

static void
test_sum(void **state)
{
	size_t i, k, failed = 0;

	(void)state;
	for (i = 0; i < sizeof(sums) / sizeof(sums[0]); i++) {
		struct realtime_sum got = { 0 }, want = sums[i].want;
		unsigned held = 0;
		uint32_t left;

		for (k = 0; k < 3; k++)
			held += realtime_sum_add(
			    &got, &sums[i].in[k], 1000 * S);
		left = realtime_left(&got, 1000 * S);
		if (got.on == want.on && got.interval == want.interval &&
		    got.until == want.until && held == sums[i].held &&
		    left == sums[i].left)
			continue;
		print_error("%s: got %d, %u s, %u s left, %u held; "
			    "want %d, %u s, %u s left, %u held\n",
		    sums[i].what, got.on, got.interval, left, held, want.on,
		    want.interval, sums[i].left, sums[i].held);
		failed++;
	}
	assert_int_equal(failed, 0);
}

/* A run of moments, each with the sum of the wishes at that time. tell is
 * whether collectord must hear of it then, ttl what it hears. */
static const struct {
	const char *what;
	uint64_t now; /* s */
	struct realtime_sum sum;
	bool tell;
	uint32_t ttl;
} moments[] = {
	{ "off from the start", 100, { 0 }, false, 0 },
	{ "on", 101, { true, 2, 131 * S }, true, 30 },
	{ "the same", 102, { true, 2, 131 * S }, false, 0 },
	{ "the same, 9 s on", 110, { true, 2, 131 * S }, false, 0 },
	{ "renewed after 10 s", 111, { true, 2, 131 * S }, true, 20 },
	{ "faster", 112, { true, 1, 131 * S }, true, 19 },
	{ "slower", 113, { true, 30, 131 * S }, true, 18 },
	{ "longer, time enough", 114, { true, 30, 1000 * S }, false, 0 },
	{ "longer, but renewed anyway", 123, { true, 30, 1000 * S }, true,
	    877 },
	{ "shorter waits for its renewal", 124, { true, 30, 126 * S }, false,
	    0 },
	{ "off", 125, { 0 }, true, 0 },
	{ "still off", 126, { 0 }, false, 0 },
	{ "off for long", 1260, { 0 }, false, 0 },
	{ "on for a short time", 1300, { true, 2, 1303 * S }, true, 3 },
	{ "longer, before the short one ends", 1301, { true, 2, 1400 * S },
	    true, 99 },
	{ "off again", 1302, { 0 }, true, 0 },
};

static void
test_tell(void **state)
{
	struct realtime rt = { 0 };
	struct rec_realtime out;
	size_t i, failed = 0;

	(void)state;
	for (i = 0; i < sizeof(moments) / sizeof(moments[0]); i++) {
		bool got;

		out = (struct rec_realtime){ 0 };
		got = realtime_tell(
		    &rt, &moments[i].sum, moments[i].now * S, &out);
		if (got == moments[i].tell && out.ttl == moments[i].ttl &&
		    (!got || out.on == moments[i].sum.on) &&
		    (!got || out.interval == moments[i].sum.interval))
			continue;
		print_error("%s: got %d with ttl %u, want %d with ttl %u\n",
		    moments[i].what, got, out.ttl, moments[i].tell,
		    moments[i].ttl);
		failed++;
	}
	assert_int_equal(failed, 0);
}

/* A new collectord is told at once, or not at all when there is nothing. */
static void
test_forget(void **state)
{
	const struct realtime_sum on = { true, 2, 200 * S }, off = { 0 };
	struct realtime rt = { 0 };
	struct rec_realtime out;

	(void)state;
	assert_true(realtime_tell(&rt, &on, 100 * S, &out));
	assert_false(realtime_tell(&rt, &on, 101 * S, &out));
	realtime_forget(&rt);
	assert_true(realtime_tell(&rt, &on, 102 * S, &out));
	realtime_forget(&rt);
	assert_false(realtime_tell(&rt, &off, 103 * S, &out));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_take),
		cmocka_unit_test(test_sum),
		cmocka_unit_test(test_tell),
		cmocka_unit_test(test_forget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
