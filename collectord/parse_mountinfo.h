/* SPDX-License-Identifier: ISC
 *
 * /proc/PID/mountinfo: where cgroups are mounted, and which container a
 * process is in whose cgroup's path is hidden. Pure: text in, what it says
 * out. Strings borrow from the text, in which a blank is "\040".
 */
#ifndef COLLECTORD_PARSE_MOUNTINFO_H
#define COLLECTORD_PARSE_MOUNTINFO_H

#include <stdbool.h>
#include <stddef.h>

#include "parse_cgroup.h"
#include "parse_scan.h"

/* One line. */
struct parse_mount {
	struct strview root;    /* of the file system: what is mounted */
	struct strview point;   /* where, as the process sees it */
	struct strview fstype;  /* "cgroup2" */
	struct strview options; /* of the file system: "rw,cpu,cpuacct" */
};

/* The next line that is a mount's. Returns false at the end. */
bool parse_mountinfo_next(struct cursor *text, struct parse_mount *out);

/* Undoes the escapes of a path. Returns 0, or -1 when it does not fit `size`
 * with its NUL, or has a NUL in it. */
int parse_mountinfo_path(struct strview escaped, char *out, size_t size);

/* A mounted hierarchy. point.len 0: there is none. */
struct parse_cgroup_mount {
	struct strview root;
	struct strview point;
};

/*
 * The mounts of each v1 controller (file system cgroup) and of v2 (cgroup2)
 * at `prefix` or below; of several, the one with the shortest path.
 */
void parse_mountinfo_cgroups(const char *text, size_t len, const char *prefix,
    struct parse_cgroup_mount out[CGROUP_CONTROLLERS]);

/* Who a process is by its own mounts. Empty where they do not tell. */
struct parse_mountinfo_container {
	/* Never a sandbox's or a volume's id. The paths in it are empty. */
	struct parse_cgroup cgroup;
	struct strview name; /* of the container, in its pod */
};

void parse_mountinfo_container(
    const char *text, size_t len, struct parse_mountinfo_container *out);

#endif
