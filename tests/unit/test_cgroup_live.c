/* SPDX-License-Identifier: ISC
 *
 * The accounting of containers from this host's own cgroups: a child in
 * cgroups made for it, from its /proc/PID/cgroup to its figures. Skipped
 * where none may be made.
 */
#include "cgroup_live_help.h"

static struct cgroup_place *
place_of_child(struct live *l, char *text, size_t size)
{
	struct parse_cgroup container;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/cgroup", (int)l->child);
	parse_cgroup(text, read_all(path, text, size), &container);
	assert_int_equal(container.id.len, 64);
	assert_memory_equal(container.id.s, l->id, 64);
	return cgroup_place_new(l->tree, &container);
}

static void
test_figures(void **state)
{
	static char text[LIMIT_CGROUP_TEXT];
	struct live *l = *state;
	struct cgroup_place *place;
	struct cgroup_sample got, again;
	uint32_t kept;

	skip_without_cgroups(l);
	make_dirs(l);
	start_child(l);
	place = place_of_child(l, text, sizeof(text));
	assert_int_equal(cgroup_read(place, true, &got), 0);
	if (l->point[CGROUP_CPUACCT][0] != '\0' ||
	    l->point[CGROUP_UNIFIED][0] != '\0') {
		assert_false(got.hidden & HIDDEN_CONTAINER_CPU);
		/* Some of the time was used before it was in there. */
		assert_true(got.total_ns >= BURN_NS * 9 / 10);
		assert_true(got.total_ns < BURN_NS * 20);
	}
	if (l->point[CGROUP_PIDS][0] != '\0')
		assert_int_equal(got.threads, 1);
	if (l->point[CGROUP_MEMORY][0] != '\0') {
		assert_false(got.hidden & HIDDEN_CONTAINER_MEMORY);
		assert_true(got.usage > 0 && got.accounted <= got.usage);
	}
	if (l->point[CGROUP_BLKIO][0] != '\0')
		assert_false(got.hidden & HIDDEN_CONTAINER_BLOCK_IO);
	assert_true(got.started > time(NULL) - 60);

	/* Files that stay open say the same, and are no more next time. */
	kept = cgroup_tree_kept(l->tree);
	assert_true(kept > 0);
	assert_int_equal(cgroup_read(place, true, &again), 0);
	assert_int_equal(cgroup_tree_kept(l->tree), kept);
	assert_true(again.total_ns >= got.total_ns);
	assert_int_equal(again.hidden, got.hidden);
	cgroup_place_free(place);
	assert_int_equal(cgroup_tree_kept(l->tree), 0);
}

/* Fewer descriptors cost time and no figure. */
static void
test_few_descriptors(void **state)
{
	static char text[LIMIT_CGROUP_TEXT];
	struct live *l = *state;
	struct cgroup_place *place;
	struct cgroup_sample first, got;
	uint32_t max;

	skip_without_cgroups(l);
	make_dirs(l);
	start_child(l);
	for (max = 0; max < 12; max++) {
		cgroup_tree_free(l->tree);
		l->tree = cgroup_tree_new("/sys", max);
		place = place_of_child(l, text, sizeof(text));
		assert_int_equal(cgroup_read(place, true, &got), 0);
		assert_true(cgroup_tree_kept(l->tree) <= max);
		if (max == 0)
			first = got;
		assert_int_equal(got.hidden, first.hidden);
		assert_int_equal(got.threads, first.threads);
		assert_true(got.total_ns >= first.total_ns);
		cgroup_place_free(place);
	}
	assert_int_equal(cgroup_tree_kept(l->tree), 0);
}

static void
test_end_and_restart(void **state)
{
	static char text[LIMIT_CGROUP_TEXT];
	struct live *l = *state;
	struct cgroup_place *place;
	struct cgroup_sample got, before;

	skip_without_cgroups(l);
	make_dirs(l);
	start_child(l);
	place = place_of_child(l, text, sizeof(text));
	assert_int_equal(cgroup_read(place, true, &before), 0);
	stop_child(l);
	remove_dirs(l);
	assert_int_equal(cgroup_read(place, false, &got), -1);
	assert_int_equal(cgroup_tree_kept(l->tree), 0);

	/* At once again, with counters of its own. */
	make_dirs(l);
	assert_int_equal(cgroup_read(place, false, &got), 0);
	remove_dirs(l);
	make_dirs(l);
	assert_int_equal(cgroup_read(place, false, &got), 0);
	assert_int_equal(got.hidden, before.hidden);
	assert_true(got.total_ns < BURN_NS / 2);
	cgroup_place_free(place);
}

/* By the id alone, and by the inode. */
static void
test_search(void **state)
{
	struct live *l = *state;
	struct parse_cgroup container = { .type = "" };
	struct cgroup_place *place;
	struct cgroup_sample got;
	char path[512];
	struct stat st;

	skip_without_cgroups(l);
	make_dirs(l);
	container.id = strview_of(l->id);
	place = cgroup_place_new(l->tree, &container);
	assert_int_equal(cgroup_read(place, true, &got), 0);
	assert_true(got.started > 0);
	cgroup_place_free(place);

	if (l->point[CGROUP_UNIFIED][0] == '\0')
		return;
	assert_int_equal(stat(dir_of(l, CGROUP_UNIFIED), &st), 0);
	cgroup_tree_refresh(l->tree);
	assert_true(cgroup_tree_find_inode(
	    l->tree, st.st_dev, st.st_ino, path, sizeof(path)));
	assert_non_null(strstr(path, l->id));
}

/* Below v2's mount there is nothing else: all is read from there. */
static void
test_v2_alone(void **state)
{
	static char text[LIMIT_CGROUP_TEXT];
	struct live *l = *state;
	struct cgroup_place *place;
	struct cgroup_sample got;

	skip_without_cgroups(l);
	if (l->point[CGROUP_UNIFIED][0] == '\0') {
		print_message("no v2 hierarchy here: skipped\n");
		skip();
	}
	cgroup_tree_free(l->tree);
	l->tree = cgroup_tree_new(l->point[CGROUP_UNIFIED], 100);
	cgroup_tree_describe(l->tree, text, sizeof(text));
	assert_string_equal(text, "v2");
	make_dirs(l);
	start_child(l);
	place = place_of_child(l, text, sizeof(text));
	assert_int_equal(cgroup_read(place, true, &got), 0);
	assert_false(got.hidden & HIDDEN_CONTAINER_CPU);
	assert_true(got.total_ns >= BURN_NS * 9 / 10);
	assert_true(got.user_ns + got.system_ns <= got.total_ns + 1000);
	cgroup_place_free(place);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_figures, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_few_descriptors, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_end_and_restart, setup, teardown),
		cmocka_unit_test_setup_teardown(test_search, setup, teardown),
		cmocka_unit_test_setup_teardown(test_v2_alone, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
