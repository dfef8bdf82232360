/* SPDX-License-Identifier: ISC
 *
 * Bytes of records, cut where chunk.c says.
 */
#include <stdlib.h>

#include "common/log.h"
#include "snapshot.h"

struct snapshot *
snapshot_new(const struct rec_snapshot_begin *begin)
{
	struct snapshot *s;

	if (begin->kind != SNAPSHOT_FULL && begin->kind != SNAPSHOT_REALTIME)
		return NULL;
	if (begin->scope != SCOPE_ALL && begin->scope != SCOPE_CONTAINERS)
		return NULL;
	s = xcalloc(1, sizeof(*s));
	s->kind = (enum snapshot_kind)begin->kind;
	s->scope = (enum snapshot_scope)begin->scope;
	s->scan = begin->scan;
	s->wall_ms = begin->wall_ms;
	s->mono_ns = begin->mono_ns;
	return s;
}

void
snapshot_free(struct snapshot *s)
{
	if (s == NULL)
		return;
	buf_free(&s->records);
	free(s->list);
	owners_clear(&s->owners);
	free(s);
}

/* Whether there is room for one more of those that are `there` already,
 * whatever taggerd sends. */
static bool
has_room(struct snapshot *s, uint32_t there, uint32_t limit)
{
	if (there >= limit || s->records.len >= LIMIT_QUEUE_BYTES) {
		s->left_out++;
		return false;
	}
	return true;
}

static void
add_record(struct snapshot *s, uint32_t size, uint32_t owner)
{
	if (s->n == s->room) {
		s->room = s->room == 0 ? 128 : 2 * s->room;
		s->list = xrealloc(s->list, s->room * sizeof(*s->list));
	}
	s->list[s->n++] = (struct chunk_record){ size, owner };
}

static bool
takes_container(struct snapshot *s, enum snapshot_kind kind)
{
	return s->kind == kind && has_room(s, s->containers, LIMIT_CONTAINERS);
}

/* Its bytes stand in the buffer already. */
static void
add_container(struct snapshot *s, uint32_t size, struct strview id)
{
	owners_add(&s->owners, id, s->n);
	add_record(s, size, s->n);
	s->containers++;
}

void
snapshot_add_container(struct snapshot *s, struct encoder *enc,
    const struct rec_container *container)
{
	if (takes_container(s, SNAPSHOT_FULL))
		add_container(s,
		    encode_container(enc, &s->records, s->scope, container),
		    container->stat.id);
}

void
snapshot_add_container_stat(struct snapshot *s, struct encoder *enc,
    const struct rec_container_stat *stat)
{
	if (takes_container(s, SNAPSHOT_REALTIME))
		add_container(s,
		    encode_container_stat(enc, &s->records, s->scope, stat),
		    stat->id);
}

static bool
takes_process(struct snapshot *s, enum snapshot_kind kind)
{
	return s->kind == kind && s->scope == SCOPE_ALL &&
	    has_room(s, s->n - s->containers, LIMIT_SNAPSHOT_PROCESSES);
}

static uint32_t
find_owner(struct snapshot *s, struct strview container_id)
{
	return container_id.len > 0 ? owners_find(&s->owners, container_id)
				    : CHUNK_ALONE;
}

void
snapshot_add_process(
    struct snapshot *s, struct encoder *enc, const struct rec_process *process)
{
	if (takes_process(s, SNAPSHOT_FULL))
		add_record(s, encode_process(enc, &s->records, process),
		    find_owner(s, process->stat.container_id));
}

void
snapshot_add_stat(struct snapshot *s, struct encoder *enc,
    const struct rec_process_stat *stat)
{
	if (takes_process(s, SNAPSHOT_REALTIME))
		add_record(s, encode_stat(enc, &s->records, stat),
		    find_owner(s, stat->container_id));
}

/* Where each record begins; owned by the caller. */
static size_t *
find_offsets(const struct snapshot *s)
{
	size_t *offsets = xcalloc((size_t)s->n + 1, sizeof(*offsets));
	uint32_t i;

	for (i = 0; i < s->n; i++)
		offsets[i + 1] = offsets[i] + s->list[i].size;
	return offsets;
}

uint32_t
snapshot_make_payloads(const struct snapshot *s, struct payloader *payloader,
    const struct encode_host *host, int32_t group_id, uint32_t max_records,
    struct payload ***out)
{
	enum payload_type type = payload_type_of(s->kind, s->scope);
	size_t *offsets = find_offsets(s);
	struct chunk_plan plan;
	struct buf message = { 0 };
	uint32_t i, k, record;

	/* The largest head there may be: how many make the group is what the
	 * plan is to tell. */
	encode_head(&message, type, host, INT32_MAX, INT32_MAX);
	chunk_plan(
	    s->list, s->n, max_records, LIMIT_CHUNK_BYTES - message.len, &plan);
	*out = plan.n > 0 ? xcalloc(plan.n, sizeof(struct payload *)) : NULL;
	for (i = 0; i < plan.n; i++) {
		const struct chunk *chunk = &plan.chunks[i];

		message.len = 0;
		encode_head(&message, type, host, group_id, (int32_t)plan.n);
		for (k = 0; k < chunk->count; k++) {
			record = plan.order[chunk->first + k];
			buf_append(&message, s->records.data + offsets[record],
			    s->list[record].size);
		}
		(*out)[i] = payload_new(payloader, message.data, message.len,
		    type, chunk->containers, s->wall_ms);
	}
	buf_free(&message);
	free(offsets);
	i = plan.n;
	chunk_plan_free(&plan);
	return i;
}
