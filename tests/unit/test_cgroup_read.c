/* SPDX-License-Identifier: ISC
 *
 * The figures of containers from trees made here: v1, v2, both side by side,
 * limits of parents, and the trees of real hosts. Real cgroups are in
 * test_cgroup_live.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cgroup_trees.h"
#include "shared_fixtures.h"

static void
test_v1(void **state)
{
	struct cgroup_sample want, got;
	struct stat st;
	int bad;

	(void)state;
	put_v1();
	want = want_v1();
	assert_int_equal(read_of_root(v1_text, &got), 0);
	bad = check("v1", &want, &got);
	assert_int_equal(stat(below_root(V1_CPU A), &st), 0);
	bad += differs(
	    "v1", "started", (uint64_t)st.st_mtime, (uint64_t)got.started);
	assert_true(got.mono_ns > 0);

	/* No usage file: the sum of the ticks. */
	clear(V1_CPU A "/cpuacct.usage");
	want.total_ns = 2000000000;
	assert_int_equal(read_of_root(v1_text, &got), 0);
	bad += check("without cpuacct.usage", &want, &got);
	assert_int_equal(bad, 0);
}

/* Each case takes the container's own limits away and sets others. */
static void
test_limits(void **state)
{
	static const struct {
		const char *name;
		const char *quota;
		const char *parent_quota; /* NULL: no such file */
		const char *cpus;
		const char *memory;
		const char *parent_memory;
		double cpu_limit;
		uint64_t limit;
	} table[] = {
		{ "own", "25000\n", "10000\n", "0\n", "5\n", "4\n", 25, 5 },
		{ "none", "-1\n", "-1\n", "0-7\n", "9223372036854771712\n",
		    "9223372036854771712\n", 0, 0 },
		{ "parent's", "-1\n", "150000\n", "0-7\n",
		    "9223372036854771712\n", "77\n", 150, 77 },
		{ "CPUs", "-1\n", "-1\n", "0,5\n", "0\n", NULL, 200, 0 },
		{ "parent's, below the CPUs", "-1\n", "50000\n", "0-2\n", "0\n",
		    NULL, 50, 0 },
		{ "CPUs, below the parent's", "-1\n", "500000\n", "0-2\n",
		    "0\n", NULL, 300, 0 },
		{ "no parent's files", "-1\n", NULL, "\n", "0\n", NULL, 0, 0 },
		{ "nonsense", "x\n", "y\n", "z\n", "a\n", "b\n", 0, 0 },
	};
	int bad = 0;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(table); i++) {
		struct cgroup_sample want, got;

		clear("sys/fs");
		put_v1();
		put(V1_CPU A "/cpu.cfs_quota_us", table[i].quota);
		if (table[i].parent_quota != NULL) {
			put(V1_CPU "cpu.cfs_quota_us", table[i].parent_quota);
			put(V1_CPU "cpu.cfs_period_us", "100000\n");
		}
		put(CG "cpuset/docker/" A "/cpuset.cpus", table[i].cpus);
		put(V1_MEM A "/memory.limit_in_bytes", table[i].memory);
		if (table[i].parent_memory != NULL)
			put(V1_MEM "memory.limit_in_bytes",
			    table[i].parent_memory);
		want = want_v1();
		want.cpu_limit = table[i].cpu_limit;
		want.limit = table[i].limit;
		assert_int_equal(read_of_root(v1_text, &got), 0);
		bad += check(table[i].name, &want, &got);
	}
	assert_int_equal(bad, 0);
}

/* Limits are as last read until somebody asks. */
static void
test_limits_when_asked(void **state)
{
	struct cgroup_tree *tree;
	struct cgroup_place *place;
	struct cgroup_sample got;

	(void)state;
	put_v1();
	tree = tree_of_root();
	place = place_of(tree, v1_text);
	assert_int_equal(cgroup_read(place, false, &got), 0);
	assert_int_equal(got.limit, 8000);
	put(V1_MEM A "/memory.limit_in_bytes", "9000\n");
	put(V1_MEM A "/memory.usage_in_bytes", "6001\n");
	assert_int_equal(cgroup_read(place, false, &got), 0);
	assert_int_equal(got.limit, 8000);
	assert_int_equal(got.usage, 6001);
	assert_int_equal(cgroup_read(place, true, &got), 0);
	assert_int_equal(got.limit, 9000);
	cgroup_place_free(place);
	cgroup_tree_free(tree);
}

static void
test_v2(void **state)
{
	struct cgroup_sample want = want_v2(), got;
	int bad;

	(void)state;
	put(CG "cgroup.controllers", "cpu io memory pids\n");
	put_v2(V2);
	assert_int_equal(read_of_root(V2_TEXT, &got), 0);
	bad = check("v2", &want, &got);

	put(V2 "/cpu.max", "max 100000\n");
	put(V2 "/cpuset.cpus.effective", "1-2\n");
	put(CG "system.slice/cpu.max", "300000 100000\n");
	put(CG "system.slice/memory.max", "12345\n");
	want.cpu_limit = 200;
	want.limit = 12345;
	assert_int_equal(read_of_root(V2_TEXT, &got), 0);
	bad += check("v2, of the parent", &want, &got);

	/* A controller that is not enabled has no files. */
	clear(V2 "/io.stat");
	clear(V2 "/pids.current");
	want.read_bytes = want.write_bytes = want.threads = 0;
	want.hidden = HIDDEN_CONTAINER_BLOCK_IO | HIDDEN_CONTAINER_THREADS;
	assert_int_equal(read_of_root(V2_TEXT, &got), 0);
	bad += check("v2, not enabled", &want, &got);
	assert_int_equal(bad, 0);
}

/* Memory in v1, the rest in v2. */
static void
test_hybrid(void **state)
{
	struct cgroup_sample want = want_v2(), got;
	struct cgroup_tree *tree;
	char text[128];
	int bad;

	(void)state;
	put(CG "unified/cgroup.controllers", "cpu io pids\n");
	put_v2(CG "unified/system.slice/docker-" A ".scope");
	put(CG "memory/system.slice/docker-" A ".scope/memory.stat",
	    "total_cache 3\ntotal_rss 2\n");
	put(CG "memory/system.slice/docker-" A ".scope/memory.usage_in_bytes",
	    "6\n");
	want.rss = 2;
	want.cache = 3;
	want.usage = want.accounted = 6;
	assert_int_equal(
	    read_of_root(
		"1:memory:/system.slice/docker-" A ".scope\n" V2_TEXT, &got),
	    0);
	bad = check("hybrid", &want, &got);
	assert_int_equal(bad, 0);

	tree = tree_of_root();
	cgroup_tree_describe(tree, text, sizeof(text));
	assert_string_equal(text, "v1: memory; v2");
	cgroup_tree_free(tree);
}

/* The number of a fixture's `expect`. */
static uint64_t
expected(const json_t *item, const char *name)
{
	return (uint64_t)json_integer_value(
	    json_object_get(json_object_get(item, "expect"), name));
}

/* Builds the tree and reads it; the text is that of its proc/PID/cgroup. */
static void
read_shared_tree(const json_t *item, struct cgroup_sample *got)
{
	const char *name, *text = "3:blkio:/foo\n";
	const json_t *content;

	clear("sys/fs");
	json_object_foreach(
	    (json_t *)json_object_get(item, "files"), name, content) {
		if (strncmp(name, "proc/", 5) == 0)
			text = json_string_value(content);
		else
			put(name, json_string_value(content));
	}
	if (shared_expect(item, "container_id")[0] == '\0') {
		struct cgroup_tree *tree = tree_of_root();
		struct parse_cgroup container = { .type = "" };
		struct cgroup_place *place;

		container.path[CGROUP_BLKIO] = SV("/foo");
		place = cgroup_place_new(tree, &container);
		assert_int_equal(cgroup_read(place, true, got), 0);
		cgroup_place_free(place);
		cgroup_tree_free(tree);
	} else {
		assert_int_equal(read_of_root(text, got), 0);
	}
}

static void
test_shared_trees(void **state)
{
	json_t *file = shared_fixture("cgroup/v1_trees.json"), *item;
	int bad = 0;
	size_t i;

	(void)state;
	json_array_foreach(json_object_get(file, "trees"), i, item) {
		const char *name = json_string_value(
		    json_object_get(item, "name"));
		struct cgroup_sample got;

		read_shared_tree(item, &got);
#define WANT(field, key, unit) \
	bad += differs(name, key, expected(item, key) * (unit), got.field)
		WANT(user_ns, "cpu_user_ticks", 10000000);
		WANT(system_ns, "cpu_system_ticks", 10000000);
		WANT(total_ns, "cpuacct_usage_ns", 1);
		WANT(rss, "mem_rss", 1);
		WANT(cache, "mem_cache", 1);
		WANT(limit, "mem_limit", 1);
		WANT(usage, "mem_usage", 1);
		WANT(read_bytes, "io_read_bytes", 1);
		WANT(write_bytes, "io_write_bytes", 1);
#undef WANT
		/* "none (quota -1)" in those that tell. */
		bad += differs(name, "cpu_limit", 0, (uint64_t)got.cpu_limit);
	}
	assert_int_equal(i, 3);
	json_decref(file);
	assert_int_equal(bad, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_v1),
		TEST(test_limits),
		TEST(test_limits_when_asked),
		TEST(test_v2),
		TEST(test_hybrid),
		TEST(test_shared_trees),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
