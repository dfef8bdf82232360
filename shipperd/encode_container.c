/* SPDX-License-Identifier: ISC
 *
 * Containers into protobuf. What could not be read is 0: the payload has no
 * word for it. A frame holds at most 64 KiB of a container, and a byte of it
 * becomes at most three, so that one always fits into a message.
 */
#include "encode_private.h"

static Agent__ContainerState
wire_state(uint32_t state)
{
	return state <= CONTAINER_DEAD ? (Agent__ContainerState)state
				       : AGENT__CONTAINER_STATE__unknown;
}

static Agent__ContainerHealth
wire_health(uint32_t health)
{
	return health <= HEALTH_UNHEALTHY
	    ? (Agent__ContainerHealth)health
	    : AGENT__CONTAINER_HEALTH__unknownHealth;
}

/* The figures of a Container. */
static void
fill_figures(Agent__Container *w, const struct rec_container_stat *s)
{
	w->cpulimit = s->cpu_limit;
	w->cpurequest = s->cpu_request;
	w->totalpct = s->total_pct;
	w->userpct = s->user_pct;
	w->systempct = s->system_pct;
	w->cpuusagens = s->cpu_usage_ns;
	w->memrss = s->mem_rss;
	w->memcache = s->mem_cache;
	w->memusage = s->mem_usage;
	w->memaccounted = s->mem_accounted;
	w->memorylimit = s->mem_limit;
	w->memoryrequest = s->mem_request;
	w->rbps = s->read_bytes_rate;
	w->wbps = s->write_bytes_rate;
	w->netrcvdps = s->net_received;
	w->netsentps = s->net_sent;
	w->netrcvdbps = s->net_received_bytes;
	w->netsentbps = s->net_sent_bytes;
	w->threadcount = s->threads;
	w->threadlimit = s->thread_limit;
}

static void
fill_addresses(struct encoder *enc, Agent__Container *w,
    Agent__ContainerAddr *all, const struct rec_container *c)
{
	uint32_t i;

	for (i = 0; i < c->addresses.n; i++) {
		const struct rec_address *address = &c->addresses.v[i];

		agent__container_addr__init(&all[i]);
		all[i].ip = encode_text(enc, address->ip);
		all[i].port = address->port;
		all[i].protocol = address->protocol == ADDRESS_UDP
		    ? AGENT__CONNECTION_TYPE__udp
		    : AGENT__CONNECTION_TYPE__tcp;
		w->addresses[i] = &all[i];
	}
}

static size_t
container_room(const struct rec_container *c)
{
	size_t room = encode_texts_room(c->tags) +
	    encode_text_room(c->stat.id) + encode_text_room(c->type) +
	    encode_text_room(c->repo_digest);
	uint32_t i;

	for (i = 0; i < c->addresses.n; i++)
		room += sizeof(void *) + encode_text_room(c->addresses.v[i].ip);
	return room;
}

uint32_t
encode_container(struct encoder *enc, struct buf *out,
    enum snapshot_scope scope, const struct rec_container *c)
{
	Agent__Container w = AGENT__CONTAINER__INIT, *one = &w;
	Agent__ContainerAddr addresses[LIMIT_ADDRESSES];
	Agent__CollectorProc proc = AGENT__COLLECTOR_PROC__INIT;
	Agent__CollectorContainer only = AGENT__COLLECTOR_CONTAINER__INIT;
	ProtobufCMessage *message = &proc.base;

	encode_start(enc, container_room(c));
	w.tags = encode_pointers(enc, c->tags.n);
	w.n_tags = c->tags.n;
	w.addresses = encode_pointers(enc, c->addresses.n);
	w.n_addresses = c->addresses.n;
	encode_texts(enc, w.tags, c->tags);
	fill_addresses(enc, &w, addresses, c);
	w.type = encode_text(enc, c->type);
	w.id = encode_text(enc, c->stat.id);
	w.repodigest = encode_text(enc, c->repo_digest);
	w.state = wire_state(c->stat.state);
	w.health = wire_health(c->stat.health);
	w.created = c->created;
	w.started = c->stat.started;
	fill_figures(&w, &c->stat);
	proc.n_containers = only.n_containers = 1;
	proc.containers = only.containers = &one;
	if (scope == SCOPE_CONTAINERS)
		message = &only.base;
	return encode_append(
	    enc, out, message, protobuf_c_message_get_packed_size(message));
}

uint32_t
encode_container_stat(struct encoder *enc, struct buf *out,
    enum snapshot_scope scope, const struct rec_container_stat *s)
{
	Agent__ContainerStat w = AGENT__CONTAINER_STAT__INIT, *one = &w;
	Agent__CollectorRealTime proc = AGENT__COLLECTOR_REAL_TIME__INIT;
	Agent__CollectorContainerRealTime
	    only = AGENT__COLLECTOR_CONTAINER_REAL_TIME__INIT;
	ProtobufCMessage *message = &proc.base;

	encode_start(enc, encode_text_room(s->id));
	w.id = encode_text(enc, s->id);
	w.state = wire_state(s->state);
	w.health = wire_health(s->health);
	w.started = s->started;
	w.cpulimit = s->cpu_limit;
	w.cpurequest = s->cpu_request;
	w.totalpct = s->total_pct;
	w.userpct = s->user_pct;
	w.systempct = s->system_pct;
	w.cpuusagens = s->cpu_usage_ns;
	w.memrss = s->mem_rss;
	w.memcache = s->mem_cache;
	w.memusage = s->mem_usage;
	w.memaccounted = s->mem_accounted;
	w.memlimit = s->mem_limit;
	w.memoryrequest = s->mem_request;
	w.rbps = s->read_bytes_rate;
	w.wbps = s->write_bytes_rate;
	w.netrcvdps = s->net_received;
	w.netsentps = s->net_sent;
	w.netrcvdbps = s->net_received_bytes;
	w.netsentbps = s->net_sent_bytes;
	w.threadcount = s->threads;
	w.threadlimit = s->thread_limit;
	proc.n_containerstats = only.n_stats = 1;
	proc.containerstats = only.stats = &one;
	if (scope == SCOPE_CONTAINERS)
		message = &only.base;
	return encode_append(
	    enc, out, message, protobuf_c_message_get_packed_size(message));
}
