/* SPDX-License-Identifier: ISC
 *
 * Which hierarchies there are, and where. Our own mountinfo tells, as it has
 * the mounts that we can open; only those below HOST_SYS count, so that a
 * container's own view of cgroups is not taken for its host's.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cgroup_private.h"
#include "common/clock.h"
#include "common/limits.h"
#include "common/log.h"
#include "parse_cgroup_files.h"
#include "parse_mountinfo.h"

/* bytes: a memory.stat has room */
#define TEXT_START (16u << 10)

int
cgroup_open(struct cgroup_tree *tree, int dirfd, const char *path, int flags)
{
	/* openat2() refuses with O_PATH what means nothing there. */
	const int all = O_CLOEXEC | O_NOFOLLOW | flags |
	    (flags & O_PATH ? 0 : O_NONBLOCK | O_NOCTTY);
	struct open_how how = {
		.flags = (unsigned)all,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS,
	};
	int fd;

	if (path[0] == '\0')
		path = ".";
	if (!tree->no_openat2) {
		fd = (int)syscall(SYS_openat2, dirfd, path, &how, sizeof(how));
		if (fd != -1 || errno != ENOSYS)
			return fd;
		tree->no_openat2 = true;
	}
	/* Only the last component is kept from being a link; a cgroup file
	 * system has none. */
	return openat(dirfd, path, all);
}

static void
close_mount(struct cgroup_mount *mount)
{
	if (mount->fd != -1)
		close(mount->fd);
	free(mount->root);
	mount->fd = -1;
	mount->root = NULL;
}

/* Opens path as *mount, whose root is as mountinfo writes it. */
static void
open_mount(const char *path, struct strview root, bool real,
    struct cgroup_mount *mount)
{
	char text[LIMIT_PATH];
	struct stat st;
	size_t len;

	if (parse_mountinfo_path(root, text, sizeof(text)) == -1)
		return;
	len = strlen(text);
	while (len > 0 && text[len - 1] == '/')
		text[--len] = '\0';
	mount->fd = open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (mount->fd == -1 || fstat(mount->fd, &st) == -1) {
		close_mount(mount);
		return;
	}
	mount->root = strdup(text);
	if (mount->root == NULL)
		fatal("cgroups");
	mount->real = real;
	mount->dev = st.st_dev;
	mount->inode = st.st_ino;
}

/* All of our own mountinfo, owned by the caller; NULL when unreadable. */
static char *
read_mountinfo(int fd, size_t *len)
{
	size_t size = 64u << 10;
	char *text = NULL, *more;
	ssize_t n;

	*len = 0;
	if (fd == -1)
		return NULL;
	for (;;) {
		more = realloc(text, size);
		if (more == NULL)
			fatal("mountinfo");
		text = more;
		while (*len < size &&
		    (n = pread(fd, text + *len, size - *len, (off_t)*len)) > 0)
			*len += (size_t)n;
		if (*len < size || size >= LIMIT_MOUNTINFO)
			return text;
		size *= 2;
	}
}

/* Returns whether there was any. */
static bool
find_mounts(
    const struct cgroup_tree *tree, struct cgroup_mount out[CGROUP_CONTROLLERS])
{
	struct parse_cgroup_mount mounts[CGROUP_CONTROLLERS];
	char path[LIMIT_PATH];
	bool any = false;
	size_t len, i;
	char *text;

	text = read_mountinfo(tree->mountinfo, &len);
	if (text == NULL)
		return false;
	parse_mountinfo_cgroups(text, len, tree->host_sys, mounts);
	for (i = 0; i < CGROUP_CONTROLLERS; i++) {
		if (mounts[i].point.len == 0 ||
		    parse_mountinfo_path(mounts[i].point, path, sizeof(path)) ==
			-1)
			continue;
		open_mount(path, mounts[i].root, true, &out[i]);
		any |= out[i].fd != -1;
	}
	free(text);
	return any;
}

/* A tree of directories that are laid out as the mounts usually are. */
static void
find_directories(
    const struct cgroup_tree *tree, struct cgroup_mount out[CGROUP_CONTROLLERS])
{
	static const struct {
		enum cgroup_controller controller;
		const char *dir;
		const char *proof; /* a file that makes it v2 */
	} table[] = {
		{ CGROUP_UNIFIED, "", "/cgroup.controllers" },
		{ CGROUP_UNIFIED, "/unified", "/cgroup.controllers" },
		{ CGROUP_CPU, "/cpu", "" },
		{ CGROUP_CPU, "/cpu,cpuacct", "" },
		{ CGROUP_CPU, "/cpuacct,cpu", "" },
		{ CGROUP_CPUACCT, "/cpuacct", "" },
		{ CGROUP_CPUACCT, "/cpu,cpuacct", "" },
		{ CGROUP_CPUACCT, "/cpuacct,cpu", "" },
		{ CGROUP_CPUSET, "/cpuset", "" },
		{ CGROUP_MEMORY, "/memory", "" },
		{ CGROUP_BLKIO, "/blkio", "" },
		{ CGROUP_PIDS, "/pids", "" },
	};
	char path[LIMIT_PATH];
	struct stat st;
	size_t i;
	int n;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (out[table[i].controller].fd != -1)
			continue;
		n = snprintf(path, sizeof(path), "%s/fs/cgroup%s%s",
		    tree->host_sys, table[i].dir, table[i].proof);
		if (n < 0 || (size_t)n >= sizeof(path) ||
		    lstat(path, &st) == -1)
			continue;
		path[(size_t)n - strlen(table[i].proof)] = '\0';
		open_mount(path, SV("/"), false, &out[table[i].controller]);
	}
}

static bool
is_same(const struct cgroup_mount *a, const struct cgroup_mount *b)
{
	if (a->fd == -1 || b->fd == -1)
		return a->fd == b->fd;
	return a->dev == b->dev && a->inode == b->inode && a->real == b->real &&
	    strcmp(a->root, b->root) == 0;
}

static void
load(struct cgroup_tree *tree)
{
	struct cgroup_mount now[CGROUP_CONTROLLERS], old;
	bool changed = false;
	size_t i;

	for (i = 0; i < CGROUP_CONTROLLERS; i++)
		now[i] = (struct cgroup_mount){ .fd = -1 };
	if (!find_mounts(tree, now))
		find_directories(tree, now);
	for (i = 0; i < CGROUP_CONTROLLERS; i++) {
		if (!is_same(&now[i], &tree->mount[i])) {
			old = tree->mount[i];
			tree->mount[i] = now[i];
			now[i] = old;
			changed = true;
		}
		close_mount(&now[i]);
	}
	if (changed)
		tree->generation++;
}

/* The host's CPUs, online; ours, should it not tell. */
static uint32_t
count_cpus(struct cgroup_tree *tree)
{
	char text[4096];
	uint32_t count = 0;
	ssize_t n = -1;
	int dir, fd = -1;

	dir = open(tree->host_sys, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir != -1) {
		fd = cgroup_open(
		    tree, dir, "devices/system/cpu/online", O_RDONLY);
		close(dir);
	}
	if (fd != -1) {
		n = read(fd, text, sizeof(text));
		close(fd);
	}
	if (n > 0 && parse_cgroup_cpus(text, (size_t)n, &count) == 0)
		return count;
	return (uint32_t)sysconf(_SC_NPROCESSORS_ONLN);
}

struct cgroup_tree *
cgroup_tree_new(const char *host_sys, uint32_t max_fds)
{
	struct cgroup_tree *tree = calloc(1, sizeof(*tree));
	size_t i;

	if (tree == NULL || (tree->text = malloc(TEXT_START)) == NULL)
		fatal("cgroups");
	/* mountinfo names no links. */
	tree->host_sys = realpath(host_sys, NULL);
	if (tree->host_sys == NULL &&
	    (tree->host_sys = strdup(host_sys)) == NULL)
		fatal("cgroups");
	tree->text_size = TEXT_START;
	tree->max_fds = max_fds;
	tree->tick_ns = CLOCK_NS_PER_S / (uint64_t)sysconf(_SC_CLK_TCK);
	for (i = 0; i < CGROUP_CONTROLLERS; i++)
		tree->mount[i].fd = -1;
	tree->mountinfo = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	tree->host_cpus = count_cpus(tree);
	load(tree);
	return tree;
}

void
cgroup_tree_free(struct cgroup_tree *tree)
{
	size_t i;

	if (tree == NULL)
		return;
	cgroup_walk_forget(tree);
	for (i = 0; i < CGROUP_CONTROLLERS; i++)
		close_mount(&tree->mount[i]);
	if (tree->mountinfo != -1)
		close(tree->mountinfo);
	free(tree->text);
	free(tree->host_sys);
	free(tree);
}

void
cgroup_tree_refresh(struct cgroup_tree *tree)
{
	struct pollfd changed = { tree->mountinfo, POLLPRI, 0 };
	bool real = false;
	size_t i;

	cgroup_walk_forget(tree);
	for (i = 0; i < CGROUP_CONTROLLERS; i++)
		real |= tree->mount[i].fd != -1 && tree->mount[i].real;
	/* The kernel raises POLLPRI once for each time our mounts change;
	 * mere directories tell nobody. */
	if (poll(&changed, 1, 0) > 0 || !real)
		load(tree);
}

uint32_t
cgroup_tree_kept(const struct cgroup_tree *tree)
{
	return tree->kept;
}

void
cgroup_tree_describe(const struct cgroup_tree *tree, char *out, size_t size)
{
	static const char *const names[] = { "cpu", "cpuacct", "cpuset",
		"memory", "blkio", "pids" };
	const char *before = "v1:";
	size_t at = 0, i;

	for (i = 0; i < CGROUP_UNIFIED; i++) {
		if (tree->mount[i].fd == -1 || at >= size)
			continue;
		at += (size_t)snprintf(
		    out + at, size - at, "%s %s", before, names[i]);
		before = "";
	}
	if (tree->mount[CGROUP_UNIFIED].fd != -1 && at < size)
		at += (size_t)snprintf(
		    out + at, size - at, "%sv2", at > 0 ? "; " : "");
	if (at == 0)
		snprintf(
		    out, size, "none: no cgroups below %s", tree->host_sys);
}
