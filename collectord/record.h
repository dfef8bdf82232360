/* SPDX-License-Identifier: ISC
 *
 * Snapshots: from samples and the table's entries to the encoded records of
 * schema.def, within the bounds of one snapshot.
 */
#ifndef COLLECTORD_RECORD_H
#define COLLECTORD_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "common/batch.h"
#include "common/schema.h"

struct container;
struct engine_sample;
struct proc;

/* A snapshot being made. */
struct record_snapshot {
	struct batch *batch; /* owned until record_end() */
	enum snapshot_scope scope;
	struct buf containers;    /* encoded; they stand before processes */
	uint32_t processes;       /* `process` records in it */
	uint32_t stats;           /* `process_stat` records in it */
	uint32_t whole;           /* `container` records in it */
	uint32_t container_stats; /* `container_stat` records in it */
};

/* What is known when a scan is over. */
struct record_scan {
	int64_t wall_ms;  /* when the scan began */
	uint64_t mono_ns; /* the same on CLOCK_MONOTONIC */
	struct rec_skipped skipped;
	uint64_t cost_cpu;  /* us */
	uint64_t cost_wall; /* us */
};

void record_begin(struct record_snapshot *snap, enum snapshot_kind kind,
    enum snapshot_scope scope, uint64_t scan);

/*
 * Adds a process. `whole` says that a real-time snapshot needs all of it as
 * well. Returns 0, or -1 when the snapshot is full.
 */
int record_add(struct record_snapshot *snap, const struct engine_sample *sample,
    const struct proc *proc, bool whole);

/* The same for a container; before or after processes. */
int record_add_container(struct record_snapshot *snap,
    const struct container *container, bool whole);

/* Completes the batch and hands it over, owned by the caller. */
struct batch *record_end(
    struct record_snapshot *snap, const struct record_scan *scan);

/* Instead of record_end(): the snapshot is for nobody. */
void record_discard(struct record_snapshot *snap);

#endif
