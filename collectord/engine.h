/* SPDX-License-Identifier: ISC
 *
 * The seam between collectord and the kernel. An engine reads every process
 * of the host in one scan, in its own order, and yields one raw sample for
 * each. Code above the seam (identity, rates, scrubbing, records) knows no
 * file of /proc; an engine knows no rate and sends nothing anywhere.
 */
#ifndef COLLECTORD_ENGINE_H
#define COLLECTORD_ENGINE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/schema.h"
#include "common/strview.h"

struct cgroup_tree;
struct engine;
struct parse_cgroup;

/* The parts of a sample that are not in every one. */
enum engine_part {
	ENGINE_CMDLINE = 1 << 0,
	ENGINE_PATHS = 1 << 1, /* exe, root, on_disk */
	ENGINE_SLOW = 1 << 2,  /* cwd, fds */
	ENGINE_CONTAINER = 1 << 3,
};

/* Counters since the process started. */
struct engine_io {
	uint64_t read_ops;
	uint64_t write_ops;
	uint64_t read_bytes;
	uint64_t write_bytes;
};

/* One process as the kernel told it. The strings are the engine's and are
 * valid until on_sample returns. */
struct engine_sample {
	int32_t pid;
	uint64_t start_ticks; /* clock ticks since boot */
	uint64_t mono_ns;     /* CLOCK_MONOTONIC of this process's own read */
	enum process_state state;
	int32_t ppid;
	int32_t pgrp;
	int32_t nspid;
	int32_t nice;
	int32_t threads;
	uint64_t user_ns; /* CPU time of all threads since it started */
	uint64_t system_ns;
	uint64_t rss; /* bytes, as all to `data` */
	uint64_t vms;
	uint64_t swap;
	uint64_t shared;
	uint64_t text;
	uint64_t lib;
	uint64_t data;
	uint32_t uid, euid, suid; /* UINT32_MAX: unreadable, as all six */
	uint32_t gid, egid, sgid;
	uint64_t voluntary_ctxt;
	uint64_t involuntary_ctxt;
	struct engine_io io;
	struct strview comm;
	/* Set of enum process_hidden: what could not be read, now or when it
	 * was last tried. */
	uint32_t hidden;
	uint32_t parts; /* set of enum engine_part: what of these is here */
	struct strview cmdline; /* raw: NULs between, to LIMIT_CMDLINE + 1 */
	struct strview exe;     /* without the kernel's " (deleted)" */
	struct strview root;
	bool on_disk; /* the executable still exists */
	struct strview cwd;
	int32_t fds; /* -1: unreadable */
	/* The container it is in, id.len 0 for none; the engine's, as the
	 * strings are. NULL: what it was before holds. */
	const struct parse_cgroup *container;
};

/* Counters since a network namespace was made, without its loopback. */
struct engine_network {
	uint64_t mono_ns;   /* CLOCK_MONOTONIC of this read */
	uint64_t namespace; /* its number; 0: not found out yet */
	bool host;          /* the host's own: nothing is counted */
	uint64_t received_bytes;
	uint64_t received_packets;
	uint64_t sent_bytes;
	uint64_t sent_packets;
};

typedef void engine_on_sample(const struct engine_sample *sample, void *arg);

/* One open file. target is empty and readable false when its link may not be
 * read. Returns false when there is no room for it. */
typedef bool engine_on_file(
    int32_t fd, const struct strview *target, bool readable, void *arg);

struct engine_ops {
	const char *name; /* "procfs" */
	/*
	 * Reads every process. A real-time scan leaves ENGINE_SLOW out for a
	 * process that it knows. Adds what it left out to *skipped. Returns 0,
	 * or -1 with errno set when there is no list of processes.
	 */
	int (*scan)(struct engine *engine, enum snapshot_kind kind,
	    engine_on_sample *on_sample, void *arg,
	    struct rec_skipped *skipped);
	/*
	 * Lists the open files of the process that has this identity. At most
	 * `max` of them, and none after on_file said false; *more is how many
	 * were left. Returns NULL, or a constant that says why there is no list.
	 */
	const char *(*inspect)(struct engine *engine, int32_t pid,
	    uint64_t start_ticks, uint32_t max, engine_on_file *on_file,
	    void *arg, uint32_t *more);
	/*
	 * Reads the network of the process that has this identity. The caller
	 * passes what the last call for the same identity gave, so that its
	 * namespace need not be found out again, or all 0. Returns 0, or -1
	 * when it cannot be read or the process is gone.
	 */
	int (*network)(struct engine *engine, int32_t pid, uint64_t start_ticks,
	    struct engine_network *network);
	/* What an operator should know of what the last scan could not see:
	 * a constant, or NULL. */
	const char *(*note)(const struct engine *engine);
	/* Descriptors held between scans. */
	uint32_t (*kept_fds)(const struct engine *engine);
	void (*free)(struct engine *engine);
};

/* The head of every engine's own struct. */
struct engine {
	const struct engine_ops *ops;
	/* Set from above, cleared by the next scan: it reads all parts of all
	 * processes. */
	bool refresh;
	/* Set from above: samples hold identity, state, CPU time and container
	 * alone, read as cheaply as that goes. */
	bool containers_only;
	/* Set from above, borrowed: where a container is looked for whose path
	 * is hidden; NULL: nowhere. */
	struct cgroup_tree *tree;
};

#endif
