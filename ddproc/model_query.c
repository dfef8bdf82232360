/* SPDX-License-Identifier: ISC
 *
 * What is asked of the model: one of its records, or those that match.
 */
#include <stdlib.h>

#include "common/log.h"
#include "match.h"
#include "model_private.h"

const struct rec_host *
model_host(const struct model *model)
{
	return model->host;
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

const struct rec_container *
model_find_container(const struct model *model, struct strview id)
{
	return id.len > 0 ? contab_find(model->containers, id) : NULL;
}

static bool
has_tag(const struct strviews *tags, struct strview tag)
{
	for (uint32_t i = 0; i < tags->n; i++)
		if (strview_equal(tags->v[i], tag))
			return true;
	return false;
}

/* Adds those that are not there yet. */
static void
add_tags(struct strviews *all, const struct strviews *more)
{
	uint32_t before = all->n;
	const struct strviews had = { all->v, before };

	for (uint32_t i = 0; i < more->n; i++)
		if (!has_tag(&had, more->v[i]))
			all->v[all->n++] = more->v[i];
}

struct strviews
model_tags(const struct model *model, const struct strviews *own,
    const struct rec_container *container, struct strview room[MODEL_TAGS])
{
	struct strviews all = { room, 0 };

	add_tags(&all, own);
	if (container != NULL)
		add_tags(&all, &container->tags);
	if (model->host != NULL)
		add_tags(&all, &model->host->tags);
	return all;
}

static struct strviews
host_tags(const struct model *model)
{
	return model->host != NULL ? model->host->tags : (struct strviews){ 0 };
}

void
model_select(const struct model *model, const struct match *match,
    struct model_view *view)
{
	struct strviews tags = host_tags(model);

	if (view->size < model->n) {
		view->size = model->n + model->n / 4;
		view->v = xrealloc(
		    view->v, view->size * sizeof(struct rec_process *));
	}
	view->n = 0;
	for (uint32_t i = 0; i < model->size; i++) {
		const struct rec_process *rec = model->slots[i].rec;

		if (rec != NULL &&
		    (match == NULL ||
			match_process(match, rec,
			    model_find_container(model, rec->stat.container_id),
			    &tags)))
			view->v[view->n++] = rec;
	}
}

void
model_select_containers(const struct model *model, const struct match *match,
    struct model_containers *view)
{
	struct strviews tags = host_tags(model);
	const struct rec_container *rec;
	uint32_t at = 0;

	if (view->size < contab_count(model->containers)) {
		view->size = contab_count(model->containers);
		view->v = xrealloc(
		    view->v, view->size * sizeof(struct rec_container *));
	}
	view->n = 0;
	while ((rec = contab_next(model->containers, &at)) != NULL)
		if (match == NULL || match_container(match, rec, &tags))
			view->v[view->n++] = rec;
}

void
model_containers_free(struct model_containers *view)
{
	free(view->v);
	*view = (struct model_containers){ 0 };
}

void
model_view_free(struct model_view *view)
{
	free(view->v);
	*view = (struct model_view){ 0 };
}

bool
model_containers_only(const struct model *model)
{
	const struct model_scan *last = model_last_scan(model);

	return last != NULL && last->begin.scope == SCOPE_CONTAINERS;
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

static void
sum_processes(const struct model *model, struct model_summary *out)
{
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

static void
sum_containers(const struct model *model, struct model_summary *out)
{
	const struct rec_container *rec;
	uint32_t at = 0;

	while ((rec = contab_next(model->containers, &at)) != NULL) {
		out->by_container_state[rec->stat.state <= CONTAINER_DEAD
			? rec->stat.state
			: CONTAINER_UNKNOWN]++;
		if (rec->stat.total_pct > 0)
			out->cpu += (double)rec->stat.total_pct;
		out->rss += rec->stat.mem_rss;
	}
}

void
model_summarize(const struct model *model, struct model_summary *out)
{
	*out = (struct model_summary){ .processes = model->n,
		.containers = contab_count(model->containers) };
	if (model_containers_only(model))
		sum_containers(model, out);
	else
		sum_processes(model, out);
}
