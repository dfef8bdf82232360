/* SPDX-License-Identifier: ISC
 *
 * Containers on their way through the relay: what the cgroup says is checked
 * and noted, what the tagstore knows is put in its place, and those that the
 * rules leave out are dropped.
 */
#include <math.h>
#include <string.h>

#include "common/frame.h"
#include "common/limits.h"
#include "facts.h"
#include "relay_private.h"
#include "tagstore.h"

/* What those who divide, sort or index by it must be able to count on. */
static bool
is_sane(const struct rec_container_stat *s)
{
	const float figures[] = { s->total_pct, s->user_pct, s->system_pct,
		s->cpu_usage_ns, s->cpu_limit, s->read_bytes_rate,
		s->write_bytes_rate, s->net_received, s->net_sent,
		s->net_received_bytes, s->net_sent_bytes };
	size_t i;

	for (i = 0; i < sizeof(figures) / sizeof(figures[0]); i++)
		if (!isfinite(figures[i]) || figures[i] < 0)
			return false;
	return s->id.len > 0 && relay_is_plain(s->id) &&
	    s->state <= CONTAINER_DEAD && s->started >= 0;
}

/* Takes what the sources say of what moves. */
static void
fill_stat(struct rec_container_stat *stat, const struct tagged *t)
{
	if (t->state != CONTAINER_UNKNOWN)
		stat->state = t->state;
	stat->health = t->health;
	stat->cpu_request = t->cpu_request;
	stat->mem_request = t->memory_request;
}

/* Takes away what is not collectord's to say. */
static void
bare_stat(struct rec_container_stat *stat)
{
	stat->health = HEALTH_UNKNOWN;
	stat->cpu_request = 0;
	stat->mem_request = 0;
}

static void
put_container(struct relay *relay, const struct rec_container *container)
{
	const struct tagged *t = tagstore_find(
	    relay->store, container->stat.id);
	struct rec_container bare = *container, full;
	const struct source *s;
	struct tagset tags;

	if (t->excluded) {
		idset_add(&relay->excluded, container->stat.id);
		return;
	}
	bare_stat(&bare.stat);
	bare.created = 0;
	bare.name = bare.image = bare.repo_digest = (struct strview){ 0 };
	bare.addresses.n = bare.tags.n = 0;

	full = bare;
	fill_stat(&full.stat, t);
	full.created = t->created;
	full.name = t->name;
	full.image = t->image;
	full.repo_digest = t->repo_digest;
	if (t->type.len > 0)
		full.type = t->type;
	full.addresses.v = t->addresses;
	full.addresses.n = t->n_addresses;
	tags.n = t->tags.n;
	memcpy(tags.v, t->tags.v, tags.n * sizeof(tags.v[0]));
	for (s = relay->sources; s->name != NULL; s++)
		if (s->tag_container != NULL)
			s->tag_container(s->self, &tags);
	full.tags = (struct strviews){ tags.v, tags.n };
	relay_put(relay, RELAY_CONTAINER, &full, &bare);
}

static void
put_stat(struct relay *relay, const struct rec_container_stat *stat)
{
	const struct tagged *t = tagstore_find(relay->store, stat->id);
	struct rec_container_stat bare = *stat, full;

	if (t->excluded) {
		idset_add(&relay->excluded, stat->id);
		return;
	}
	bare_stat(&bare);
	full = bare;
	fill_stat(&full, t);
	relay_put(relay, RELAY_CONTAINER_STAT, &full, &bare);
}

/* Whether the container waits for somebody who is looking it up; its frame
 * is kept then. */
static bool
hold(struct relay *relay, struct strview id, struct strview pod_uid,
    const struct strview *frame)
{
	if (relay->on_unknown == NULL || tagstore_find(relay->store, id)->known)
		return false;
	if (!relay->on_unknown(id, pod_uid, relay->arg))
		return false;
	buf_append(&relay->held, frame->s, frame->len);
	return true;
}

/* The pod that the cgroup's path names tags a container that the kubelet has
 * no id for yet. */
static void
note_pod(struct relay *relay, const struct rec_container *container)
{
	struct facts *facts = facts_new();

	facts_set(&facts->pod_uid, container->pod_uid, LIMIT_CONTAINER_ID);
	tagstore_put(relay->store, TAGSTORE_CGROUP, TAGSTORE_CONTAINER,
	    container->stat.id, facts);
}

const char *
relay_container(struct relay *relay, const struct rec_container *container,
    const struct strview *frame)
{
	const char *why = relay_take(relay, RELAY_CONTAINER, frame);

	if (why != NULL)
		return why;
	if (!is_sane(&container->stat) || !relay_is_plain(container->type) ||
	    !relay_is_plain(container->pod_uid))
		return relay_refuse(
		    relay, "a container with impossible values");
	if (container->pod_uid.len > 0)
		note_pod(relay, container);
	if (!hold(relay, container->stat.id, container->pod_uid, frame))
		put_container(relay, container);
	return NULL;
}

const char *
relay_container_stat(struct relay *relay, const struct rec_container_stat *stat,
    const struct strview *frame)
{
	const char *why = relay_take(relay, RELAY_CONTAINER_STAT, frame);

	if (why != NULL)
		return why;
	if (!is_sane(stat))
		return relay_refuse(
		    relay, "a container with impossible values");
	if (!hold(relay, stat->id, (struct strview){ 0 }, frame))
		put_stat(relay, stat);
	return NULL;
}

/* Lets one frame go on, which was decoded before. */
static void
put_held(struct relay *relay, const char *payload, size_t len)
{
	union schema_any rec;
	const char *why;
	int type;

	type = schema_decode(payload, len, relay->arena, &rec, &why);
	if (type == MSG_container)
		put_container(relay, &rec.container);
	else if (type == MSG_container_stat)
		put_stat(relay, &rec.container_stat);
}

void
relay_release(struct relay *relay)
{
	struct buf *held = &relay->held;
	size_t at = 0, payload;

	if (held->len == 0)
		return;
	if (relay->arena == NULL)
		relay->arena = schema_arena_new();
	while (at < held->len &&
	    frame_peek((const unsigned char *)held->data + at, held->len - at,
		&payload) == 1) {
		put_held(relay, held->data + at + FRAME_WORD, payload);
		at += FRAME_WORD + payload;
	}
	buf_free(held);
}
