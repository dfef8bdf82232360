/* SPDX-License-Identifier: ISC
 *
 * The inside of the model, for model.c (what comes in) and model_query.c
 * (what is asked of it).
 */
#ifndef DDPROC_MODEL_PRIVATE_H
#define DDPROC_MODEL_PRIVATE_H

#include "contab.h"
#include "model.h"

#define MODEL_DAEMONS 3

struct model_slot {
	struct rec_process *rec; /* owned; NULL: free */
	uint64_t mark;           /* the last snapshot that showed it */
};

struct model {
	struct model_slot
	    *slots;    /* open addressing, never more than 3/4 full */
	uint32_t size; /* a power of two */
	uint32_t n;
	struct contab *containers; /* owned */
	uint64_t mark;             /* counts snapshots */
	bool open;                 /* between begin and end */
	bool broken;               /* the last one was begun and will not end */
	struct rec_snapshot_begin begin;
	struct model_scan full;
	struct model_scan realtime;
	struct rec_host *host; /* owned, as the rest */
	struct rec_status *status[MODEL_DAEMONS];
	struct rec_files *files;
};

#endif
