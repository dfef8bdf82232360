/* SPDX-License-Identifier: ISC
 *
 * The accounting of containers from trees made here: v1, v2, both side by
 * side, hidden paths, limits of parents, and files that are none of a
 * kernel's. Real cgroups are in test_cgroup_live.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <errno.h>
#include <inttypes.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "collectord/cgroup_read.h"
#include "collectord/parse_cgroup.h"
#include "common/limits.h"
#include "common/schema.h"
#include "shared_fixtures.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define HIDDEN_ALL                                        \
	(HIDDEN_CONTAINER_CPU | HIDDEN_CONTAINER_MEMORY | \
	    HIDDEN_CONTAINER_BLOCK_IO | HIDDEN_CONTAINER_THREADS)

#define A  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define CG "sys/fs/cgroup/"

static char root[32];

/* Makes the directories above the last component. */
static void
put_dirs(char *path)
{
	char *slash = path;

	while ((slash = strchr(slash + 1, '/')) != NULL) {
		*slash = '\0';
		if (mkdir(path, 0755) == -1)
			assert_int_equal(errno, EEXIST);
		*slash = '/';
	}
}

static char *
below_root(const char *name)
{
	static char path[4096];

	snprintf(path, sizeof(path), "%s/%s", root, name);
	put_dirs(path);
	return path;
}

static void
put(const char *name, const char *text)
{
	FILE *out = fopen(below_root(name), "we");

	assert_non_null(out);
	assert_true(fputs(text, out) >= 0);
	fclose(out);
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st;
	(void)type;
	(void)where;
	return remove(path);
}

static void
clear(const char *name)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", root, name);
	(void)nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static int
setup(void **state)
{
	(void)state;
	strcpy(root, "/tmp/test_cgroup.XXXXXX");
	if (mkdtemp(root) == NULL)
		return -1;
	put("sys/devices/system/cpu/online", "0-7\n");
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	clear("");
	return 0;
}

static struct cgroup_tree *
tree_of_root(void)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/sys", root);
	return cgroup_tree_new(path, 100);
}

static struct cgroup_place *
place_of(struct cgroup_tree *tree, const char *text)
{
	struct parse_cgroup container;

	parse_cgroup(text, strlen(text), &container);
	return cgroup_place_new(tree, &container);
}

/* Reads the container of /proc/PID/cgroup's text, once. */
static int
read_of_root(const char *text, struct cgroup_sample *out)
{
	struct cgroup_tree *tree = tree_of_root();
	struct cgroup_place *place = place_of(tree, text);
	int rc = cgroup_read(place, true, out);

	cgroup_place_free(place);
	cgroup_tree_free(tree);
	return rc;
}

static int
differs(const char *test, const char *what, uint64_t want, uint64_t got)
{
	if (want == got)
		return 0;
	print_message("%s: %s: want %" PRIu64 ", got %" PRIu64 "\n", test, what,
	    want, got);
	return 1;
}

static int
check(const char *test, const struct cgroup_sample *want,
    const struct cgroup_sample *got)
{
	int bad = 0;

#define CHECK(field) bad += differs(test, #field, want->field, got->field)
	CHECK(total_ns);
	CHECK(user_ns);
	CHECK(system_ns);
	CHECK(rss);
	CHECK(cache);
	CHECK(usage);
	CHECK(accounted);
	CHECK(limit);
	CHECK(read_bytes);
	CHECK(write_bytes);
	CHECK(threads);
	CHECK(thread_limit);
	CHECK(hidden);
#undef CHECK
	if (want->cpu_limit != got->cpu_limit) {
		print_message("%s: cpu_limit: want %g, got %g\n", test,
		    want->cpu_limit, got->cpu_limit);
		bad++;
	}
	return bad;
}

static const char v1_text[] = "6:cpu,cpuacct:/docker/" A "\n5:cpuset:/docker/" A
			      "\n4:memory:/docker/" A "\n3:blkio:/docker/" A
			      "\n2:pids:/docker/" A "\n0::/\n";

#define V1_CPU CG "cpu,cpuacct/docker/"
#define V1_MEM CG "memory/docker/"

static void
put_v1(void)
{
	put(V1_CPU A "/cpuacct.stat", "user 150\nsystem 50\n");
	put(V1_CPU A "/cpuacct.usage", "2000000123\n");
	put(V1_CPU A "/cpu.cfs_quota_us", "50000\n");
	put(V1_CPU A "/cpu.cfs_period_us", "100000\n");
	put(CG "cpuset/docker/" A "/cpuset.cpus", "0-7\n");
	put(V1_MEM A "/memory.stat",
	    "cache 1\nrss 2\ntotal_cache 3000\ntotal_rss 2000\n"
	    "total_inactive_file 1500\n");
	put(V1_MEM A "/memory.usage_in_bytes", "6000\n");
	put(V1_MEM A "/memory.limit_in_bytes", "8000\n");
	put(CG "blkio/docker/" A "/blkio.throttle.io_service_bytes",
	    "8:0 Read 5\n8:0 Write 6\n8:0 Total 11\nTotal 11\n");
	put(CG "pids/docker/" A "/pids.current", "4\n");
	put(CG "pids/docker/" A "/pids.max", "max\n");
}

static struct cgroup_sample
want_v1(void)
{
	return (struct cgroup_sample){ .total_ns = 2000000123,
		.user_ns = 1500000000,
		.system_ns = 500000000,
		.cpu_limit = 50,
		.rss = 2000,
		.cache = 3000,
		.usage = 6000,
		.accounted = 4500,
		.limit = 8000,
		.read_bytes = 5,
		.write_bytes = 6,
		.threads = 4 };
}

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

#define V2      CG "system.slice/docker-" A ".scope"
#define V2_TEXT "0::/system.slice/docker-" A ".scope\n"

static void
put_v2(const char *dir)
{
	static const struct {
		const char *name;
		const char *text;
	} files[] = {
		{ "cpu.stat", "usage_usec 30\nuser_usec 20\nsystem_usec 10\n" },
		{ "cpu.max", "150000 100000\n" },
		{ "cpuset.cpus.effective", "0-7\n" },
		{ "memory.stat", "anon 20\nfile 10\ninactive_file 4\n" },
		{ "memory.current", "40\n" },
		{ "memory.max", "max\n" },
		{ "io.stat", "8:0 rbytes=1 wbytes=2\n8:1 rbytes=3 wbytes=4\n" },
		{ "pids.current", "7\n" },
		{ "pids.max", "100\n" },
	};
	char path[512];
	size_t i;

	for (i = 0; i < COUNT(files); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, files[i].name);
		put(path, files[i].text);
	}
}

static struct cgroup_sample
want_v2(void)
{
	return (struct cgroup_sample){ .total_ns = 30000,
		.user_ns = 20000,
		.system_ns = 10000,
		.cpu_limit = 150,
		.rss = 20,
		.cache = 10,
		.usage = 40,
		.accounted = 36,
		.read_bytes = 4,
		.write_bytes = 6,
		.threads = 7,
		.thread_limit = 100 };
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
	assert_true(
	    cgroup_tree_find_inode(tree, st.st_ino, path, sizeof(path)));
	assert_string_equal(path, "/system.slice/docker-" A ".scope");
	assert_false(cgroup_tree_find_inode(tree, st.st_ino, path,
	    sizeof("/system.slice/docker-" A ".scope") - 1));
	assert_int_equal(stat(below_root(CG "x"), &st), -1);
	assert_int_equal(stat(below_root("sys/fs/cgroup"), &st), 0);
	assert_true(
	    cgroup_tree_find_inode(tree, st.st_ino, path, sizeof(path)));
	assert_string_equal(path, "/");

	/* What came since is found after the next refresh. */
	put(CG "new/memory.current", "1\n");
	assert_int_equal(stat(below_root(CG "new"), &st), 0);
	assert_false(
	    cgroup_tree_find_inode(tree, st.st_ino, path, sizeof(path)));
	cgroup_tree_refresh(tree);
	assert_true(
	    cgroup_tree_find_inode(tree, st.st_ino, path, sizeof(path)));
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
	clear(V1_CPU A);
	clear(V1_MEM A);
	assert_int_equal(cgroup_read(place, true, &got), 0); /* in part */
	assert_int_equal(
	    got.hidden, HIDDEN_CONTAINER_CPU | HIDDEN_CONTAINER_MEMORY);
	cgroup_place_free(place);
	cgroup_tree_free(tree);
	assert_int_equal(bad, 0);
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
	assert_false(cgroup_tree_find_inode(tree, 1, text, sizeof(text)));
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
	put("elsewhere/pids.current", "1\n");
	clear(V1_CPU A "/cpuacct.stat");
	clear(V1_CPU A "/cpuacct.usage");
	assert_int_equal(symlink("../../../../../../elsewhere/cpuacct.stat",
			     below_root(V1_CPU A "/cpuacct.stat")),
	    0);
	clear(V1_MEM A "/memory.stat");
	assert_int_equal(mkfifo(below_root(V1_MEM A "/memory.stat"), 0644), 0);
	clear(CG "pids/docker/" A);
	assert_int_equal(symlink("../../../../../elsewhere",
			     below_root(CG "pids/docker/" A)),
	    0);
	clear(CG "blkio/docker/" A "/blkio.throttle.io_service_bytes");
	put(CG "blkio/docker/" A "/blkio.throttle.io_service_bytes/x", "");
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
	    (json_t *)json_object_get(item, "files"), name, content)
	{
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
	json_array_foreach(json_object_get(file, "trees"), i, item)
	{
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_v1),
		TEST(test_limits),
		TEST(test_limits_when_asked),
		TEST(test_v2),
		TEST(test_hybrid),
		TEST(test_hidden_paths),
		TEST(test_find_inode),
		TEST(test_walk_ends),
		TEST(test_gone_and_back),
		TEST(test_no_tree),
		TEST(test_hostile_files),
		TEST(test_large_file),
		TEST(test_refresh_finds_what_came),
		TEST(test_shared_trees),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
