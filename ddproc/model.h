/* SPDX-License-Identifier: ISC
 *
 * The processes and containers of the host as last seen: the last full
 * snapshot with the real-time ones merged over it, and what the daemons said
 * about themselves. The model owns all it holds; records that go in are copied.
 */
#ifndef DDPROC_MODEL_H
#define DDPROC_MODEL_H

#include <stdbool.h>
#include <stddef.h>

#include "common/schema.h"

struct match;
struct model;

/* The last whole snapshot of one kind. */
struct model_scan {
	bool seen;
	struct rec_snapshot_begin begin; /* holds no strings */
	struct rec_snapshot_end end;
	uint64_t interval_ns; /* between the last two of its kind, 0 unknown */
};

/* A list of processes, borrowed from the model until its next record. */
struct model_view {
	const struct rec_process **v; /* owned by the view */
	size_t n;
	size_t size;
};

/* The same of containers. */
struct model_containers {
	const struct rec_container **v; /* owned by the view */
	size_t n;
	size_t size;
};

/* Sums over all processes, or over all containers where those alone are
 * covered. */
struct model_summary {
	uint32_t processes;
	uint32_t containers;
	uint32_t by_state[STATE_ZOMBIE + 1];
	uint32_t by_container_state[CONTAINER_DEAD + 1];
	double cpu;   /* % of one core */
	uint64_t rss; /* bytes; shared pages count once per process */
};

struct model *model_new(void);
void model_free(struct model *model); /* NULL is fine */

/* Records, in the order in which they came. Records of a snapshot count only
 * between its begin and its end; an end without its begin is ignored. */
void model_begin(struct model *model, const struct rec_snapshot_begin *rec);
void model_put_process(struct model *model, const struct rec_process *rec);
void model_put_stat(struct model *model, const struct rec_process_stat *rec);
void model_put_container(struct model *model, const struct rec_container *rec);
void model_put_container_stat(
    struct model *model, const struct rec_container_stat *rec);
/* Drops what the snapshot did not show. Returns 0, or -1 when
 * it ends no open snapshot. */
int model_end(struct model *model, const struct rec_snapshot_end *rec);
void model_put_host(struct model *model, const struct rec_host *rec);
void model_put_status(struct model *model, const struct rec_status *rec);
void model_put_files(struct model *model, const struct rec_files *rec);

/* The link is down: an open snapshot will not end, and what the daemons said
 * of themselves is no longer so. The processes stay, until the next snapshot
 * begins where one was broken off: those would pile up with each link. */
void model_disconnect(struct model *model);

/* What is known; NULL for what never came. Borrowed until the next record
 * of the same kind. */
const struct rec_host *model_host(const struct model *model);
const struct rec_status *model_status(
    const struct model *model, enum role daemon);
const struct rec_files *model_files(const struct model *model);
const struct model_scan *model_scan(
    const struct model *model, enum snapshot_kind kind);
/* The newer of the two kinds, or NULL when there was none. */
const struct model_scan *model_last_scan(const struct model *model);

/* The process with this pid (the one started last, should there be two), or
 * NULL. Borrowed until the next record. */
const struct rec_process *model_find_pid(
    const struct model *model, int32_t pid);

/* The container of this id, or NULL when none was shown. Borrowed until the
 * next record. */
const struct rec_container *model_find_container(
    const struct model *model, struct strview id);

/* All tags of a process: its own, its container's (NULL: of none), the
 * host's, each once; of a container, too, with its own and NULL. They are put
 * into `room`. */
#define MODEL_TAGS (3 * LIMIT_TAGS)
struct strviews model_tags(const struct model *model,
    const struct strviews *own, const struct rec_container *container,
    struct strview room[MODEL_TAGS]);

/* Fill `view` with those that match (NULL: all), in no order. */
void model_select(const struct model *model, const struct match *match,
    struct model_view *view);
void model_view_free(struct model_view *view);
void model_select_containers(const struct model *model,
    const struct match *match, struct model_containers *view);
void model_containers_free(struct model_containers *view);

/* Whether the last snapshot covers no processes, by configuration. */
bool model_containers_only(const struct model *model);

/* Whether any process is in a container. */
bool model_has_containers(const struct model *model);

void model_summarize(const struct model *model, struct model_summary *out);

#endif
