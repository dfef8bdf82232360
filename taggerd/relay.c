/* SPDX-License-Identifier: ISC
 *
 * The relay's checks beyond the decoder's: order, kinds, counts, and the
 * values that later arithmetic leans on. collectord is trusted with the
 * host's processes, not with our memory or our readers'.
 */
#include <math.h>
#include <string.h>

#include "common/clock.h"
#include "common/limits.h"
#include "relay_private.h"
#include "tagstore.h"

/* A sender stops at LIMIT_SNAPSHOT_BYTES, with a frame already made. */
#define MOST_RECEIVED (LIMIT_SNAPSHOT_BYTES + LIMIT_FRAME)

/* What tags may add to one snapshot, so that our readers accept it: the
 * frame that passes this bound, the first and the last fit into the rest. */
#define TAG_ROOM (LIMIT_SNAPSHOT_RECEIVE - MOST_RECEIVED - 2 * LIMIT_FRAME)

static const enum msg_type types[RELAY_KINDS] = {
	[RELAY_CONTAINER] = MSG_container,
	[RELAY_CONTAINER_STAT] = MSG_container_stat,
	[RELAY_PROCESS] = MSG_process,
	[RELAY_PROCESS_STAT] = MSG_process_stat,
};

void
relay_abort(struct relay *relay)
{
	batch_unref(relay->batch);
	relay->batch = NULL;
	buf_free(&relay->held);
	idset_clear(&relay->excluded);
}

void
relay_clear(struct relay *relay)
{
	relay_abort(relay);
	schema_arena_free(relay->arena);
	relay->arena = NULL;
}

const char *
relay_refuse(struct relay *relay, const char *why)
{
	relay_abort(relay);
	return why;
}

static uint32_t
announced(const struct relay *relay, enum relay_kind kind)
{
	const struct rec_snapshot_begin *begin = &relay->begin;
	const uint32_t counts[RELAY_KINDS] = {
		[RELAY_CONTAINER] = begin->containers,
		[RELAY_CONTAINER_STAT] = begin->container_stats,
		[RELAY_PROCESS] = begin->processes,
		[RELAY_PROCESS_STAT] = begin->stats,
	};

	return counts[kind];
}

const char *
relay_begin(struct relay *relay, const struct rec_snapshot_begin *begin)
{
	const struct source *s;

	if (relay->batch != NULL)
		return relay_refuse(relay, "a snapshot within a snapshot");
	if (begin->kind != SNAPSHOT_FULL && begin->kind != SNAPSHOT_REALTIME)
		return "a snapshot of an unknown kind";
	if (begin->scope != SCOPE_ALL && begin->scope != SCOPE_CONTAINERS)
		return "a snapshot of an unknown scope";
	if (begin->processes > LIMIT_SNAPSHOT_PROCESSES ||
	    begin->stats > LIMIT_SNAPSHOT_PROCESSES)
		return "a snapshot of too many processes";
	if (begin->containers > LIMIT_CONTAINERS ||
	    begin->container_stats > LIMIT_CONTAINERS)
		return "a snapshot of too many containers";
	relay->batch = batch_new((enum snapshot_kind)begin->kind, begin->scan);
	relay->batch->mono_ns = begin->mono_ns;
	relay->begin = *begin;
	memset(relay->came, 0, sizeof(relay->came));
	memset(relay->sent, 0, sizeof(relay->sent));
	relay->received = 0;
	relay->untagged_now = 0;
	for (s = relay->sources; s->name != NULL; s++)
		if (s->on_snapshot != NULL)
			s->on_snapshot(s->self);
	if (begin->kind == SNAPSHOT_FULL)
		tagstore_list_begin(relay->store, TAGSTORE_CGROUP);
	return NULL;
}

const char *
relay_take(
    struct relay *relay, enum relay_kind kind, const struct strview *frame)
{
	bool stat = kind == RELAY_CONTAINER_STAT || kind == RELAY_PROCESS_STAT;
	bool container = kind <= RELAY_CONTAINER_STAT;

	if (relay->batch == NULL)
		return "a record outside of a snapshot";
	if (stat && relay->begin.kind != SNAPSHOT_REALTIME)
		return relay_refuse(
		    relay, "a real-time record in a full snapshot");
	if (container &&
	    relay->came[RELAY_PROCESS] + relay->came[RELAY_PROCESS_STAT] > 0)
		return relay_refuse(relay, "a container behind a process");
	if (++relay->came[kind] > announced(relay, kind))
		return relay_refuse(relay, "more records than were announced");
	relay->received += frame->len;
	if (relay->received > MOST_RECEIVED)
		return relay_refuse(relay, "a snapshot of too many bytes");
	if (!container)
		relay_release(relay);
	return NULL;
}

void
relay_put(struct relay *relay, enum relay_kind kind, const void *tagged,
    const void *bare)
{
	struct buf *out = &relay->batch->frames;

	relay->sent[kind]++;
	if (out->len < relay->received + TAG_ROOM &&
	    schema_encode(out, types[kind], tagged) == 0)
		return;
	relay->untagged_now++;
	schema_encode(out, types[kind], bare);
}

bool
relay_is_plain(struct strview text)
{
	uint32_t i;

	for (i = 0; i < text.len; i++)
		if (text.s[i] <= ' ' || text.s[i] > '~')
			return false;
	return true;
}

/* What those who divide, sort or index by it must be able to count on. */
static bool
is_sane(const struct rec_process_stat *s)
{
	return s->pid > 0 && s->state <= STATE_ZOMBIE && s->threads >= 0 &&
	    isfinite(s->total_pct) && isfinite(s->user_pct) &&
	    isfinite(s->system_pct) && s->total_pct >= 0 && s->user_pct >= 0 &&
	    s->system_pct >= 0 && isfinite(s->read_rate) &&
	    isfinite(s->write_rate) && isfinite(s->read_bytes_rate) &&
	    isfinite(s->write_bytes_rate) && relay_is_plain(s->container_id);
}

/* A process of a container that is left out stays, without a container. */
static bool
is_excluded(const struct relay *relay, const struct rec_process_stat *stat)
{
	return idset_has(&relay->excluded, stat->container_id);
}

const char *
relay_process(struct relay *relay, const struct rec_process *process,
    const struct strview *frame)
{
	const char *why = relay_take(relay, RELAY_PROCESS, frame);
	struct rec_process tagged = *process, bare;
	struct tagset tags;
	const struct source *s;

	if (why != NULL)
		return why;
	if (!is_sane(&process->stat))
		return relay_refuse(relay, "a process with impossible values");
	if (is_excluded(relay, &tagged.stat))
		tagged.stat.container_id = (struct strview){ 0 };
	tagged.user = (struct strview){ 0 };
	tagged.tags = (struct strviews){ 0 };
	bare = tagged;
	tags.n = 0;
	for (s = relay->sources; s->name != NULL; s++)
		if (s->tag_process != NULL)
			s->tag_process(s->self, &tagged, &tags);
	tagged.tags = (struct strviews){ tags.v, tags.n };
	relay_put(relay, RELAY_PROCESS, &tagged, &bare);
	return NULL;
}

const char *
relay_process_stat(struct relay *relay, const struct rec_process_stat *stat,
    const struct strview *frame)
{
	const char *why = relay_take(relay, RELAY_PROCESS_STAT, frame);
	struct rec_process_stat out = *stat;

	if (why != NULL)
		return why;
	if (!is_sane(stat))
		return relay_refuse(relay, "a process with impossible values");
	if (is_excluded(relay, stat)) {
		out.container_id = (struct strview){ 0 };
		relay_put(relay, RELAY_PROCESS_STAT, &out, &out);
		return NULL;
	}
	/* Nothing is changed, so the frame that was checked goes on. */
	relay->sent[RELAY_PROCESS_STAT]++;
	buf_append(&relay->batch->frames, frame->s, frame->len);
	return NULL;
}

bool
relay_has_containers(const struct relay *relay)
{
	return relay->batch != NULL &&
	    relay->came[RELAY_CONTAINER] == relay->begin.containers &&
	    relay->came[RELAY_CONTAINER_STAT] == relay->begin.container_stats;
}

const char *
relay_end(
    struct relay *relay, const struct rec_snapshot_end *end, struct batch **out)
{
	struct rec_snapshot_begin *begin = &relay->begin;

	if (relay->batch == NULL)
		return "the end of no snapshot";
	if (end->kind != begin->kind || end->scan != begin->scan)
		return relay_refuse(relay, "the end of another snapshot");
	relay_release(relay);
	if (begin->kind == SNAPSHOT_FULL)
		tagstore_list_end(relay->store, TAGSTORE_CGROUP,
		    clock_mono_ns(), LIMIT_TAGS_KEPT);
	begin->containers = relay->sent[RELAY_CONTAINER];
	begin->container_stats = relay->sent[RELAY_CONTAINER_STAT];
	begin->processes = relay->sent[RELAY_PROCESS];
	begin->stats = relay->sent[RELAY_PROCESS_STAT];
	schema_encode(&relay->batch->head, MSG_snapshot_begin, begin);
	schema_encode(&relay->batch->frames, MSG_snapshot_end, end);
	relay->untagged = relay->untagged_now;
	if (begin->kind == SNAPSHOT_FULL) {
		relay->containers = begin->containers;
		relay->left_out = relay->excluded.n;
	}
	*out = relay->batch;
	relay->batch = NULL;
	relay_abort(relay);
	return NULL;
}
