/* SPDX-License-Identifier: ISC
 *
 * What the files of the cgroup reader share. Nothing else includes it.
 */
#ifndef COLLECTORD_CGROUP_PRIVATE_H
#define COLLECTORD_CGROUP_PRIVATE_H

#include <sys/types.h>

#include "cgroup_read.h"
#include "parse_cgroup.h"

/* A hierarchy that we can open. */
struct cgroup_mount {
	int fd;     /* O_PATH; -1: there is none */
	char *root; /* what is mounted there: "" all, "/docker"; owned */
	bool real;  /* a cgroup file system, not a tree that looks like one */
	dev_t dev;
	ino_t inode;
};

/* All directories of one hierarchy, parents before children. */
struct cgroup_index {
	struct cgroup_node *nodes;
	uint32_t n;
	size_t size;
	char *names; /* each with its NUL */
	size_t names_len, names_size;
};

struct cgroup_tree {
	char *host_sys;
	int mountinfo; /* our own; -1: unreadable */
	/* A v1 controller's has an fd of its own even where several are
	 * mounted together. */
	struct cgroup_mount mount[CGROUP_CONTROLLERS];
	uint32_t generation; /* of the mounts */
	uint32_t host_cpus;
	uint64_t tick_ns; /* of cpuacct.stat's clock */
	char *text;       /* the file being read */
	size_t text_size;
	uint32_t max_fds;
	uint32_t kept;        /* open now */
	uint32_t kept_limits; /* of them, on files of limits */
	uint32_t places;
	bool no_openat2; /* the kernel is older than 5.6 */
	/* By mount; NULL: not walked since the last refresh. */
	struct cgroup_index *index[CGROUP_CONTROLLERS];
};

/* The files of one container, in order of what they cost to go without. */
enum cgroup_file {
	CGROUP_FILE_TIMES,
	CGROUP_FILE_TOTAL,
	CGROUP_FILE_MEMORY,
	CGROUP_FILE_USAGE,
	CGROUP_FILE_IO,
	CGROUP_FILE_THREADS,
	/* Limits, from here on. */
	CGROUP_FILE_QUOTA,
	CGROUP_FILE_PERIOD,
	CGROUP_FILE_CPUS,
	CGROUP_FILE_LIMIT,
	CGROUP_FILE_THREAD_LIMIT,
	CGROUP_FILE_PARENT_QUOTA,
	CGROUP_FILE_PARENT_PERIOD,
	CGROUP_FILE_PARENT_LIMIT,
	CGROUP_FILES
};

/* A cgroup: the mount it is in, and its path from there, without a slash in
 * front; "" is what is mounted. */
struct cgroup_dir {
	enum cgroup_controller mount; /* CGROUP_CONTROLLERS: there is none */
	const char *path;             /* borrowed from the place */
};

struct cgroup_place {
	struct cgroup_tree *tree; /* borrowed */
	uint32_t generation;      /* of the tree, that dir[] is for */
	char *text;               /* owned: what id and path[] borrow from */
	struct strview id;
	const char *path[CGROUP_CONTROLLERS]; /* from /proc; NULL: none */
	char *found; /* owned: where a search found it; NULL */
	struct cgroup_dir dir[CGROUP_UNIFIED]; /* by v1's names */
	int fd[CGROUP_FILES];                  /* -1: not kept */
	bool limits_known;
	double cpu_limit;
	uint64_t limit;
	uint64_t thread_limit;
	int64_t started;
	/* Set of enum container_hidden: what the last read had. A file of
	 * these that is missing says that the container is ending. */
	uint32_t readable;
};

/* cgroup_tree.c */

/* Opens `path` below dirfd ("" is dirfd itself), through no link and nothing
 * that would block. Returns the descriptor, or -1 with errno set. */
int cgroup_open(
    struct cgroup_tree *tree, int dirfd, const char *path, int flags);

/* cgroup_walk.c */

/* The path, as dir.path has it, of the outermost cgroup of a container with
 * that id; owned by the caller, NULL without one. */
char *cgroup_walk_find(
    struct cgroup_tree *tree, enum cgroup_controller mount, struct strview id);
/* Forgets what was walked. */
void cgroup_walk_forget(struct cgroup_tree *tree);

/* cgroup_place.c */

/* Finds dir[] again if the tree has changed, with no descriptor kept. */
void cgroup_place_resolve(struct cgroup_place *place);
void cgroup_place_drop_fds(struct cgroup_place *place);
/*
 * Looks at the container's directories: whether at least one is there, or it
 * is in no hierarchy at all. Sets place->started to the age of the oldest:
 * the kernel gives a directory its time when somebody first looks at it.
 */
bool cgroup_place_look(struct cgroup_place *place);

#endif
