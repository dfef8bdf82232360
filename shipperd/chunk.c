/* SPDX-License-Identifier: ISC
 *
 * Containers with their processes come first, in their order: the last
 * message is closed when the next of them would take it past a bound. Then
 * the other processes, in theirs, into the first message that has room.
 */
#include <stdbool.h>
#include <stdlib.h>

#include "chunk.h"
#include "common/log.h"

#define NOBODY UINT32_MAX

/* While messages are filled, chunk.count counts all records and
 * chunk.containers the containers among them. */
struct filler {
	const struct chunk_record *records; /* borrowed */
	uint32_t n;
	uint32_t max_records;
	size_t max_bytes;
	struct chunk_plan *plan;
	uint32_t room;   /* of plan->chunks */
	uint32_t *place; /* owned: the message of each record */
	uint32_t *head;  /* owned: the first process of each container */
	uint32_t *next;  /* owned: the next one of the same container */
};

static bool
is_container(const struct filler *f, uint32_t i)
{
	return f->records[i].owner == i;
}

static struct chunk *
last_chunk(const struct filler *f)
{
	return &f->plan->chunks[f->plan->n - 1];
}

static void
open_chunk(struct filler *f)
{
	if (f->plan->n == f->room) {
		f->room = f->room == 0 ? 16 : 2 * f->room;
		f->plan->chunks = xrealloc(
		    f->plan->chunks, f->room * sizeof(*f->plan->chunks));
	}
	f->plan->chunks[f->plan->n++] = (struct chunk){ 0 };
}

/* Whether so much more goes into the message without breaking a bound. */
static bool
has_room(const struct filler *f, const struct chunk *chunk, uint32_t containers,
    uint32_t processes, size_t bytes)
{
	return chunk->containers + containers <= f->max_records &&
	    chunk->count - chunk->containers + processes <= f->max_records &&
	    chunk->bytes + bytes <= f->max_bytes;
}

static void
put_record(struct filler *f, uint32_t i, uint32_t at)
{
	struct chunk *chunk = &f->plan->chunks[at];

	chunk->count++;
	chunk->containers += is_container(f, i);
	chunk->bytes += f->records[i].size;
	f->place[i] = at;
}

/* Into the last message, or a new one. */
static void
put_last(struct filler *f, uint32_t i)
{
	bool container = is_container(f, i);

	if (f->plan->n == 0 ||
	    (last_chunk(f)->count > 0 &&
		!has_room(f, last_chunk(f), container, !container,
		    f->records[i].size)))
		open_chunk(f);
	put_record(f, i, f->plan->n - 1);
}

/* Links the processes of each container, in their order. */
static void
link_processes(struct filler *f)
{
	uint32_t i, owner;

	for (i = 0; i < f->n; i++)
		f->head[i] = f->next[i] = NOBODY;
	for (i = f->n; i-- > 0;) {
		owner = f->records[i].owner;
		if (owner == CHUNK_ALONE || owner == i)
			continue;
		f->next[i] = f->head[owner];
		f->head[owner] = i;
	}
}

static void
put_container(struct filler *f, uint32_t container)
{
	uint32_t i, processes = 0;
	size_t bytes = f->records[container].size;

	for (i = f->head[container]; i != NOBODY; i = f->next[i]) {
		processes++;
		bytes += f->records[i].size;
	}
	if (f->plan->n > 0 && last_chunk(f)->count > 0 &&
	    !has_room(f, last_chunk(f), 1, processes, bytes))
		open_chunk(f);
	put_last(f, container);
	for (i = f->head[container]; i != NOBODY; i = f->next[i])
		put_last(f, i);
}

static void
put_others(struct filler *f)
{
	uint32_t i, at = 0;

	for (i = 0; i < f->n; i++) {
		if (f->records[i].owner != CHUNK_ALONE)
			continue;
		while (at < f->plan->n &&
		    !has_room(
			f, &f->plan->chunks[at], 0, 1, f->records[i].size))
			at++;
		if (at == f->plan->n)
			open_chunk(f);
		put_record(f, i, at);
	}
}

/* Numbers of records, by message and in their order within one. */
static void
sort_records(struct filler *f)
{
	struct chunk_plan *plan = f->plan;
	uint32_t i, first = 0;

	for (i = 0; i < plan->n; i++) {
		plan->chunks[i].first = first;
		first += plan->chunks[i].count;
		plan->chunks[i].count = 0;
	}
	for (i = 0; i < f->n; i++) {
		struct chunk *chunk = &plan->chunks[f->place[i]];

		plan->order[chunk->first + chunk->count++] = i;
	}
}

void
chunk_plan(const struct chunk_record *records, uint32_t n, uint32_t max_records,
    size_t max_bytes, struct chunk_plan *plan)
{
	struct filler f = { .records = records,
		.n = n,
		.max_records = max_records > 0 ? max_records : 1,
		.max_bytes = max_bytes,
		.plan = plan };
	uint32_t i;

	*plan = (struct chunk_plan){ 0 };
	if (n == 0)
		return;
	plan->order = xcalloc(n, sizeof(*plan->order));
	f.place = xcalloc(n, sizeof(*f.place));
	f.head = xcalloc(n, sizeof(*f.head));
	f.next = xcalloc(n, sizeof(*f.next));
	link_processes(&f);
	for (i = 0; i < n; i++)
		if (is_container(&f, i))
			put_container(&f, i);
	put_others(&f);
	sort_records(&f);
	free(f.place);
	free(f.head);
	free(f.next);
}

void
chunk_plan_free(struct chunk_plan *plan)
{
	free(plan->chunks);
	free(plan->order);
	*plan = (struct chunk_plan){ 0 };
}
