/* SPDX-License-Identifier: ISC
 *
 * Where containers are in trees made here: hidden paths, trees that come and
 * go, and files that are none of a kernel's.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cmocka.h>

#include "cgroup_trees.h"
#include "collectord/cgroup_private.h"
#include "common/limits.h"

/* Where /proc gives no path that can be followed. */
static void
test_hidden_paths(void **state)
{
	static const struct {
		const char *name;
		const char *text;
		bool found;
	} table[] = {
		{ "two up", "0::/../../system.slice/docker-" A ".scope\n",
		    true },
		{ "beside us", "0::/../docker-" A ".scope\n", true },
		{ "dots within", "0::/x/../system.slice/docker-" A ".scope\n",
		    true },
		{ "in no hierarchy that is here", "3:memory:/docker/" A "\n",
		    true },
		{ "of nobody",
		    "0::/../"
		    "1111111111111111111111111111111111111111111111"
		    "111111111111111111\n",
		    false },
	};
	struct cgroup_sample want, got;
	int bad = 0;
	size_t i;

	(void)state;
	put(CG "cgroup.controllers", "cpu io memory pids\n");
	put_v2(V2);
	put_v2(V2 "/nested-" A);
	put(V2 "/nested-" A "/memory.current", "1\n");
	put(CG "system.slice/crio-conmon-" A ".scope/memory.current", "2\n");
	for (i = 0; i < COUNT(table); i++) {
		want = want_v2();
		if (!table[i].found)
			want = (struct cgroup_sample){ .hidden = HIDDEN_ALL };
		assert_int_equal(read_of_root(table[i].text, &got), 0);
		bad += check(table[i].name, &want, &got);
	}
	assert_int_equal(bad, 0);
}

static void
test_find_inode(void **state)
{
	struct cgroup_tree *tree;
	struct stat st;
	char path[256];

	(void)state;
	put(CG "cgroup.controllers", "\n");
	put_v2(V2);
	tree = tree_of_root();
	assert_int_equal(stat(below_root(V2), &st), 0);
	assert_true(cgroup_tree_find_inode(
	    tree, st.st_dev, st.st_ino, path, sizeof(path)));
	assert_string_equal(path, "/system.slice/docker-" A ".scope");
	/* The same number of another file system is another directory. */
	assert_false(cgroup_tree_find_inode(
	    tree, st.st_dev + 1, st.st_ino, path, sizeof(path)));
	assert_false(cgroup_tree_find_inode(tree, st.st_dev, st.st_ino, path,
	    sizeof("/system.slice/docker-" A ".scope") - 1));
	assert_int_equal(stat(below_root(CG "x"), &st), -1);
	assert_int_equal(stat(below_root("sys/fs/cgroup"), &st), 0);
	assert_true(cgroup_tree_find_inode(
	    tree, st.st_dev, st.st_ino, path, sizeof(path)));
	assert_string_equal(path, "/");

	/* What came since is found after the next refresh. */
	put(CG "new/memory.current", "1\n");
	assert_int_equal(stat(below_root(CG "new"), &st), 0);
	assert_false(cgroup_tree_find_inode(
	    tree, st.st_dev, st.st_ino, path, sizeof(path)));
	cgroup_tree_refresh(tree);
	assert_true(cgroup_tree_find_inode(
	    tree, st.st_dev, st.st_ino, path, sizeof(path)));
	assert_string_equal(path, "/new");
	cgroup_tree_free(tree);
}

/* More directories than are looked at, deeper than a path is long. */
static void
test_walk_ends(void **state)
{
	struct cgroup_sample got;
	char path[LIMIT_PATH] = CG;
	int i;

	(void)state;
	put(CG "cgroup.controllers", "\n");
	for (i = 0; i < 15; i++) {
		size_t len = strlen(path);

		memset(path + len, 'd', 250);
		strcpy(path + len + 250, "/");
	}
	strcat(path, "memory.current");
	put(path, "1\n");
	assert_int_equal(read_of_root("0::/../" A "\n", &got), 0);
	assert_int_equal(got.hidden, HIDDEN_ALL);
}

static void
test_gone_and_back(void **state)
{
	struct cgroup_tree *tree;
	struct cgroup_place *place;
	struct cgroup_sample want = want_v1(), got;
	int bad;

	(void)state;
	put_v1();
	tree = tree_of_root();
	place = place_of(tree, v1_text);
	assert_int_equal(cgroup_read(place, true, &got), 0);
	clear("sys/fs/cgroup");
	assert_int_equal(cgroup_read(place, true, &got), -1);

	/* Again, in another tree at the same place: after a refresh. */
	put_v1();
	cgroup_tree_refresh(tree);
	assert_int_equal(cgroup_read(place, true, &got), 0);
	bad = check("back", &want, &got);
	/* Runtimes remove one hierarchy after the other. */
	clear(V1_CPU A);
	clear(V1_MEM A);
	assert_int_equal(cgroup_read(place, true, &got), -1);
	cgroup_place_free(place);

	/* Never seen with them, it does without. */
	place = place_of(tree, v1_text);
	assert_int_equal(cgroup_read(place, true, &got), 0);
	assert_int_equal(
	    got.hidden, HIDDEN_CONTAINER_CPU | HIDDEN_CONTAINER_MEMORY);
	assert_int_equal(cgroup_read(place, true, &got), 0);
	cgroup_place_free(place);
	cgroup_tree_free(tree);
	assert_int_equal(bad, 0);
}

/* What is wrong with a file is no end; that a file is missing is. */
static void
test_ends_in_part(void **state)
{
	static const struct {
		const char *file;
		const char *text; /* NULL: it goes */
		int want;
	} cases[] = {
		{ "memory.current", "x", 0 },
		{ "memory.current", NULL, -1 },
		{ "cpu.stat", "", 0 },
		{ "io.stat", NULL, -1 },
		{ "pids.current", NULL, -1 },
		{ "pids.max", NULL, 0 },
		{ "cpu.max", NULL, 0 },
	};
	struct cgroup_sample got;
	char path[256];

	(void)state;
	put(CG "cgroup.controllers", "\n");
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct cgroup_tree *tree;
		struct cgroup_place *place;
		int rc;

		put_v2(V2);
		tree = tree_of_root();
		place = place_of(tree, V2_TEXT);
		assert_int_equal(cgroup_read(place, true, &got), 0);
		snprintf(path, sizeof(path), "%s/%s", V2, cases[i].file);
		clear(path);
		if (cases[i].text != NULL)
			put(path, cases[i].text);
		rc = cgroup_read(place, true, &got);
		if (rc != cases[i].want)
			fail_msg("%s: want %d, got %d", cases[i].file,
			    cases[i].want, rc);
		cgroup_place_free(place);
		cgroup_tree_free(tree);
	}
}

/* The owner of a cgroup may give its directory any time. */
static void
test_times_of_directories(void **state)
{
	static const time_t cases[] = { INT32_MIN, -1, 0, 1, 4000000000 };
	struct cgroup_sample got;

	(void)state;
	put(CG "cgroup.controllers", "\n");
	put_v2(V2);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct timespec times[2] = { { cases[i], 0 }, { cases[i], 0 } };
		int64_t want = cases[i] > 0 ? cases[i] : 0;

		assert_int_equal(
		    utimensat(AT_FDCWD, below_root(V2), times, 0), 0);
		assert_int_equal(read_of_root(V2_TEXT, &got), 0);
		if (got.started != want)
			fail_msg("%lld: want %lld, got %lld",
			    (long long)cases[i], (long long)want,
			    (long long)got.started);
	}
}

/* No cgroups at all is no end of a container. */
static void
test_no_tree(void **state)
{
	struct cgroup_tree *tree = tree_of_root();
	struct cgroup_sample got;
	char text[128];

	(void)state;
	assert_int_equal(read_of_root(v1_text, &got), 0);
	assert_int_equal(got.hidden, HIDDEN_ALL);
	cgroup_tree_describe(tree, text, sizeof(text));
	assert_memory_equal(text, "none: ", 6);
	assert_false(cgroup_tree_find_inode(tree, 1, 1, text, sizeof(text)));
	cgroup_tree_free(tree);
	cgroup_tree_free(NULL);
	cgroup_place_free(NULL);
}

/* Links are not followed, and nothing that is no file is waited for. */
static void
test_hostile_files(void **state)
{
	struct cgroup_sample want = want_v1(), got;
	char huge[] = "99999999999999999999999999\n";
	int bad;

	(void)state;
	put_v1();
	put("elsewhere/cpuacct.stat", "user 1\nsystem 1\n");
	clear(V1_CPU A "/cpuacct.stat");
	clear(V1_CPU A "/cpuacct.usage");
	assert_int_equal(symlink("../../../../../../elsewhere/cpuacct.stat",
			     below_root(V1_CPU A "/cpuacct.stat")),
	    0);
	clear(V1_MEM A "/memory.stat");
	assert_int_equal(mkfifo(below_root(V1_MEM A "/memory.stat"), 0644), 0);
	/* A link that stays within the hierarchy. */
	put(CG "pids/other/pids.current", "1\n");
	clear(CG "pids/docker/" A);
	assert_int_equal(
	    symlink("../other", below_root(CG "pids/docker/" A)), 0);
	/* A device that gives bytes without end, or what may be made. */
	clear(CG "blkio/docker/" A "/blkio.throttle.io_service_bytes");
	if (mknod(below_root(
		      CG "blkio/docker/" A "/blkio.throttle.io_service_bytes"),
		S_IFCHR | 0644, makedev(1, 5)) == -1)
		put(CG "blkio/docker/" A "/blkio.throttle.io_service_bytes/x",
		    "");
	put(V1_MEM A "/memory.usage_in_bytes", huge);
	want.total_ns = want.user_ns = want.system_ns = 0;
	want.rss = want.cache = want.accounted = 0;
	want.usage = UINT64_MAX;
	want.threads = want.read_bytes = want.write_bytes = 0;
	want.hidden = HIDDEN_ALL;
	assert_int_equal(read_of_root(v1_text, &got), 0);
	bad = check("hostile", &want, &got);
	assert_int_equal(bad, 0);
}

/* A file past its bound is read up to there. */
static void
test_large_file(void **state)
{
	struct cgroup_sample got;
	char path[] = CG "blkio/docker/" A "/blkio.throttle.io_service_bytes";
	FILE *out;
	int i;

	(void)state;
	put_v1();
	out = fopen(below_root(path), "we");
	assert_non_null(out);
	/* 64 bytes each. */
	for (i = 0; i < (int)(2 * LIMIT_CGROUP_FILE / 64); i++)
		fprintf(out, "8:0 Read %-54d\n", 1);
	fclose(out);
	assert_int_equal(read_of_root(v1_text, &got), 0);
	assert_int_equal(got.read_bytes, LIMIT_CGROUP_FILE / 64);
}

static void
test_refresh_finds_what_came(void **state)
{
	struct cgroup_tree *tree = tree_of_root();
	struct cgroup_place *place = place_of(tree, v1_text);
	struct cgroup_sample want = want_v1(), got;
	int bad;

	(void)state;
	assert_int_equal(cgroup_read(place, true, &got), 0);
	assert_int_equal(got.hidden, HIDDEN_ALL);
	put_v1();
	cgroup_tree_refresh(tree);
	assert_int_equal(cgroup_read(place, true, &got), 0);
	bad = check("refreshed", &want, &got);
	cgroup_place_free(place);
	cgroup_tree_free(tree);
	assert_int_equal(bad, 0);
}

/* A kernel before 5.6 has no openat2(2). */
static void
test_old_kernel(void **state)
{
	struct cgroup_tree *tree;
	struct cgroup_place *place;
	struct cgroup_sample want = want_v1(), got;
	int bad;

	(void)state;
	put_v1();
	tree = tree_of_root();
	tree->no_openat2 = true;
	place = place_of(tree, v1_text);
	assert_int_equal(cgroup_read(place, true, &got), 0);
	bad = check("openat", &want, &got);
	clear(V1_MEM A "/memory.stat");
	put(V1_MEM "memory.stat", "total_rss 1\ntotal_cache 1\n");
	assert_int_equal(
	    symlink("../memory.stat", below_root(V1_MEM A "/memory.stat")), 0);
	assert_int_equal(cgroup_read(place, true, &got), 0);
	assert_int_equal(got.hidden, HIDDEN_CONTAINER_MEMORY);
	cgroup_place_free(place);
	cgroup_tree_free(tree);
	assert_int_equal(bad, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_hidden_paths),
		TEST(test_find_inode),
		TEST(test_walk_ends),
		TEST(test_gone_and_back),
		TEST(test_ends_in_part),
		TEST(test_times_of_directories),
		TEST(test_no_tree),
		TEST(test_hostile_files),
		TEST(test_large_file),
		TEST(test_refresh_finds_what_came),
		TEST(test_old_kernel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
