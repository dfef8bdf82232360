/* SPDX-License-Identifier: ISC
 *
 * The procfs engine on made-up trees that change from one scan to the next.
 */
#include "procfs_help.h"

/* A tree's files are replaced, not rewritten: nothing of it is kept. */
/* Those that a scan meets for the first time are read before the others. */
static void
test_new_ones_first(void **state)
{
	static const int32_t want[] = { 40, 60, 50 };
	struct engine *engine = procfs_new(root, 100);
	struct found found;
	size_t i;

	(void)state;
	assert_non_null(engine);
	scan(engine, SNAPSHOT_FULL, &found);
	assert_int_equal(found.samples, 1);
	put_dir("40");
	put("40/stat", PROCESS("a"));
	put_dir("60");
	put("60/stat", PROCESS("b"));
	scan(engine, SNAPSHOT_REALTIME, &found);
	assert_int_equal(found.samples, COUNT(want));
	for (i = 0; i < COUNT(want); i++)
		if (found.pids[i] != want[i])
			fail_msg("sample %zu: got pid %d, want %d", i,
			    found.pids[i], want[i]);
	engine->ops->free(engine);
}

static void
test_replaced(void **state)
{
	struct engine *engine = procfs_new(root, 100);
	struct rec_skipped skipped;
	struct found f;

	(void)state;
	scan(engine, SNAPSHOT_FULL, &f);
	scan(engine, SNAPSHOT_REALTIME, &f);
	assert_int_equal(f.samples, 1);
	assert_int_equal(f.last.parts, 0);
	take("50/stat");
	put("50/stat", PROCESS("other"));
	put_bytes("50/cmdline", "new", 4);
	scan(engine, SNAPSHOT_REALTIME, &f);
	assert_string_equal(f.comm, "other");
	assert_string_equal(f.cmdline, "new");
	teardown(state);
	assert_int_equal(
	    engine->ops->scan(engine, SNAPSHOT_FULL, on_sample, &f, &skipped),
	    -1);
	engine->ops->free(engine);
	setup(state);
}

/* What showed the exec may be hidden, but not that it is a zombie now. */
static void
test_becomes_a_zombie(void **state)
{
	static const char gone[] = STAT("name", "Z", "1", "4194308", "0");
	struct engine *engine = procfs_new(root, 100);
	struct found f;

	(void)state;
	scan(engine, SNAPSHOT_FULL, &f);
	assert_string_equal(f.cmdline, "a");
	put("50/stat", gone);
	put_bytes("50/cmdline", "", 0);
	scan(engine, SNAPSHOT_REALTIME, &f);
	assert_int_equal(f.last.state, STATE_ZOMBIE);
	assert_true(f.last.parts & ENGINE_CMDLINE);
	assert_int_equal(f.last.cmdline.len, 0);
	scan(engine, SNAPSHOT_REALTIME, &f);
	assert_int_equal(f.last.parts, 0);
	engine->ops->free(engine);
}

/* A command line that could not be read is asked for by the next scan. */
static void
test_command_line_comes_back(void **state)
{
	struct engine *engine = procfs_new(root, 100);
	struct found f;

	(void)state;
	take("50/cmdline");
	scan(engine, SNAPSHOT_FULL, &f);
	assert_int_equal(f.last.hidden, HIDDEN_CMDLINE);
	put_bytes("50/cmdline", "a", 2);
	scan(engine, SNAPSHOT_REALTIME, &f);
	assert_int_equal(f.last.hidden, 0);
	assert_string_equal(f.cmdline, "a");
	engine->ops->free(engine);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(test_new_ones_first),
		TEST(test_replaced),
		TEST(test_becomes_a_zombie),
		TEST(test_command_line_comes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
