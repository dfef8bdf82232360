/* SPDX-License-Identifier: ISC
 *
 * A child in cgroups made for it, on this host.
 */
#ifndef TESTS_UNIT_CGROUP_LIVE_HELP_H
#define TESTS_UNIT_CGROUP_LIVE_HELP_H

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

static inline const char *
dir_of(const struct live *l, size_t i)
{
	static char path[512];

	snprintf(path, sizeof(path), "%s/ddtest-%s", l->point[i], l->id);
	return path;
}

static inline size_t
read_all(const char *path, char *text, size_t size)
{
	FILE *in = fopen(path, "re");
	size_t n;

	assert_non_null(in);
	n = fread(text, 1, size, in);
	fclose(in);
	return n;
}

static inline void
make_dirs(const struct live *l)
{
	size_t i;

	for (i = 0; i < CGROUP_CONTROLLERS; i++)
		if (l->point[i][0] != '\0')
			(void)mkdir(dir_of(l, i), 0755);
}

static inline void
remove_dirs(const struct live *l)
{
	size_t i;

	for (i = 0; i < CGROUP_CONTROLLERS; i++)
		if (l->point[i][0] != '\0')
			(void)rmdir(dir_of(l, i));
}

/* Moves the caller to all of the cgroups. Returns whether that is allowed;
 * cpuset takes nobody before it has CPUs. */
static inline bool
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
static inline void
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

static inline void
stop_child(struct live *l)
{
	if (l->child <= 0)
		return;
	kill(l->child, SIGKILL);
	waitpid(l->child, NULL, 0);
	l->child = 0;
}

/* Whether a directory can be made there. */
static inline bool
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

static inline int
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

static inline int
teardown(void **state)
{
	struct live *l = *state;

	stop_child(l);
	remove_dirs(l);
	cgroup_tree_free(l->tree);
	free(l);
	return 0;
}

static inline void
skip_without_cgroups(const struct live *l)
{
	if (l->tree == NULL) {
		print_message("no cgroup may be made here: skipped\n");
		skip();
	}
}

#endif
