/* SPDX-License-Identifier: ISC
 *
 * Trees of cgroups made for a test, below `root`: a container in v1, one in
 * v2, and what is to be read of them.
 */
#ifndef TESTS_UNIT_CGROUP_TREES_H
#define TESTS_UNIT_CGROUP_TREES_H

#include <errno.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "collectord/cgroup_read.h"
#include "collectord/parse_cgroup.h"
#include "common/schema.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define HIDDEN_ALL                                        \
	(HIDDEN_CONTAINER_CPU | HIDDEN_CONTAINER_MEMORY | \
	    HIDDEN_CONTAINER_BLOCK_IO | HIDDEN_CONTAINER_THREADS)

#define A  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define CG "sys/fs/cgroup/"

static char root[32];

/* Makes the directories above the last component. */
static inline void
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

static inline char *
below_root(const char *name)
{
	static char path[4096];

	snprintf(path, sizeof(path), "%s/%s", root, name);
	put_dirs(path);
	return path;
}

static inline void
put(const char *name, const char *text)
{
	FILE *out = fopen(below_root(name), "we");

	assert_non_null(out);
	assert_true(fputs(text, out) >= 0);
	fclose(out);
}

static inline int
remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st;
	(void)type;
	(void)where;
	return remove(path);
}

static inline void
clear(const char *name)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", root, name);
	(void)nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static inline int
setup(void **state)
{
	(void)state;
	strcpy(root, "/tmp/test_cgroup.XXXXXX");
	if (mkdtemp(root) == NULL)
		return -1;
	put("sys/devices/system/cpu/online", "0-7\n");
	return 0;
}

static inline int
teardown(void **state)
{
	(void)state;
	clear("");
	return 0;
}

static inline struct cgroup_tree *
tree_of_root(void)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/sys", root);
	return cgroup_tree_new(path, 100);
}

static inline struct cgroup_place *
place_of(struct cgroup_tree *tree, const char *text)
{
	struct parse_cgroup container;

	parse_cgroup(text, strlen(text), &container);
	return cgroup_place_new(tree, &container);
}

/* Reads the container of /proc/PID/cgroup's text, once. */
static inline int
read_of_root(const char *text, struct cgroup_sample *out)
{
	struct cgroup_tree *tree = tree_of_root();
	struct cgroup_place *place = place_of(tree, text);
	int rc = cgroup_read(place, true, out);

	cgroup_place_free(place);
	cgroup_tree_free(tree);
	return rc;
}

static inline int
differs(const char *test, const char *what, uint64_t want, uint64_t got)
{
	if (want == got)
		return 0;
	print_message("%s: %s: want %" PRIu64 ", got %" PRIu64 "\n", test, what,
	    want, got);
	return 1;
}

static inline int
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

static inline void
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

static inline struct cgroup_sample
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

#define V2      CG "system.slice/docker-" A ".scope"
#define V2_TEXT "0::/system.slice/docker-" A ".scope\n"

static inline void
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

static inline struct cgroup_sample
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
