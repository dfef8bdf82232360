/* SPDX-License-Identifier: ISC
 *
 * The resolver's thread: answers come in the loop and are the right ones,
 * the queue is bounded, and nobody waits for a thread that hangs.
 */
#include <pwd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <event2/event.h>

#include "common/config.h"
#include "common/limits.h"
#include "taggerd/resolver.h"

#define NOBODY_HAS 4100000000u /* a uid that no system gives */

struct bench {
	struct event_base *base;
	struct resolver *resolver;
	unsigned answers, want;
	char name[LIMIT_USER_NAME + 1];
	bool missing;
	struct hostname hostname;
};

static void
count(struct bench *b)
{
	if (++b->answers == b->want)
		event_base_loopbreak(b->base);
}

static void
on_user(uint32_t uid, const char *name, void *arg)
{
	struct bench *b = arg;

	if (uid == NOBODY_HAS)
		b->missing = name == NULL;
	else if (name != NULL)
		snprintf(b->name, sizeof(b->name), "%s", name);
	count(b);
}

static void
on_hostname(const struct hostname *hostname, void *arg)
{
	struct bench *b = arg;

	b->hostname = *hostname;
	count(b);
}

/* Runs the loop until `want` answers are there, or ten seconds. */
static void
wait_for(struct bench *b, unsigned want)
{
	const struct timeval most = { .tv_sec = 10 };

	b->want = want;
	event_base_loopexit(b->base, &most);
	event_base_dispatch(b->base);
	if (b->answers != want)
		fail_msg("got %u answers, want %u", b->answers, want);
}

static int
setup(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));
	struct resolver_calls calls = { on_user, on_hostname, b };

	assert_non_null(b);
	b->base = event_base_new();
	assert_non_null(b->base);
	b->resolver = resolver_new(b->base, &calls);
	*state = b;
	return 0;
}

static int
teardown(void **state)
{
	struct bench *b = *state;

	resolver_free(b->resolver);
	event_base_free(b->base);
	free(b);
	return 0;
}

static void
test_users(void **state)
{
	struct bench *b = *state;
	const struct passwd *pw = getpwuid(0);

	assert_non_null(pw);
	assert_int_equal(resolver_ask_user(b->resolver, 0), 0);
	assert_int_equal(resolver_ask_user(b->resolver, NOBODY_HAS), 0);
	wait_for(b, 2);
	assert_string_equal(b->name, pw->pw_name);
	assert_true(b->missing);
}

static void
test_hostname(void **state)
{
	struct bench *b = *state;
	struct hostname want;

	hostname_find_own(&want);
	resolver_ask_hostname(b->resolver);
	wait_for(b, 1);
	assert_string_equal(b->hostname.name, want.name);
	assert_string_equal(b->hostname.source, want.source);
}

/* No answer is taken while the loop stands, so the bound is exact. */
static void
test_bounded(void **state)
{
	struct bench *b = *state;
	unsigned i;

	for (i = 0; i < LIMIT_USER_QUEUE; i++)
		assert_int_equal(resolver_ask_user(b->resolver, 0), 0);
	assert_int_equal(resolver_ask_user(b->resolver, 0), -1);
	wait_for(b, LIMIT_USER_QUEUE);
	assert_int_equal(resolver_ask_user(b->resolver, 0), 0);
	wait_for(b, LIMIT_USER_QUEUE + 1);
}

/* Ends with questions on their way: teardown must not wait or leak. */
static void
test_end_while_busy(void **state)
{
	struct bench *b = *state;
	unsigned i;

	for (i = 0; i < 100; i++)
		assert_int_equal(resolver_ask_user(b->resolver, i), 0);
}

/* Threads that were left behind get the time to end, for those who look for
 * leaks at the exit. */
static int
let_threads_end(void **state)
{
	(void)state;
	return usleep(200000);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_users),
		TEST(test_hostname),
		TEST(test_bounded),
		TEST(test_end_while_busy),
	};

	return cmocka_run_group_tests(tests, NULL, let_threads_end);
}
