/* SPDX-License-Identifier: ISC
 *
 * The table of containers: a hash by id, filled from the samples of their
 * processes and swept after each complete scan. Ids and paths come from
 * cgroups that anybody with a cgroup of his own may name: their number and
 * length are bounded here, what they may look like in parse_cgroup.c.
 */
#include <stdlib.h>
#include <string.h>

#include "common/limits.h"
#include "common/log.h"
#include "containers.h"
#include "parse_cgroup.h"
#include "rates.h"

#define BUCKETS 1024u /* a power of two; a host has some hundred at most */

struct containers {
	struct engine *engine;    /* borrowed */
	struct cgroup_tree *tree; /* borrowed */
	bool network;
	uint64_t scan;
	uint32_t count;
	uint32_t refused;
	struct container *buckets[BUCKETS];
};

struct containers *
containers_new(struct engine *engine, struct cgroup_tree *tree)
{
	struct containers *tab = xcalloc(1, sizeof(*tab));

	tab->engine = engine;
	tab->tree = tree;
	tab->network = true;
	return tab;
}

static void
container_free(struct container *c)
{
	cgroup_place_free(c->place);
	free((char *)(uintptr_t)c->id.s);
	free(c);
}

void
containers_free(struct containers *tab)
{
	struct container *c;
	uint32_t i;

	if (tab == NULL)
		return;
	for (i = 0; i < BUCKETS; i++) {
		while ((c = tab->buckets[i]) != NULL) {
			tab->buckets[i] = c->next;
			container_free(c);
		}
	}
	free(tab);
}

void
containers_set_network(struct containers *tab, bool network)
{
	tab->network = network;
}

uint32_t
containers_refused(const struct containers *tab)
{
	return tab->refused;
}

void
containers_begin(struct containers *tab)
{
	tab->scan++;
	tab->refused = 0;
	cgroup_tree_refresh(tab->tree);
}

static struct container *
container_new(const struct parse_cgroup *from)
{
	struct container *c = xcalloc(1, sizeof(*c));
	uint32_t id = from->id.len, pod = from->pod_uid.len;
	char *text, *p;

	if (pod > LIMIT_POD_UID)
		pod = 0;
	text = xcalloc(1, id + pod);
	memcpy(text, from->id.s, id);
	if (pod > 0)
		memcpy(text + id, from->pod_uid.s, pod);
	/* In the names of systemd's slices '-' is a separator. */
	for (p = text + id; p < text + id + pod; p++)
		if (*p == '_')
			*p = '-';
	c->id = (struct strview){ text, id };
	c->pod_uid = (struct strview){ text + id, pod };
	c->type = from->type;
	return c;
}

/* The container of that id, new if need be; NULL when there is no room. */
static struct container *
find(struct containers *tab, const struct parse_cgroup *from)
{
	struct container **bucket, *c;

	bucket = &tab->buckets[strview_hash(from->id) & (BUCKETS - 1)];
	for (c = *bucket; c != NULL; c = c->next)
		if (strview_equal(c->id, from->id))
			return c;
	if (tab->count >= LIMIT_CONTAINERS ||
	    from->id.len > LIMIT_CONTAINER_ID) {
		tab->refused++;
		return NULL;
	}
	c = container_new(from);
	c->next = *bucket;
	*bucket = c;
	tab->count++;
	return c;
}

/* A process that is just being put into its cgroups is in some of them only;
 * what says more is the better one. */
static void
find_place(struct containers *tab, struct container *c,
    const struct parse_cgroup *from)
{
	uint32_t hierarchies = 0, i;

	for (i = 0; i < CGROUP_CONTROLLERS; i++)
		if (from->path[i].len > 0)
			hierarchies |= 1u << i;
	if (c->place != NULL && (hierarchies & ~c->hierarchies) == 0)
		return;
	cgroup_place_free(c->place);
	c->place = cgroup_place_new(tab->tree, from);
	c->hierarchies = hierarchies;
}

/* A process of it that is no zombie: those have left its cgroup. */
static void
see_alive(struct containers *tab, struct container *c,
    const struct engine_sample *s, int64_t created_ms)
{
	c->processes++;
	if (created_ms > 0 && (c->oldest_ms == 0 || created_ms < c->oldest_ms))
		c->oldest_ms = created_ms;
	if (s->container != NULL) {
		find_place(tab, c, s->container);
	} else if (c->place == NULL && c->known) {
		/* Once more, with its path, in the next scan. */
		tab->engine->refresh = true;
		c->known = false;
	}
	if (c->pid == s->pid && c->start_ticks == s->start_ticks) {
		c->alive = true;
		c->told_again |= s->container != NULL;
	} else if (c->other_pid == 0) {
		c->other_pid = s->pid;
		c->other_start_ticks = s->start_ticks;
	}
}

struct container *
containers_see(struct containers *tab, struct container *c,
    const struct engine_sample *s, int64_t created_ms)
{
	if (s->container != NULL)
		c = s->container->id.len > 0 ? find(tab, s->container) : NULL;
	if (c == NULL)
		return NULL;
	if (c->seen != tab->scan) {
		c->seen = tab->scan;
		c->processes = 0;
		c->alive = false;
		c->other_pid = 0;
		c->oldest_ms = 0;
	}
	if (s->state != STATE_ZOMBIE)
		see_alive(tab, c, s, created_ms);
	return c;
}

/* One read per container: its processes share a network, unless somebody
 * took trouble. None for what is on the host's. */
static void
read_network(struct containers *tab, struct container *c)
{
	const struct engine_ops *ops = tab->engine->ops;
	struct engine_network network = c->rates.network;

	if (!c->alive) {
		c->pid = c->other_pid;
		c->start_ticks = c->other_start_ticks;
		network = (struct engine_network){ 0 };
	} else if (c->told_again) {
		network.namespace = 0;
	}
	c->told_again = false;
	if (!tab->network ||
	    ops->network(tab->engine, c->pid, c->start_ticks, &network) == -1) {
		c->hidden |= HIDDEN_CONTAINER_NETWORK;
		rates_network(&c->rates, NULL);
		return;
	}
	c->host_network = network.host;
	rates_network(&c->rates, &network);
}

/* The time of a cgroup's directory is too late when the kernel had to read
 * that in again, and its owner may change it. No process is there before. */
static void
set_started(struct container *c)
{
	int64_t oldest = c->oldest_ms / 1000;

	if (oldest > 0 && (c->now.started == 0 || oldest < c->now.started))
		c->now.started = oldest;
}

/* Returns 0, or -1 when the container has ended. */
static int
read_container(struct containers *tab, struct container *c, bool limits)
{
	if (c->place == NULL || cgroup_read(c->place, limits, &c->now) == -1) {
		/* If it lives, it is to be found anew. */
		cgroup_place_free(c->place);
		c->place = NULL;
		return -1;
	}
	c->known = true;
	c->hidden = c->now.hidden;
	set_started(c);
	rates_cgroup(&c->rates, &c->now);
	read_network(tab, c);
	return 0;
}

void
containers_read(struct containers *tab, bool limits,
    containers_on_read *on_read, void *arg, struct rec_skipped *skipped)
{
	struct container **at, *c;
	uint32_t i;

	for (i = 0; i < BUCKETS; i++) {
		at = &tab->buckets[i];
		while ((c = *at) != NULL) {
			if (c->seen != tab->scan) {
				*at = c->next;
				container_free(c);
				tab->count--;
				continue;
			}
			at = &c->next;
			if (c->processes == 0)
				continue; /* zombies are all that is left */
			if (read_container(tab, c, limits) == 0)
				on_read(c, arg);
			else
				skipped->containers++;
		}
	}
}
