/* SPDX-License-Identifier: ISC
 *
 * The accounting of containers from this host's own cgroups: a child in
 * cgroups made for it, from its /proc/PID/cgroup to its figures. Skipped
 * where none may be made.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <inttypes.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "collectord/cgroup_read.h"
#include "collectord/parse_mountinfo.h"
#include "common/limits.h"
#include "common/schema.h"

#define BURN_NS UINT64_C(50000000)

struct live {
	char id[65];
	char point[CGROUP_CONTROLLERS][256]; /* "": none, or not writable */
	pid_t child;
	struct cgroup_tree *tree;
};

static const char *
dir_of(const struct live *l, size_t i)
{
	static char path[512];

	snprintf(path, sizeof(path), "%s/ddtest-%s", l->point[i], l->id);
	return path;
}

static size_t
read_all(const char *path, char *text, size_t size)
{
	FILE *in = fopen(path, "re");
	size_t n;

	assert_non_null(in);
	n = fread(text, 1, size, in);
	fclose(in);
	return n;
}

static void
make_dirs(const struct live *l)
{
	size_t i;

	for (i = 0; i < CGROUP_CONTROLLERS; i++)
		if (l->point[i][0] != '\0')
			(void)mkdir(dir_of(l, i), 0755);
}

static void
remove_dirs(const struct live *l)
{
	size_t i;

	for (i = 0; i < CGROUP_CONTROLLERS; i++)
		if (l->point[i][0] != '\0')
			(void)rmdir(dir_of(l, i));
}

/* A process that uses BURN_NS of CPU, in all of the cgroups, says so and
 * waits to be killed. */
static void
start_child(struct live *l)
{
	int ready[2];
	char c = 0;

	assert_int_equal(pipe(ready), 0);
	l->child = fork();
	assert_true(l->child != -1);
	if (l->child == 0) {
		struct timespec used = { 0, 0 };
		char path[600];
		size_t i;

		for (i = 0; i < CGROUP_CONTROLLERS; i++) {
			int fd;

			if (l->point[i][0] == '\0')
				continue;
			snprintf(path, sizeof(path), "%s/cgroup.procs",
			    dir_of(l, i));
			fd = open(path, O_WRONLY | O_CLOEXEC);
			/* cpuset takes nobody before it has CPUs. */
			if (fd == -1 ||
			    (write(fd, "0", 1) != 1 && i != CGROUP_CPUSET))
				_exit(1);
		}
		while ((uint64_t)used.tv_nsec < BURN_NS)
			clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
		(void)!write(ready[1], "x", 1);
		for (;;)
			pause();
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &c, 1), 1);
	close(ready[0]);
}

static void
stop_child(struct live *l)
{
	if (l->child <= 0)
		return;
	kill(l->child, SIGKILL);
	waitpid(l->child, NULL, 0);
	l->child = 0;
}

/* Whether a directory can be made there. */
static bool
is_writable(struct live *l, size_t i, struct strview point)
{
	bool made;

	snprintf(
	    l->point[i], sizeof(l->point[i]), "%.*s", (int)point.len, point.s);
	made = point.len > 0 && mkdir(dir_of(l, i), 0755) == 0;
	if (made)
		rmdir(dir_of(l, i));
	else
		l->point[i][0] = '\0';
	return made;
}

static int
setup(void **state)
{
	struct live *l = calloc(1, sizeof(*l));
	struct parse_cgroup_mount mounts[CGROUP_CONTROLLERS];
	char *text = malloc(LIMIT_MOUNTINFO);
	bool any = false;
	size_t i, len;

	if (l == NULL || text == NULL)
		return -1;
	snprintf(l->id, sizeof(l->id), "%064x", (unsigned)getpid());
	len = read_all("/proc/self/mountinfo", text, LIMIT_MOUNTINFO);
	parse_mountinfo_cgroups(text, len, "/sys", mounts);
	for (i = 0; i < CGROUP_CONTROLLERS; i++)
		any |= is_writable(l, i, mounts[i].point);
	free(text);
	if (any)
		l->tree = cgroup_tree_new("/sys", 100);
	*state = l;
	return 0;
}

static int
teardown(void **state)
{
	struct live *l = *state;

	stop_child(l);
	remove_dirs(l);
	cgroup_tree_free(l->tree);
	free(l);
	return 0;
}

static void
skip_without_cgroups(const struct live *l)
{
	if (l->tree == NULL) {
		print_message("no cgroup may be made here: skipped\n");
		skip();
	}
}

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

static void
test_end_and_restart(void **state)
{
	static char text[LIMIT_CGROUP_TEXT];
	struct live *l = *state;
	struct cgroup_place *place;
	struct cgroup_sample got;

	skip_without_cgroups(l);
	make_dirs(l);
	start_child(l);
	place = place_of_child(l, text, sizeof(text));
	assert_int_equal(cgroup_read(place, true, &got), 0);
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
	assert_true(
	    cgroup_tree_find_inode(l->tree, st.st_ino, path, sizeof(path)));
	assert_non_null(strstr(path, l->id));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_figures, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_end_and_restart, setup, teardown),
		cmocka_unit_test_setup_teardown(test_search, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
