/* SPDX-License-Identifier: ISC
 *
 * The relay's checks beyond the decoder's: order, kinds, counts, and the
 * values that later arithmetic leans on. collectord is trusted with the
 * host's processes, not with our memory or our readers'.
 */
#include <math.h>
#include <string.h>

#include "common/limits.h"
#include "relay.h"

/* A sender stops at LIMIT_SNAPSHOT_BYTES, with a frame already made. */
#define MOST_RECEIVED (LIMIT_SNAPSHOT_BYTES + LIMIT_FRAME)

/* What tags may add to one snapshot, so that our readers accept it: the
 * frame that passes this bound, the first and the last fit into the rest. */
#define TAG_ROOM (LIMIT_SNAPSHOT_RECEIVE - MOST_RECEIVED - 2 * LIMIT_FRAME)

void
relay_abort(struct relay *relay)
{
	batch_unref(relay->batch);
	relay->batch = NULL;
}

static const char *
refuse(struct relay *relay, const char *why)
{
	relay_abort(relay);
	return why;
}

const char *
relay_begin(struct relay *relay, const struct rec_snapshot_begin *begin)
{
	const struct source *s;

	if (relay->batch != NULL)
		return refuse(relay, "a snapshot within a snapshot");
	if (begin->kind != SNAPSHOT_FULL && begin->kind != SNAPSHOT_REALTIME)
		return "a snapshot of an unknown kind";
	if (begin->processes > LIMIT_SNAPSHOT_PROCESSES ||
	    begin->stats > LIMIT_SNAPSHOT_PROCESSES)
		return "a snapshot of too many processes";
	relay->batch = batch_new((enum snapshot_kind)begin->kind, begin->scan);
	relay->begin = *begin;
	relay->processes = relay->stats = 0;
	relay->received = 0;
	relay->untagged_now = 0;
	for (s = relay->sources; s->name != NULL; s++)
		if (s->on_snapshot != NULL)
			s->on_snapshot(s->self);
	return NULL;
}

/* What those who divide, sort or index by it must be able to count on. */
static bool
stat_is_sane(const struct rec_process_stat *s)
{
	return s->pid > 0 && s->state <= STATE_ZOMBIE && s->threads >= 0 &&
	    isfinite(s->total_pct) && isfinite(s->user_pct) &&
	    isfinite(s->system_pct) && s->total_pct >= 0 && s->user_pct >= 0 &&
	    s->system_pct >= 0 && isfinite(s->read_rate) &&
	    isfinite(s->write_rate) && isfinite(s->read_bytes_rate) &&
	    isfinite(s->write_bytes_rate);
}

/* The checks that both kinds of record share; count is of that kind. */
static const char *
take_record(struct relay *relay, const struct rec_process_stat *stat,
    uint32_t *count, uint32_t most, const struct strview *frame)
{
	if (relay->batch == NULL)
		return "a record outside of a snapshot";
	if (++*count > most)
		return refuse(relay, "more records than were announced");
	relay->received += frame->len;
	if (relay->received > MOST_RECEIVED)
		return refuse(relay, "a snapshot of too many bytes");
	if (!stat_is_sane(stat))
		return refuse(relay, "a process with impossible values");
	return NULL;
}

const char *
relay_process(struct relay *relay, const struct rec_process *process,
    const struct strview *frame)
{
	const char *why = take_record(relay, &process->stat, &relay->processes,
	    relay->begin.processes, frame);
	struct rec_process tagged = *process;
	struct tagset tags;
	const struct source *s;
	struct buf *out;

	if (why != NULL)
		return why;
	tagged.user = (struct strview){ 0 };
	tags.n = 0;
	for (s = relay->sources; s->name != NULL; s++)
		if (s->tag_process != NULL)
			s->tag_process(s->self, &tagged, &tags);
	tagged.tags = (struct strviews){ tags.v, tags.n };

	out = &relay->batch->frames;
	if (out->len < relay->received + TAG_ROOM &&
	    schema_encode(out, MSG_process, &tagged) == 0)
		return NULL;
	/* Untagged is better than not there, and never longer than it came. */
	relay->untagged_now++;
	tagged.user = (struct strview){ 0 };
	tagged.tags = (struct strviews){ 0 };
	schema_encode(out, MSG_process, &tagged);
	return NULL;
}

const char *
relay_stat(struct relay *relay, const struct rec_process_stat *stat,
    const struct strview *frame)
{
	const char *why;

	if (relay->batch != NULL && relay->begin.kind != SNAPSHOT_REALTIME)
		return refuse(relay, "a real-time record in a full snapshot");
	why = take_record(
	    relay, stat, &relay->stats, relay->begin.stats, frame);
	/* Nothing is added to it, so the frame that was checked goes on. */
	if (why == NULL)
		buf_append(&relay->batch->frames, frame->s, frame->len);
	return why;
}

const char *
relay_end(
    struct relay *relay, const struct rec_snapshot_end *end, struct batch **out)
{
	if (relay->batch == NULL)
		return "the end of no snapshot";
	if (end->kind != relay->begin.kind || end->scan != relay->begin.scan)
		return refuse(relay, "the end of another snapshot");
	relay->begin.processes = relay->processes;
	relay->begin.stats = relay->stats;
	relay->begin.containers = 0;
	schema_encode(&relay->batch->head, MSG_snapshot_begin, &relay->begin);
	schema_encode(&relay->batch->frames, MSG_snapshot_end, end);
	relay->untagged = relay->untagged_now;
	*out = relay->batch;
	relay->batch = NULL;
	return NULL;
}
