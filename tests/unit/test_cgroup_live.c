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
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
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

/* Moves the caller to all of the cgroups. Returns whether that is allowed;
 * cpuset takes nobody before it has CPUs. */
static bool
move_to(const struct live *l, bool root)
{
	char path[600];
	bool moved;
	size_t i;
	int fd;

	for (i = 0; i < CGROUP_CONTROLLERS; i++) {
		if (l->point[i][0] == '\0')
			continue;
		snprintf(path, sizeof(path), "%s/cgroup.procs",
		    root ? l->point[i] : dir_of(l, i));
		fd = open(path, O_WRONLY | O_CLOEXEC);
		moved = fd != -1 && write(fd, "0", 1) == 1;
		if (fd != -1)
			close(fd);
		if (!moved && i != CGROUP_CPUSET)
			return false;
	}
	return true;
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

		if (!move_to(l, false))
			_exit(1);
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

/* Runs a check in a process that may spoil its namespaces. It returns NULL,
 * or what went wrong; "" when it may not do that here. */
static void
run_apart(struct live *l, const char *(*check)(struct live *))
{
	const char *error;
	int status;
	pid_t pid;

	(void)fflush(NULL);
	pid = fork();
	assert_true(pid != -1);
	if (pid == 0) {
		error = check(l);
		if (error != NULL && error[0] != '\0')
			fprintf(stderr, "%s\n", error);
		_exit(error == NULL ? 0 : error[0] == '\0' ? 77 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77) {
		print_message("no namespace may be made here: skipped\n");
		skip();
	}
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* Whether the container of the text is read: with threads, where they are
 * counted. */
static bool
is_read(struct live *l, struct cgroup_tree *tree, const char *text)
{
	struct parse_cgroup container;
	struct cgroup_place *place;
	struct cgroup_sample got;
	bool ok;

	parse_cgroup(text, strlen(text), &container);
	place = cgroup_place_new(tree, &container);
	ok = cgroup_read(place, true, &got) == 0 && got.started > 0 &&
	    (l->point[CGROUP_PIDS][0] == '\0' || got.threads == 1);
	cgroup_place_free(place);
	return ok;
}

/* Our cgroup namespace begins beside the container: its path begins with
 * "/..", and so do the roots of the mounts. */
static const char *
check_beside(struct live *l)
{
	static char text[LIMIT_CGROUP_TEXT];
	struct live ours = *l;
	struct cgroup_tree *tree;
	const char *error = NULL;
	char path[64];

	ours.id[0] = 'f';
	make_dirs(&ours);
	if (!move_to(&ours, false) || unshare(CLONE_NEWCGROUP) == -1)
		error = "";
	if (error == NULL) {
		snprintf(path, sizeof(path), "/proc/%d/cgroup", (int)l->child);
		text[read_all(path, text, sizeof(text) - 1)] = '\0';
		tree = cgroup_tree_new("/sys", 100);
		if (strstr(text, ":/../ddtest-") == NULL)
			error = "the path is not hidden";
		else if (!is_read(l, tree, text))
			error = "not read from beside";
		cgroup_tree_free(tree);
	}
	(void)move_to(&ours, true);
	remove_dirs(&ours);
	return error;
}

static void
test_cgroup_namespace(void **state)
{
	struct live *l = *state;

	skip_without_cgroups(l);
	make_dirs(l);
	start_child(l);
	run_apart(l, check_beside);
}

/* Only a part of the hierarchy is mounted, as Docker does. */
static const char *
check_subtree(struct live *l)
{
	char host[] = "/tmp/test_cgroup.XXXXXX", sys[64], text[512];
	const char *error = NULL;
	struct cgroup_tree *tree;

	if (unshare(CLONE_NEWNS) == -1 ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1)
		return "";
	if (mkdtemp(host) == NULL)
		return "no directory";
	/* mountinfo has escapes for these. */
	snprintf(sys, sizeof(sys), "%s/a b\\\n\t\\040", host);
	if (mkdir(sys, 0755) == -1 ||
	    mount(dir_of(l, CGROUP_PIDS), sys, NULL, MS_BIND, NULL) == -1)
		error = "";
	if (error == NULL) {
		tree = cgroup_tree_new(host, 100);
		snprintf(text, sizeof(text), "1:pids:/ddtest-%s\n", l->id);
		if (!is_read(l, tree, text))
			error = "the root of a mount is not read";
		/* What is not below the mount is not taken from it. */
		snprintf(text, sizeof(text), "1:pids:/ddtest-%.63s%c\n", l->id,
		    l->id[63] == '0' ? '1' : '0');
		if (error == NULL && is_read(l, tree, text))
			error = "read from another's mount";
		(void)umount2(sys, MNT_DETACH);
		cgroup_tree_refresh(tree);
		cgroup_tree_describe(tree, text, sizeof(text));
		if (error == NULL && strncmp(text, "none", 4) != 0)
			error = "the end of a mount is not seen";
		cgroup_tree_free(tree);
	}
	rmdir(sys);
	rmdir(host);
	return error;
}

static void
test_mounted_in_part(void **state)
{
	struct live *l = *state;

	skip_without_cgroups(l);
	if (l->point[CGROUP_PIDS][0] == '\0') {
		print_message("no pids hierarchy of v1 here: skipped\n");
		skip();
	}
	make_dirs(l);
	start_child(l);
	run_apart(l, check_subtree);
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
		cmocka_unit_test_setup_teardown(
		    test_cgroup_namespace, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_mounted_in_part, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
