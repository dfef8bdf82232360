/* SPDX-License-Identifier: ISC
 *
 * The container of a process whose cgroup's path our own cgroup namespace
 * hides, which is so when we run in a container ourselves: by the cgroup that
 * the process sees as its root, else by its mounts. What is looked at below
 * its root directory is its container's to arrange, so no link in there is
 * followed, nothing is opened for reading, and what it is has to be proved by
 * the cgroup file system's own numbers.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "cgroup_read.h"
#include "parse_mountinfo.h"
#include "procfs_private.h"

/* Inode of the host's cgroup namespace (PROC_CGROUP_INIT_INO). */
#define CGROUP_NAMESPACE_OF_HOST 0xEFFFFFFBu

bool
procfs_is_in_cgroup_namespace(void)
{
	struct stat st;

	return stat("/proc/self/ns/cgroup", &st) == 0 &&
	    st.st_ino != CGROUP_NAMESPACE_OF_HOST;
}

/* The process's /sys/fs/cgroup, to be closed, or -1. */
static int
open_own_cgroup(struct reading *r)
{
	static const char *const names[] = { "sys", "fs", "cgroup" };
	int fd, next;
	size_t i;

	/* Its root is a link of the kernel's. */
	fd = openat(r->place.dirfd, procfs_name(&r->place, "root"),
	    O_PATH | O_DIRECTORY | O_CLOEXEC);
	for (i = 0; fd != -1 && i < sizeof(names) / sizeof(*names); i++) {
		next = openat(fd, names[i],
		    O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		close(fd);
		fd = next;
	}
	return fd;
}

static bool
find_by_inode(struct reading *r)
{
	struct procfs *p = r->p;
	struct parse_cgroup *c = &p->container;
	struct statx stx;
	struct strview path;
	bool found;
	int fd = open_own_cgroup(r);

	if (fd == -1)
		return false;
	/* What is cached will do: a file server may be gone. */
	found = statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_INO,
		    &stx) == 0 &&
	    cgroup_tree_find_inode(p->engine.tree,
		makedev(stx.stx_dev_major, stx.stx_dev_minor), stx.stx_ino,
		p->hidden, sizeof(p->hidden));
	close(fd);
	path = strview_of(p->hidden);
	if (!found || !parse_cgroup_path(path, c))
		return false;
	c->path[CGROUP_UNIFIED] = parse_cgroup_own_path(path, c->id);
	return true;
}

/* Where the container is will have to be searched for, by its id. */
static void
find_by_mounts(struct reading *r)
{
	struct procfs *p = r->p;
	struct parse_mountinfo_container found;
	ssize_t n;

	n = procfs_read_file(
	    p, &r->place, "mountinfo", &p->cgroup, LIMIT_MOUNTINFO);
	if (n == -1)
		return;
	parse_mountinfo_container(p->cgroup.s, (size_t)n, &found);
	p->container = found.cgroup;
}

void
procfs_find_hidden(struct reading *r)
{
	const struct parse_cgroup *c = &r->p->container;
	bool above = c->unified.len >= 3 && memcmp(c->unified.s, "/..", 3) == 0;

	if (c->unified.len > 0 && find_by_inode(r))
		return;
	/* What is beside or above our own cgroup is none of ours. */
	if (!above)
		find_by_mounts(r);
}
