/* SPDX-License-Identifier: ISC
 *
 * What collectord tells of its own work in the status record.
 */
#ifndef COLLECTORD_REPORT_H
#define COLLECTORD_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/link.h"
#include "common/schema.h"
#include "scanner.h"

struct cgroup_tree;
struct engine;

/* Where the answer comes from; all borrowed. */
struct report {
	const struct engine *engine;
	const struct scanner *scanner;
	const struct cgroup_tree *tree;
	bool network; /* of containers is read */
	uint64_t overruns;
	uint64_t blacklist_exceeded; /* matches that were given up */
	bool realtime;
	uint32_t realtime_interval; /* s */
	uint32_t realtime_left;     /* s */
	struct link_stats taggerd;
	/* What report_fill() makes; the record borrows from it. */
	struct rec_peer peer;
	struct rec_hidden
	    hidden[SCANNER_HIDDEN_BITS + SCANNER_HIDDEN_CONTAINER_BITS];
	char cgroup[128];
	char note[256];
};

/* Fills collectord's members of st, which are valid as long as `report`. */
void report_fill(struct report *report, struct rec_status *st);

#endif
