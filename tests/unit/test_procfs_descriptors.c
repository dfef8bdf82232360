/* SPDX-License-Identifier: ISC
 *
 * The procfs engine on more processes than there are descriptors.
 */
#include "procfs_live_help.h"

#define MANY 60 /* children */

static void
test_few_descriptors(void **state)
{
	struct engine *engine = engine_new(10);
	struct watch w = { 0 };
	pid_t pids[MANY];
	unsigned i;

	(void)state;
	for (i = 0; i < MANY; i++)
		pids[i] = child("many", 0);
	for (i = 0; i < 6; i++) {
		w.pid = pids[i * 10];
		scan(engine, i % 2 ? SNAPSHOT_REALTIME : SNAPSHOT_FULL, &w);
		assert_true(w.seen);
		assert_true(w.samples >= MANY);
		assert_in_range(engine->ops->kept_fds(engine), 5, 10);
	}
	for (i = 0; i < MANY; i++)
		end(pids[i]);
	engine->ops->free(engine);
}

/* The engine may keep more than the process gets: it makes do, and loses
 * nobody. */
static void
test_out_of_descriptors(void **state)
{
	struct engine *engine = engine_new(10000);
	struct watch w = { 0 };
	struct rlimit was, few;
	pid_t pids[MANY];
	struct rec_skipped skipped;
	unsigned i;

	(void)state;
	for (i = 0; i < MANY; i++)
		pids[i] = child("many", 0);
	getrlimit(RLIMIT_NOFILE, &was);
	few = was;
	few.rlim_cur = 50;
	setrlimit(RLIMIT_NOFILE, &few);
	for (i = 0; i < 4; i++) {
		w.pid = pids[i * 10];
		skipped = scan(engine, SNAPSHOT_FULL, &w);
		assert_true(w.seen);
		assert_true(w.samples >= MANY);
		assert_int_equal(skipped.limit, 0);
		assert_int_equal(skipped.malformed, 0);
		assert_int_equal(w.sample.hidden, 0);
	}
	setrlimit(RLIMIT_NOFILE, &was);
	for (i = 0; i < MANY; i++)
		end(pids[i]);
	engine->ops->free(engine);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_few_descriptors),
		cmocka_unit_test(test_out_of_descriptors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
