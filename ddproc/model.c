/* SPDX-License-Identifier: ISC
 *
 * The processes as last seen, in a hash table keyed by identity: pid and
 * start time, so that a reused pid is another process. A snapshot marks what
 * it shows and its end sweeps the rest away.
 */
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "match.h"
#include "model.h"
#include "record.h"

#define SLOTS_MIN 256u
#define DAEMONS   3

/* What a process of which only a process_stat came keeps hidden: all. */
#define HIDDEN_ALL \
	(HIDDEN_CMDLINE | HIDDEN_EXE | HIDDEN_CWD | HIDDEN_ROOT | HIDDEN_STATUS)

struct slot {
	struct rec_process *rec; /* owned; NULL: free */
	uint64_t mark;           /* the last snapshot that showed it */
};

struct model {
	struct slot *slots; /* open addressing, never more than 3/4 full */
	uint32_t size;      /* a power of two */
	uint32_t n;
	uint64_t mark; /* counts snapshots */
	bool open;     /* between begin and end */
	bool broken;   /* the last one was begun and will not end */
	struct rec_snapshot_begin begin;
	struct model_scan full;
	struct model_scan realtime;
	struct rec_host *host;
	struct rec_status *status[DAEMONS];
	struct rec_files *files;
};

struct model *
model_new(void)
{
	struct model *model = xcalloc(1, sizeof(*model));

	model->size = SLOTS_MIN;
	model->slots = xcalloc(model->size, sizeof(*model->slots));
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
	for (size_t i = 0; i < DAEMONS; i++)
		free(model->status[i]);
	free(model->host);
	free(model->files);
	free(model);
}

/* The slot of an identity, or the free one where it belongs. */
static struct slot *
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
	struct slot *old = model->slots;
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
	struct slot *slot = find_slot(
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
	if (model->broken)
		rebuild(model, 0, model->mark); /* nothing bears it yet */
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
	struct slot *slot;
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
	static const enum role order[DAEMONS] = { R_COLLECTORD, R_TAGGERD,
		R_SHIPPERD };

	for (size_t i = 0; i < DAEMONS; i++)
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
	for (size_t i = 0; i < DAEMONS; i++) {
		free(model->status[i]);
		model->status[i] = NULL;
	}
}

const struct rec_host *
model_host(const struct model *model)
{
	return model->host;
}

const struct rec_status *
model_status(const struct model *model, enum role daemon)
{
	struct rec_status **slot = status_slot(model, daemon);

	return slot != NULL ? *slot : NULL;
}

const struct rec_files *
model_files(const struct model *model)
{
	return model->files;
}

const struct model_scan *
model_scan(const struct model *model, enum snapshot_kind kind)
{
	return kind == SNAPSHOT_FULL ? &model->full : &model->realtime;
}

const struct model_scan *
model_last_scan(const struct model *model)
{
	const struct model_scan *full = &model->full;
	const struct model_scan *realtime = &model->realtime;

	if (!full->seen && !realtime->seen)
		return NULL;
	return realtime->begin.mono_ns > full->begin.mono_ns ? realtime : full;
}

const struct rec_process *
model_find_pid(const struct model *model, int32_t pid)
{
	const struct rec_process *found = NULL;

	for (uint32_t i = 0; i < model->size; i++) {
		const struct rec_process *rec = model->slots[i].rec;

		if (rec != NULL && rec->stat.pid == pid &&
		    (found == NULL ||
			rec->stat.start_ticks > found->stat.start_ticks))
			found = rec;
	}
	return found;
}

static bool
has_tag(const struct strviews *tags, struct strview tag)
{
	for (uint32_t i = 0; i < tags->n; i++)
		if (strview_equal(tags->v[i], tag))
			return true;
	return false;
}

struct strviews
model_tags(const struct model *model, const struct rec_process *rec,
    struct strview room[2 * LIMIT_TAGS])
{
	struct strviews all = { room, 0 };

	for (uint32_t i = 0; i < rec->tags.n; i++)
		room[all.n++] = rec->tags.v[i];
	if (model->host == NULL)
		return all;
	for (uint32_t i = 0; i < model->host->tags.n; i++)
		if (!has_tag(&rec->tags, model->host->tags.v[i]))
			room[all.n++] = model->host->tags.v[i];
	return all;
}

void
model_select(const struct model *model, const struct match *match,
    struct model_view *view)
{
	struct strviews host_tags = { 0 };

	if (view->size < model->n) {
		view->size = model->n + model->n / 4;
		view->v = xrealloc(
		    view->v, view->size * sizeof(struct rec_process *));
	}
	if (model->host != NULL)
		host_tags = model->host->tags;
	view->n = 0;
	for (uint32_t i = 0; i < model->size; i++)
		if (model->slots[i].rec != NULL &&
		    (match == NULL ||
			match_process(match, model->slots[i].rec, &host_tags)))
			view->v[view->n++] = model->slots[i].rec;
}

void
model_view_free(struct model_view *view)
{
	free(view->v);
	*view = (struct model_view){ 0 };
}

bool
model_has_containers(const struct model *model)
{
	for (uint32_t i = 0; i < model->size; i++)
		if (model->slots[i].rec != NULL &&
		    model->slots[i].rec->stat.container_id.len > 0)
			return true;
	return false;
}

void
model_summarize(const struct model *model, struct model_summary *out)
{
	*out = (struct model_summary){ .processes = model->n };
	for (uint32_t i = 0; i < model->size; i++) {
		const struct rec_process *rec = model->slots[i].rec;

		if (rec == NULL)
			continue;
		out->by_state[rec->stat.state <= STATE_ZOMBIE
			? rec->stat.state
			: STATE_UNKNOWN]++;
		if (rec->stat.total_pct > 0)
			out->cpu += (double)rec->stat.total_pct;
		out->rss += rec->stat.rss;
	}
}
