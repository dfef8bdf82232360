/* SPDX-License-Identifier: ISC
 *
 * Every container that has processes: which they are, its counters of the
 * last read, and the rates made from them. A container is there as long as a
 * process of it is; nobody else is asked.
 */
#ifndef COLLECTORD_CONTAINERS_H
#define COLLECTORD_CONTAINERS_H

#include <stdbool.h>
#include <stdint.h>

#include "cgroup_read.h"
#include "engine.h"

struct containers;

/* Over the time between this container's own two reads, of which the last is
 * kept for the next. */
struct container_rates {
	float total_pct; /* % of one core */
	float user_pct;
	float system_pct;
	float cpu_ns;     /* ns of CPU per s */
	float read_bytes; /* bytes per s, as all *_bytes */
	float write_bytes;
	float received; /* packets per s */
	float received_bytes;
	float sent;
	float sent_bytes;
	struct cgroup_sample cgroup; /* mono_ns 0: none yet */
	struct engine_network network;
};

/* Owned by the table. */
struct container {
	struct container *next; /* in its bucket */
	struct strview id;      /* owned, as pod_uid */
	struct strview pod_uid; /* with '-' between its parts */
	const char *type;       /* a constant */
	uint64_t shown;     /* caller's: the reader that has had all of it */
	uint64_t seen;      /* the scan that saw a process of it last */
	uint32_t processes; /* in that scan, without zombies */
	/* The process that stands for it: its network is the container's. */
	int32_t pid;
	uint64_t start_ticks;
	bool alive; /* it was in that scan; else this one stands for it now: */
	int32_t other_pid; /* 0: none */
	uint64_t other_start_ticks;
	bool told_again;   /* it may have execed, in another network */
	int64_t oldest_ms; /* when the first of its processes of that scan
			      started, ms since the epoch; 0: not known */
	struct cgroup_place *place; /* owned; NULL: not known */
	uint32_t hierarchies; /* set of 1 << cgroup_controller, it is in */
	bool known;           /* it was read since that was known */
	bool host_network;
	struct cgroup_sample now; /* the last read */
	uint32_t hidden;          /* set of enum container_hidden */
	struct container_rates rates;
};

typedef void containers_on_read(struct container *container, void *arg);

/* Returns an owned table. Borrows the engine and the tree. Fatal without
 * memory. */
struct containers *containers_new(
    struct engine *engine, struct cgroup_tree *tree);
void containers_free(struct containers *tab); /* NULL is fine */

/* Whether the network is read; at first it is. */
void containers_set_network(struct containers *tab, bool network);

/* A scan begins. */
void containers_begin(struct containers *tab);

/*
 * A process is in `container`, as the last sample of it that told one
 * returned (NULL: in none), or in the one that this sample tells; created_ms
 * is when it started, ms since the epoch, 0 not known. Returns the container,
 * valid as long as each scan sees a process of it; NULL for none, or when the
 * table holds LIMIT_CONTAINERS already. To be called once for every process of
 * a scan.
 */
struct container *containers_see(struct containers *tab,
    struct container *container, const struct engine_sample *sample,
    int64_t created_ms);

/*
 * The scan was complete: reads each container that it saw and yields it, with
 * its limits if `limits` is set; forgets those that it did not see. What
 * cannot be read any more is left out and counted in skipped->containers.
 */
void containers_read(struct containers *tab, bool limits,
    containers_on_read *on_read, void *arg, struct rec_skipped *skipped);

/* Processes of the last scan whose containers found no room. */
uint32_t containers_refused(const struct containers *tab);

#endif
