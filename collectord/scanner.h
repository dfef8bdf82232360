/* SPDX-License-Identifier: ISC
 *
 * One scan from the engine to a snapshot: samples into the table, records
 * out of it, everything left out counted by its reason. Knows no link and no
 * timer.
 */
#ifndef COLLECTORD_SCANNER_H
#define COLLECTORD_SCANNER_H

#include <stdbool.h>
#include <stdint.h>

#include "common/batch.h"
#include "common/schema.h"

struct cgroup_tree;
struct engine;
struct filter;
struct scanner;
struct scrub;

#define SCANNER_HIDDEN_BITS           7 /* of enum process_hidden */
#define SCANNER_HIDDEN_CONTAINER_BITS 5 /* of enum container_hidden */

/* What came of the last scan of a kind. */
struct scanner_result {
	uint64_t scan;       /* its number; 0: none yet */
	uint64_t mono_ns;    /* when it began */
	uint32_t processes;  /* in the snapshot; all of them, if it has none */
	uint32_t containers; /* in the snapshot */
	/* Processes whose containers are one too many to be known. */
	uint32_t uncontained;
	struct rec_skipped skipped;
	uint64_t cost_cpu;  /* us */
	uint64_t cost_wall; /* us */
	/* Processes that hide each field of enum process_hidden. */
	uint32_t hidden[SCANNER_HIDDEN_BITS];
	/* Containers that hide each figure of enum container_hidden. */
	uint32_t hidden_containers[SCANNER_HIDDEN_CONTAINER_BITS];
};

/* Returns an owned scanner over the borrowed engine and tree, without rules:
 * see scanner_set_rules(). boot_ms is the boot time, ms since the epoch. */
struct scanner *scanner_new(
    struct engine *engine, struct cgroup_tree *tree, int64_t boot_ms);
void scanner_free(struct scanner *s); /* NULL is fine */

/* Borrows the rules for command lines until the next call; the old ones are
 * used no more once it returns. To be called before the first scan. */
void scanner_set_rules(
    struct scanner *s, const struct scrub *scrub, struct filter *filter);

/* What snapshots cover, and whether the network of containers is read. At
 * first: all. */
void scanner_set_scope(
    struct scanner *s, enum snapshot_scope scope, bool network);

/* What is sent from now on goes to somebody who has seen nothing. */
void scanner_new_reader(struct scanner *s);

/* Scans. Returns an owned batch, or NULL when the engine has no list of
 * processes (see scanner_error()). */
struct batch *scanner_run(struct scanner *s, enum snapshot_kind kind);

/* Scans for the rates of the next one only. */
void scanner_prime(struct scanner *s);

/* Borrowed. Priming counts as a full scan in mono_ns alone. */
const struct scanner_result *scanner_last(
    const struct scanner *s, enum snapshot_kind kind);

/* Why the last scan gave nothing, or "". */
const char *scanner_error(const struct scanner *s);

#endif
