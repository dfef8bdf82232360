/* SPDX-License-Identifier: ISC
 *
 * The processes as last seen, in a hash table keyed by identity: pid and
 * start time, so that a reused pid is another process. A snapshot marks what
 * it shows and its end sweeps the rest away.
 */
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "model_private.h"
#include "record.h"

#define SLOTS_MIN 256u

/* What a process of which only a process_stat came keeps hidden: all. */
#define HIDDEN_ALL \
	(HIDDEN_CMDLINE | HIDDEN_EXE | HIDDEN_CWD | HIDDEN_ROOT | HIDDEN_STATUS)

struct model *
model_new(void)
{
	struct model *model = xcalloc(1, sizeof(*model));

	model->size = SLOTS_MIN;
	model->slots = xcalloc(model->size, sizeof(*model->slots));
	model->containers = contab_new();
	return model;
}

void
model_free(struct model *model)
{
	if (model == NULL)
		return;
	for (uint32_t i = 0; i < model->size; i++)
		free(model->slots[i].rec);
	free(model->slots);
	contab_free(model->containers);
	for (size_t i = 0; i < MODEL_DAEMONS; i++)
		free(model->status[i]);
	free(model->host);
	free(model->files);
	free(model);
}

/* The slot of an identity, or the free one where it belongs. */
static struct model_slot *
find_slot(const struct model *model, int32_t pid, uint64_t start)
{
	uint64_t hash = ((uint64_t)(uint32_t)pid << 32 ^ start) *
	    UINT64_C(0x9e3779b97f4a7c15);
	uint32_t at = (uint32_t)(hash >> 32) & (model->size - 1);

	while (model->slots[at].rec != NULL &&
	    (model->slots[at].rec->stat.pid != pid ||
		model->slots[at].rec->stat.start_ticks != start))
		at = (at + 1) & (model->size - 1);
	return &model->slots[at];
}

/* Moves every process that `keep` was marked by, or all if it is 0, to a
 * table of the right size; frees the others. */
static void
rebuild(struct model *model, uint32_t room, uint64_t keep)
{
	struct model_slot *old = model->slots;
	uint32_t old_size = model->size;

	model->size = SLOTS_MIN;
	while (model->size / 4 * 3 < room)
		model->size *= 2;
	model->slots = xcalloc(model->size, sizeof(*model->slots));
	model->n = 0;
	for (uint32_t i = 0; i < old_size; i++) {
		if (old[i].rec == NULL)
			continue;
		if (keep != 0 && old[i].mark != keep) {
			free(old[i].rec);
			continue;
		}
		*find_slot(model, old[i].rec->stat.pid,
		    old[i].rec->stat.start_ticks) = old[i];
		model->n++;
	}
	free(old);
}

/* Puts a copy of rec in its slot, in place of what was there. */
static void
store(struct model *model, const struct rec_process *rec)
{
	struct model_slot *slot = find_slot(
	    model, rec->stat.pid, rec->stat.start_ticks);
	struct rec_process *copy;

	if (slot->rec == NULL) {
		if (model->n >= LIMIT_SNAPSHOT_PROCESSES)
			return;
		if (model->n + 1 > model->size / 4 * 3) {
			rebuild(model, model->n * 2, 0);
			slot = find_slot(
			    model, rec->stat.pid, rec->stat.start_ticks);
		}
		model->n++;
	}
	copy = record_dup(MSG_process, rec);
	free(slot->rec); /* after the copy: rec may borrow from it */
	slot->rec = copy;
	slot->mark = model->mark;
}

void
model_begin(struct model *model, const struct rec_snapshot_begin *rec)
{
	model->begin = *rec;
	model->open = true;
	model->mark++;
	if (model->broken) { /* nothing bears this mark yet */
		rebuild(model, 0, model->mark);
		contab_sweep(model->containers, model->mark);
	}
	model->broken = false;
}

void
model_put_process(struct model *model, const struct rec_process *rec)
{
	if (model->open)
		store(model, rec);
}

void
model_put_stat(struct model *model, const struct rec_process_stat *rec)
{
	struct rec_process whole;
	struct model_slot *slot;
	struct strview had;

	if (!model->open)
		return;
	slot = find_slot(model, rec->pid, rec->start_ticks);
	if (slot->rec == NULL) {
		whole = (struct rec_process){ .stat = *rec,
			.hidden = HIDDEN_ALL };
		store(model, &whole);
		return;
	}
	had = slot->rec->stat.container_id;
	if (strview_equal(had, rec->container_id)) {
		slot->rec->stat = *rec;
		slot->rec->stat.container_id = had;
		slot->mark = model->mark;
		return;
	}
	whole = *slot->rec;
	whole.stat = *rec;
	store(model, &whole);
}

void
model_put_container(struct model *model, const struct rec_container *rec)
{
	if (model->open)
		contab_put(model->containers, rec, model->mark);
}

void
model_put_container_stat(
    struct model *model, const struct rec_container_stat *rec)
{
	if (model->open)
		contab_put_stat(model->containers, rec, model->mark);
}

int
model_end(struct model *model, const struct rec_snapshot_end *rec)
{
	struct model_scan *scan;
	uint64_t before;

	if (!model->open || rec->scan != model->begin.scan ||
	    rec->kind != model->begin.kind)
		return -1;
	model->open = false;
	rebuild(model, model->n, model->mark);
	contab_sweep(model->containers, model->mark);
	scan = rec->kind == SNAPSHOT_FULL ? &model->full : &model->realtime;
	before = scan->begin.mono_ns;
	scan->interval_ns = scan->seen && model->begin.mono_ns > before
	    ? model->begin.mono_ns - before
	    : 0;
	scan->begin = model->begin;
	scan->end = *rec;
	scan->seen = true;
	return 0;
}

void
model_put_host(struct model *model, const struct rec_host *rec)
{
	free(model->host);
	model->host = record_dup(MSG_host, rec);
}

/* Where a daemon's status stands, or NULL for none of the three. */
static struct rec_status **
status_slot(const struct model *model, uint32_t daemon)
{
	static const enum role order[MODEL_DAEMONS] = { R_COLLECTORD, R_TAGGERD,
		R_SHIPPERD };

	for (size_t i = 0; i < MODEL_DAEMONS; i++)
		if (order[i] == daemon)
			return (struct rec_status **)&model->status[i];
	return NULL;
}

void
model_put_status(struct model *model, const struct rec_status *rec)
{
	struct rec_status **slot = status_slot(model, rec->daemon);

	if (slot == NULL)
		return;
	free(*slot);
	*slot = record_dup(MSG_status, rec);
}

void
model_put_files(struct model *model, const struct rec_files *rec)
{
	free(model->files);
	model->files = record_dup(MSG_files, rec);
}

void
model_disconnect(struct model *model)
{
	if (model->open)
		model->broken = true;
	model->open = false;
	for (size_t i = 0; i < MODEL_DAEMONS; i++) {
		free(model->status[i]);
		model->status[i] = NULL;
	}
}

const struct rec_status *
model_status(const struct model *model, enum role daemon)
{
	struct rec_status **slot = status_slot(model, daemon);

	return slot != NULL ? *slot : NULL;
}
