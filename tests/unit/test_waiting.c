/* SPDX-License-Identifier: ISC
 *
 * The wait for tags: asked once, waited for together, and never longer than
 * its time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <event2/event.h>

#include "common/clock.h"
#include "common/limits.h"
#include "common/log.h"
#include "taggerd/idset.h"
#include "taggerd/source.h"
#include "taggerd/waiting.h"

/* A source that looks when it is told to, and another that knows none. */
static struct {
	bool looks;
	unsigned misses;
	unsigned overs;
} seen;

static bool
on_miss(void *self, struct strview id, struct strview pod_uid)
{
	(void)self;
	(void)id;
	(void)pod_uid;
	seen.misses++;
	return seen.looks;
}

static bool
is_looking(const void *self)
{
	(void)self;
	return seen.looks;
}

static const struct source sources[] = { { .name = "users" },
	{ .name = "docker", .on_miss = on_miss, .is_looking = is_looking },
	{ 0 } };

static void
on_over(void *arg)
{
	(void)arg;
	seen.overs++;
}

struct bench {
	struct event_base *base;
	struct waiting *w;
};

static int
setup(void **state)
{
	struct bench *b = xcalloc(1, sizeof(*b));

	b->base = event_base_new();
	b->w = waiting_new(b->base, sources, on_over, b);
	seen.looks = true;
	seen.misses = seen.overs = 0;
	*state = b;
	return 0;
}

static int
teardown(void **state)
{
	struct bench *b = *state;

	waiting_free(b->w);
	event_base_free(b->base);
	free(b);
	return 0;
}

static const struct strview none;

static void
test_once(void **state)
{
	struct bench *b = *state;

	assert_true(waiting_ask(b->w, SV("a"), none));
	assert_true(waiting_ask(b->w, SV("b"), none));
	/* its other record in the same snapshot */
	assert_true(waiting_ask(b->w, SV("a"), none));
	assert_int_equal(seen.misses, 2);
	assert_true(waiting_begin(b->w, 1000));
	waiting_cancel(b->w);
	/* still unknown: not asked and not waited for again */
	assert_false(waiting_ask(b->w, SV("a"), none));
	assert_false(waiting_begin(b->w, 1000));
	assert_false(waiting_ask(b->w, SV("a"), none));
	assert_int_equal(seen.misses, 2);
	/* b was away for a snapshot, so it is news again */
	assert_true(waiting_ask(b->w, SV("b"), none));
	assert_int_equal(seen.misses, 3);
	assert_int_equal(seen.overs, 0);
}

static void
test_over_when_looked(void **state)
{
	struct bench *b = *state;

	waiting_ask(b->w, SV("a"), none);
	assert_true(waiting_begin(b->w, 1000));
	waiting_looked(b->w);
	assert_int_equal(seen.overs, 0); /* somebody still looks */
	seen.looks = false;
	waiting_looked(b->w);
	assert_int_equal(seen.overs, 1);
	waiting_looked(b->w);
	event_base_dispatch(b->base);
	assert_int_equal(seen.overs, 1);
}

static void
test_nobody_looks(void **state)
{
	struct bench *b = *state;

	/* Looking for something else is not worth a wait. */
	assert_false(waiting_begin(b->w, 1000));
	seen.looks = false;
	assert_false(waiting_ask(b->w, SV("a"), none));
	assert_false(waiting_begin(b->w, 1000));
	/* It looked, and has finished before all containers were there. */
	seen.looks = true;
	assert_true(waiting_ask(b->w, SV("b"), none));
	seen.looks = false;
	assert_false(waiting_begin(b->w, 1000));
	assert_int_equal(seen.overs, 0);
}

/* A source that never finishes costs its time and no more. */
static void
test_time_is_bounded(void **state)
{
	struct bench *b = *state;
	uint64_t start = clock_mono_ns(), ms;

	waiting_ask(b->w, SV("a"), none);
	assert_true(waiting_begin(b->w, 50));
	event_base_dispatch(b->base);
	ms = (clock_mono_ns() - start) / 1000000;
	assert_int_equal(seen.overs, 1);
	if (ms < 45 || ms > 1000)
		fail_msg("got %ju ms, want 50", (uintmax_t)ms);
}

static void
test_idset(void **state)
{
	struct idset set = { 0 };
	char id[16];
	int i;

	(void)state;
	assert_false(idset_has(&set, SV("0")));
	for (i = 0; i < 1000; i++) {
		snprintf(id, sizeof(id), "%d", i * 7919 % 1000);
		assert_true(idset_add(&set, strview_of(id)));
		assert_false(idset_add(&set, strview_of(id)));
	}
	assert_true(idset_has(&set, SV("999")));
	assert_false(idset_has(&set, SV("1000")));
	assert_false(idset_has(&set, none));
	assert_false(idset_add(&set, none));
	for (; i <= LIMIT_CONTAINERS; i++) {
		snprintf(id, sizeof(id), "%d", i);
		idset_add(&set, strview_of(id));
	}
	assert_int_equal(set.n, LIMIT_CONTAINERS);
	idset_clear(&set);
	assert_false(idset_has(&set, SV("999")));
	idset_clear(&set);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_once),
		T(test_over_when_looked),
		T(test_nobody_looks),
		T(test_time_is_bounded),
		cmocka_unit_test(test_idset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
