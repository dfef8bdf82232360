/* SPDX-License-Identifier: ISC
 *
 * /proc/PID/cgroup: from a process to its container. Pure: text in, what it
 * says out.
 */
#ifndef COLLECTORD_PARSE_CGROUP_H
#define COLLECTORD_PARSE_CGROUP_H

#include <stdbool.h>
#include <stddef.h>

#include "common/strview.h"

/* The hierarchies that account for a container. */
enum cgroup_controller {
	CGROUP_CPU,
	CGROUP_CPUACCT,
	CGROUP_CPUSET,
	CGROUP_MEMORY,
	CGROUP_BLKIO,
	CGROUP_PIDS,
	CGROUP_UNIFIED, /* v2: all of them in one */
	CGROUP_CONTROLLERS
};

/* A process's container. The strings borrow from the text; id.len is 0 for a
 * process in none. */
struct parse_cgroup {
	struct strview id;       /* 64 hex digits, "32 hex-digits", 8-4-4-4-4 */
	struct strview pod_uid;  /* as the path has it: '_' may stand for '-' */
	struct strview ecs_task; /* id of the task, "" without one */
	/* "docker", "containerd"...: a constant; "" where the form does not
	 * tell, as Kubernetes' own does not. */
	const char *type;
	/* The container's own cgroup in each hierarchy, from its root: up to
	 * the component that holds the id. len 0: none there. May begin with
	 * "/..": our cgroup namespace hides what is above. */
	struct strview path[CGROUP_CONTROLLERS];
	/* The process's own cgroup in the v2 hierarchy; len 0: no such line.
	 * "/" or "/..": our cgroup namespace hides where it is. */
	struct strview unified;
};

/* Never fails: text that is no kernel's names no container. */
void parse_cgroup(const char *text, size_t len, struct parse_cgroup *out);

/*
 * A path alone, as mountinfo and the directories of a hierarchy have it: sets
 * id, pod_uid, ecs_task and type of *out and leaves the rest alone. Returns
 * whether the path names a container.
 */
bool parse_cgroup_path(struct strview path, struct parse_cgroup *out);

/* The next v1 controller of a list with commas, which moves past it; names of
 * others are passed over. Returns CGROUP_CONTROLLERS at the end. */
enum cgroup_controller parse_cgroup_next_controller(struct strview *list);

/* The part of `path` from its start through the first component that holds
 * the id; len 0 when none does. */
struct strview parse_cgroup_own_path(struct strview path, struct strview id);

#endif
