/* SPDX-License-Identifier: ISC
 *
 * Cgroups and an engine that are made up, and processes in containers as a
 * scan would tell of them.
 */
#ifndef TESTS_UNIT_CONTAINERS_HELP_H
#define TESTS_UNIT_CONTAINERS_HELP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <math.h>

#include "collectord/containers.h"
#include "collectord/parse_cgroup.h"
#include "collectord/rates.h"
#include "common/limits.h"
#include "common/log.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define MS           UINT64_C(1000000) /* ns */

/* The cgroups that the table reads. */
struct cgroup_place {
	bool gone; /* when it is read */
};

static struct {
	unsigned places; /* that live */
	unsigned made;
	bool gone; /* new places are */
	unsigned reads;
	unsigned limits; /* reads that brought them */
	struct cgroup_sample next;
} cgroups;

void
cgroup_tree_refresh(struct cgroup_tree *tree)
{
	(void)tree;
}

struct cgroup_place *
cgroup_place_new(struct cgroup_tree *tree, const struct parse_cgroup *container)
{
	struct cgroup_place *place = xcalloc(1, sizeof(*place));

	(void)tree;
	assert_int_not_equal(container->id.len, 0);
	cgroups.places++;
	cgroups.made++;
	place->gone = cgroups.gone;
	return place;
}

void
cgroup_place_free(struct cgroup_place *place)
{
	cgroups.places -= place != NULL;
	free(place);
}

int
cgroup_read(struct cgroup_place *place, bool limits, struct cgroup_sample *out)
{
	cgroups.reads++;
	cgroups.limits += limits;
	if (place->gone)
		return -1;
	*out = cgroups.next;
	return 0;
}

/* The engine that reads networks. */
static struct {
	unsigned reads;
	int rc;
	int32_t pid;    /* of the last read */
	uint64_t known; /* the namespace that the caller passed */
	struct engine_network next;
} networks;

static inline int
fake_network(struct engine *engine, int32_t pid, uint64_t start_ticks,
    struct engine_network *network)
{
	(void)engine;
	(void)start_ticks;
	networks.reads++;
	networks.pid = pid;
	networks.known = network->namespace;
	*network = networks.next;
	return networks.rc;
}

static const struct engine_ops fake_ops = { .network = fake_network };
static struct engine engine;
static struct containers *tab;
/* What the last scan yielded. */
static struct container *yielded[4];
static unsigned n_yielded;
static struct rec_skipped skipped;

static inline int
setup(void **state)
{
	(void)state;
	memset(&cgroups, 0, sizeof(cgroups));
	memset(&networks, 0, sizeof(networks));
	cgroups.next.mono_ns = 1000 * MS;
	networks.next = (struct engine_network){ .mono_ns = 1000 * MS,
		.namespace = 77 };
	engine = (struct engine){ .ops = &fake_ops };
	tab = containers_new(&engine, NULL);
	return 0;
}

static inline void
on_read(struct container *container, void *arg)
{
	(void)arg;
	if (n_yielded < COUNT(yielded))
		yielded[n_yielded] = container;
	n_yielded++;
}

static inline void
begin(void)
{
	containers_begin(tab);
	n_yielded = 0;
	skipped = (struct rec_skipped){ 0 };
}

static inline void
end(bool limits)
{
	containers_read(tab, limits, on_read, NULL, &skipped);
}

#endif
