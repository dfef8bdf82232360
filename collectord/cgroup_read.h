/* SPDX-License-Identifier: ISC
 *
 * The accounting of containers, from the host's cgroup trees: v1, v2 or
 * both side by side, found by way of mountinfo below HOST_SYS. Opens files
 * for reading below those mounts and nothing else; follows no link.
 */
#ifndef COLLECTORD_CGROUP_READ_H
#define COLLECTORD_CGROUP_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct parse_cgroup;

struct cgroup_tree;  /* the mounts, by controller */
struct cgroup_place; /* where one container is in them; owned paths */

/* Counters since the container started, and what is true now. */
struct cgroup_sample {
	uint64_t mono_ns;  /* CLOCK_MONOTONIC of this container's own read */
	uint64_t total_ns; /* CPU time of all its processes */
	uint64_t user_ns;
	uint64_t system_ns;
	double cpu_limit; /* % of one core, 0: none */
	uint64_t rss;     /* bytes, as all to write_bytes */
	uint64_t cache;
	uint64_t usage;
	uint64_t accounted; /* usage, but for cache that can go at once: what
			       the OOM killer looks at */
	uint64_t limit;     /* 0: none */
	uint64_t read_bytes;
	uint64_t write_bytes;
	uint64_t threads;
	uint64_t thread_limit; /* 0: none */
	int64_t started;       /* s since the epoch, 0 unknown: the age of its
				  directory, as first seen */
	uint32_t hidden;       /* set of enum container_hidden: not readable,
				  or accounted by nobody */
};

/*
 * Finds the mounts. host_sys is HOST_SYS ("/sys"). A tree of directories
 * without a mount will do, which is a test's. Keeps at most max_fds
 * descriptors on cgroups' files. Never fails: a host without cgroups has
 * none.
 */
struct cgroup_tree *cgroup_tree_new(const char *host_sys, uint32_t max_fds);
void cgroup_tree_free(struct cgroup_tree *tree); /* NULL is fine */

/* Looks at the mounts again if they may have changed; cheap otherwise. To be
 * called before each scan. */
void cgroup_tree_refresh(struct cgroup_tree *tree);

/* One line for status: "v1: cpu cpuacct ... ", "v2", "none: ...". */
void cgroup_tree_describe(
    const struct cgroup_tree *tree, char *out, size_t size);

/* Descriptors held between scans. */
uint32_t cgroup_tree_kept(const struct cgroup_tree *tree);

/*
 * The path of the v2 cgroup that has this inode, as /proc/PID/cgroup of the
 * host would have it: for a process whose path our own cgroup namespace
 * hides, by the device and inode of its root/sys/fs/cgroup. Walks the
 * hierarchy, once between two refreshes however often it is called. Returns
 * false when there is none, or its path does not fit.
 */
bool cgroup_tree_find_inode(struct cgroup_tree *tree, dev_t device,
    uint64_t inode, char *path, size_t size);

/* Where the container is; searched for by its id when our cgroup namespace
 * hides its path, or it has none. Owned by the caller, to be freed before
 * the tree. */
struct cgroup_place *cgroup_place_new(
    struct cgroup_tree *tree, const struct parse_cgroup *container);
void cgroup_place_free(struct cgroup_place *place); /* NULL is fine */

/*
 * Reads. Limits are read when `limits` is set (full scans) and the first
 * time, else they are as last read. Returns 0, or -1 when the container is
 * gone. One that no hierarchy accounts for is not: all of it is hidden.
 */
int cgroup_read(
    struct cgroup_place *place, bool limits, struct cgroup_sample *out);

#endif
