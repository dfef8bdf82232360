/* SPDX-License-Identifier: ISC
 *
 * Bytes of records, cut where chunk.c says.
 */
#include <stdlib.h>

#include "chunk.h"
#include "common/log.h"
#include "snapshot.h"

struct snapshot *
snapshot_new(const struct rec_snapshot_begin *begin)
{
	struct snapshot *s;

	if (begin->kind != SNAPSHOT_FULL && begin->kind != SNAPSHOT_REALTIME)
		return NULL;
	s = xcalloc(1, sizeof(*s));
	s->kind = (enum snapshot_kind)begin->kind;
	s->scan = begin->scan;
	s->wall_ms = begin->wall_ms;
	s->containers = begin->containers;
	return s;
}

void
snapshot_free(struct snapshot *s)
{
	if (s == NULL)
		return;
	buf_free(&s->records);
	free(s->sizes);
	free(s);
}

/* Whether there is room for one more, whatever taggerd sends. */
static bool
has_room(struct snapshot *s)
{
	if (s->n >= LIMIT_SNAPSHOT_PROCESSES ||
	    s->records.len >= LIMIT_QUEUE_BYTES) {
		s->left_out++;
		return false;
	}
	return true;
}

static void
add_size(struct snapshot *s, uint32_t size)
{
	if (s->n == s->room) {
		s->room = s->room == 0 ? 128 : 2 * s->room;
		s->sizes = xrealloc(s->sizes, s->room * sizeof(*s->sizes));
	}
	s->sizes[s->n++] = size;
}

void
snapshot_add_process(
    struct snapshot *s, struct encoder *enc, const struct rec_process *process)
{
	if (s->kind == SNAPSHOT_FULL && has_room(s))
		add_size(s, encode_process(enc, &s->records, process));
}

void
snapshot_add_stat(struct snapshot *s, struct encoder *enc,
    const struct rec_process_stat *stat)
{
	if (s->kind == SNAPSHOT_REALTIME && has_room(s))
		add_size(s, encode_stat(enc, &s->records, stat));
}

uint32_t
snapshot_make_payloads(const struct snapshot *s, struct payloader *payloader,
    const struct encode_host *host, int32_t group_id, uint32_t max_records,
    struct payload ***out)
{
	struct chunk *chunks;
	struct buf message = { 0 };
	const char *p = s->records.data;
	uint32_t i, n;

	/* The largest head there may be: how many make the group is what the
	 * plan is to tell. */
	encode_head(&message, s->kind, host, INT32_MAX, INT32_MAX);
	n = chunk_plan(s->sizes, s->n, max_records,
	    LIMIT_CHUNK_BYTES - message.len, &chunks);
	*out = n > 0 ? xcalloc(n, sizeof(struct payload *)) : NULL;
	for (i = 0; i < n; i++) {
		message.len = 0;
		encode_head(&message, s->kind, host, group_id, (int32_t)n);
		buf_append(&message, p, chunks[i].bytes);
		p += chunks[i].bytes;
		(*out)[i] = payload_new(payloader, message.data, message.len,
		    s->kind, s->containers, s->wall_ms);
	}
	buf_free(&message);
	free(chunks);
	return n;
}
