/* SPDX-License-Identifier: ISC
 *
 * The table of containers and their rates. Cgroups and the engine are made
 * up here, so that every number is known and every way to end can be had.
 */
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

static int
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

static int
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

static int
teardown(void **state)
{
	(void)state;
	containers_free(tab);
	assert_int_equal(cgroups.places, 0);
	return 0;
}

static void
on_read(struct container *container, void *arg)
{
	(void)arg;
	if (n_yielded < COUNT(yielded))
		yielded[n_yielded] = container;
	n_yielded++;
}

static void
begin(void)
{
	containers_begin(tab);
	n_yielded = 0;
	skipped = (struct rec_skipped){ 0 };
}

static void
end(bool limits)
{
	containers_read(tab, limits, on_read, NULL, &skipped);
}

/* A process that tells its container: id "" for none, NULL for one that was
 * told before. */
static struct container *
see(struct container *before, int32_t pid, const char *id)
{
	struct parse_cgroup parsed = { .type = "docker" };
	struct engine_sample sample = {
		.pid = pid, .start_ticks = 5, .state = STATE_SLEEPING
	};

	if (id != NULL) {
		parsed.id = strview_of(id);
		sample.container = &parsed;
	}
	return containers_see(tab, before, &sample, 0);
}

static struct container *
see_zombie(struct container *before, int32_t pid)
{
	struct engine_sample sample = {
		.pid = pid, .start_ticks = 5, .state = STATE_ZOMBIE
	};

	return containers_see(tab, before, &sample, 0);
}

static void
test_by_id(void **state)
{
	struct container *a, *b;

	(void)state;
	begin();
	a = see(NULL, 10, "aa");
	b = see(NULL, 11, "bb");
	assert_non_null(a);
	assert_ptr_not_equal(a, b);
	assert_ptr_equal(see(NULL, 12, "aa"), a);
	assert_null(see(NULL, 13, ""));
	assert_null(see(NULL, 14, NULL));
	end(true);
	assert_int_equal(n_yielded, 2);
	assert_int_equal(a->processes, 2);
	assert_int_equal(b->processes, 1);
	assert_string_equal(a->type, "docker");

	/* b's process moves into a; the others say nothing new. */
	begin();
	assert_ptr_equal(see(a, 10, NULL), a);
	assert_ptr_equal(see(b, 11, "aa"), a);
	assert_null(see(a, 12, ""));
	end(true);
	assert_int_equal(n_yielded, 1);
	assert_int_equal(a->processes, 2);
	assert_int_equal(cgroups.places, 1);
	assert_int_equal(cgroups.made, 2);
	assert_int_equal(skipped.containers, 0);
}

static void
test_pod_uid(void **state)
{
	static const struct {
		const char *in;
		const char *want;
	} cases[] = {
		{ "", "" },
		{ "3d274242_8ee0_11e9_a8a6_1e68d864ef1a",
		    "3d274242-8ee0-11e9-a8a6-1e68d864ef1a" },
		{ "3d274242-8ee0-11e9-a8a6-1e68d864ef1a",
		    "3d274242-8ee0-11e9-a8a6-1e68d864ef1a" },
		{ "0123456789abcdef0123456789abcdef",
		    "0123456789abcdef0123456789abcdef" },
		{ "0123456789abcdef0123456789abcdef0123456789abcdef"
		  "0123456789abcdefx",
		    "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char id[8];
		struct parse_cgroup parsed = { .type = "docker",
			.pod_uid = strview_of(cases[i].in) };
		struct engine_sample sample = { .pid = 1,
			.container = &parsed };
		struct container *c;

		snprintf(id, sizeof(id), "id%zu", i);
		parsed.id = strview_of(id);
		begin();
		c = containers_see(tab, NULL, &sample, 0);
		if (!strview_equal(c->pod_uid, strview_of(cases[i].want)))
			fail_msg("%s: got %.*s, want %s", cases[i].in,
			    (int)c->pod_uid.len, c->pod_uid.s, cases[i].want);
		end(true);
	}
}

static void
test_limits_when_due(void **state)
{
	struct container *c;

	(void)state;
	begin();
	c = see(NULL, 10, "aa");
	end(false);
	assert_int_equal(cgroups.limits, 0);
	begin();
	see(c, 10, NULL);
	end(true);
	assert_int_equal(cgroups.limits, 1);
	assert_int_equal(cgroups.reads, 2);
}

/* Seen while it was put into its cgroups. */
static void
test_found_better(void **state)
{
	struct parse_cgroup parsed = { .type = "docker",
		.id = SV("aa"),
		.path = { [CGROUP_CPU] = SV("/aa") } };
	struct engine_sample sample = { .pid = 1, .container = &parsed };

	(void)state;
	begin();
	containers_see(tab, NULL, &sample, 0);
	end(true);
	assert_int_equal(cgroups.made, 1);
	begin();
	containers_see(tab, NULL, &sample, 0);
	end(true);
	assert_int_equal(cgroups.made, 1);
	parsed.path[CGROUP_MEMORY] = SV("/aa");
	begin();
	containers_see(tab, NULL, &sample, 0);
	end(true);
	assert_int_equal(cgroups.made, 2);
	parsed.path[CGROUP_CPU] = (struct strview){ 0 };
	begin();
	containers_see(tab, NULL, &sample, 0);
	end(true);
	assert_int_equal(cgroups.made, 2);
	assert_int_equal(cgroups.places, 1);
}

/* One that ends between its processes' read and its own. */
static void
test_vanishes(void **state)
{
	struct container *c;

	(void)state;
	begin();
	c = see(NULL, 10, "aa");
	end(true);
	c->place->gone = true;
	begin();
	see(c, 10, NULL);
	end(true);
	assert_int_equal(n_yielded, 0);
	assert_int_equal(skipped.containers, 1);
	assert_false(engine.refresh);

	/* It lives after all: its path is asked for, once. */
	begin();
	see(c, 10, NULL);
	assert_true(engine.refresh);
	end(true);
	assert_int_equal(skipped.containers, 1);
	engine.refresh = false;
	cgroups.gone = true;
	begin();
	see(c, 10, "aa");
	end(true);
	assert_int_equal(skipped.containers, 1);
	begin();
	see(c, 10, NULL);
	assert_false(engine.refresh);
	end(true);

	/* The path that it is found by. */
	cgroups.gone = false;
	begin();
	see(c, 10, "aa");
	end(true);
	assert_int_equal(n_yielded, 1);
	assert_int_equal(skipped.containers, 0);

	/* And nobody is left. */
	begin();
	end(true);
	assert_int_equal(skipped.containers, 0);
	assert_int_equal(cgroups.places, 0);
}

static void
test_zombies(void **state)
{
	struct container *c;

	(void)state;
	begin();
	c = see(NULL, 10, "aa");
	see(NULL, 11, "aa");
	end(true);
	begin();
	see(c, 10, NULL);
	assert_ptr_equal(see_zombie(c, 11), c);
	end(true);
	assert_int_equal(c->processes, 1);
	/* Left to nobody but zombies it is no container any more, but they
	 * are still its own. */
	begin();
	assert_ptr_equal(see_zombie(c, 10), c);
	assert_ptr_equal(see_zombie(c, 11), c);
	end(true);
	assert_int_equal(n_yielded, 0);
	assert_int_equal(skipped.containers, 0);
	begin();
	assert_ptr_equal(see_zombie(c, 10), c);
	end(true);
}

static void
test_bounds(void **state)
{
	char id[LIMIT_CONTAINER_ID + 2];
	uint32_t i;

	(void)state;
	begin();
	memset(id, 'a', sizeof(id) - 1);
	id[sizeof(id) - 1] = '\0';
	assert_null(see(NULL, 1, id));
	assert_int_equal(containers_refused(tab), 1);
	for (i = 0; i < LIMIT_CONTAINERS; i++) {
		snprintf(id, sizeof(id), "%x", i);
		assert_non_null(see(NULL, 1, id));
	}
	assert_null(see(NULL, 1, "one too many"));
	assert_non_null(see(NULL, 1, "1"));
	assert_int_equal(containers_refused(tab), 2);
	end(true);
	assert_int_equal(n_yielded, LIMIT_CONTAINERS);
	begin();
	assert_int_equal(containers_refused(tab), 0);
	end(true);
	assert_int_equal(cgroups.places, 0);
}

/* The process that stands for a container changes only with its end. */
static void
test_network_process(void **state)
{
	struct container *c;

	(void)state;
	begin();
	c = see(NULL, 10, "aa");
	see(NULL, 11, "aa");
	see(NULL, 12, "aa");
	end(true);
	assert_int_equal(networks.reads, 1);
	assert_int_equal(networks.pid, 10);
	assert_int_equal(networks.known, 0);
	begin();
	see(c, 12, NULL);
	see(c, 10, NULL);
	end(true);
	assert_int_equal(networks.pid, 10);
	assert_int_equal(networks.known, 77);
	begin();
	see(c, 12, NULL);
	end(true);
	assert_int_equal(networks.pid, 12);
	assert_int_equal(networks.known, 0);
	assert_int_equal(networks.reads, 3);
	assert_int_equal(c->hidden, 0);

	/* It execed: what it is in now may be another. */
	begin();
	see(c, 12, "aa");
	end(true);
	assert_int_equal(networks.pid, 12);
	assert_int_equal(networks.known, 0);
	begin();
	see(c, 12, NULL);
	end(true);
	assert_int_equal(networks.known, 77);

	networks.next.host = true;
	begin();
	see(c, 12, NULL);
	end(true);
	assert_true(c->host_network);
	assert_int_equal(c->hidden, 0);

	networks.rc = -1;
	begin();
	see(c, 12, NULL);
	end(true);
	assert_int_equal(c->hidden, HIDDEN_CONTAINER_NETWORK);

	containers_set_network(tab, false);
	networks.rc = 0;
	networks.reads = 0;
	begin();
	see(c, 12, NULL);
	end(true);
	assert_int_equal(networks.reads, 0);
	assert_int_equal(c->hidden, HIDDEN_CONTAINER_NETWORK);
}

/* The cgroup's own time, unless a process of it is older. */
static void
test_started(void **state)
{
	static const struct {
		int64_t cgroup;     /* s */
		int64_t created[2]; /* ms; of its processes */
		int64_t want;
	} cases[] = {
		{ 100, { 0, 0 }, 100 },
		{ 100, { 100500, 300000 }, 100 },
		{ 100, { 99999, 300000 }, 99 },
		{ 100, { 300000, 99999 }, 99 },
		{ 100, { 300000, 0 }, 100 },
		{ 0, { 300000, 400000 }, 300 },
		{ 0, { 0, 0 }, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct parse_cgroup parsed = { .type = "docker",
			.id = SV("aa") };
		struct engine_sample sample = { .pid = 1,
			.container = &parsed };
		struct container *c = NULL;

		cgroups.next.started = cases[i].cgroup;
		begin();
		for (size_t k = 0; k < 2; k++, sample.pid++)
			c = containers_see(
			    tab, NULL, &sample, cases[i].created[k]);
		end(true);
		if (c->now.started != cases[i].want)
			fail_msg("case %zu: got %lld, want %lld", i,
			    (long long)c->now.started,
			    (long long)cases[i].want);
	}
}

static int
off(const char *scenario, size_t step, const char *what, double got,
    double want)
{
	if (fabs(got - want) <= 1e-5 * fabs(want))
		return 0;
	fprintf(stderr, "%s, step %zu: %s: got %g, want %g\n", scenario, step,
	    what, got, want);
	return 1;
}

/* One read of a cgroup and what must follow from it. */
struct cgroup_step {
	uint64_t at;                  /* ms */
	uint64_t total, user, system; /* ms */
	uint64_t read, written;       /* bytes */
	uint32_t hidden;
	struct {
		double total, user, system, read, written;
	} want;
};

#define NOTHING               \
	{                     \
		0, 0, 0, 0, 0 \
	}

static const struct {
	const char *name;
	struct cgroup_step steps[5]; /* ended by at == 0 */
} cgroup_cases[] = {
	{ "nothing at first, then the time between",
	    { { 5000, 9000, 6000, 3000, 7, 8, 0, NOTHING },
		{ 7000, 10000, 6500, 3500, 2007, 1008, 0,
		    { 50, 25, 25, 1000, 500 } },
		{ 8000, 10100, 6600, 3500, 2007, 1008, 0,
		    { 10, 10, 0, 0, 0 } } } },
	{ "many cores are not capped",
	    { { 1000, 0, 0, 0, 0, 0, 0, NOTHING },
		{ 2000, 64000, 60000, 4000, 0, 0, 0,
		    { 6400, 6000, 400, 0, 0 } } } },
	{ "restarted: counters go backwards",
	    { { 1000, 500, 400, 100, 900, 900, 0, NOTHING },
		{ 2000, 100, 90, 10, 100, 950, 0, { 0, 0, 0, 0, 50 } },
		{ 3000, 200, 190, 10, 200, 950, 0, { 10, 10, 0, 100, 0 } } } },
	{ "a read within 100 ms keeps the rates and the base",
	    { { 1000, 0, 0, 0, 0, 0, 0, NOTHING },
		{ 3000, 1000, 1000, 0, 0, 0, 0, { 50, 50, 0, 0, 0 } },
		{ 3050, 1010, 1010, 0, 500, 0, 0, { 50, 50, 0, 0, 0 } },
		{ 4000, 1200, 1200, 0, 1000, 0, 0, { 20, 20, 0, 1000, 0 } } } },
	{ "hidden, then readable, then hidden",
	    { { 1000, 0, 0, 0, 0, 0,
		  HIDDEN_CONTAINER_CPU | HIDDEN_CONTAINER_BLOCK_IO, NOTHING },
		{ 2000, 500, 400, 100, 900, 900, 0, NOTHING },
		{ 3000, 600, 500, 100, 900, 950, HIDDEN_CONTAINER_MEMORY,
		    { 10, 10, 0, 0, 50 } },
		{ 4000, 0, 0, 0, 1000, 950, HIDDEN_CONTAINER_CPU,
		    { 0, 0, 0, 100, 0 } } } },
	{ "no two reads at one time",
	    { { 1000, 0, 0, 0, 0, 0, 0, NOTHING },
		{ 1000, 100, 100, 0, 0, 0, 0, NOTHING } } },
};

static void
test_cgroup_rates(void **state)
{
	int failed = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(cgroup_cases); i++) {
		const char *name = cgroup_cases[i].name;
		const struct cgroup_step *s = cgroup_cases[i].steps;
		struct container_rates r = { 0 };

		for (size_t n = 0; n < 5 && s->at != 0; n++, s++) {
			const struct cgroup_sample sample = {
				.mono_ns = s->at * MS,
				.total_ns = s->total * MS,
				.user_ns = s->user * MS,
				.system_ns = s->system * MS,
				.read_bytes = s->read,
				.write_bytes = s->written,
				.hidden = s->hidden,
			};

			rates_cgroup(&r, &sample);
			failed += off(name, n, "total", (double)r.total_pct,
			    s->want.total);
			failed += off(name, n, "ns/s", (double)r.cpu_ns,
			    s->want.total * 1e7);
			failed += off(
			    name, n, "user", (double)r.user_pct, s->want.user);
			failed += off(name, n, "system", (double)r.system_pct,
			    s->want.system);
			failed += off(name, n, "read", (double)r.read_bytes,
			    s->want.read);
			failed += off(name, n, "written", (double)r.write_bytes,
			    s->want.written);
		}
	}
	assert_int_equal(failed, 0);
}

#define NONE               \
	{                  \
		0, 0, 0, 0 \
	}
#define UNREAD                          \
	{                               \
		0, 0, false, 0, 0, 0, 0 \
	}

struct network_step {
	bool unreadable;
	struct engine_network read;
	struct {
		double received_bytes, received, sent_bytes, sent;
	} want;
};

static const struct {
	const char *name;
	struct network_step steps[4]; /* ended by mono_ns 0 and readable */
} network_cases[] = {
	{ "nothing at first, then the time between",
	    { { false, { 1000 * MS, 7, false, 100, 10, 200, 20 }, NONE },
		{ false, { 3000 * MS, 7, false, 4100, 14, 200, 22 },
		    { 2000, 2, 0, 1 } } } },
	{ "backwards",
	    { { false, { 1000 * MS, 7, false, 100, 10, 200, 20 }, NONE },
		{ false, { 2000 * MS, 7, false, 50, 20, 200, 20 },
		    { 0, 10, 0, 0 } } } },
	{ "another namespace is another beginning",
	    { { false, { 1000 * MS, 7, false, 100, 10, 200, 20 }, NONE },
		{ false, { 2000 * MS, 8, false, 9000, 90, 900, 90 }, NONE },
		{ false, { 3000 * MS, 8, false, 9001, 90, 900, 90 },
		    { 1, 0, 0, 0 } } } },
	{ "unreadable, then readable",
	    { { true, UNREAD, NONE },
		{ false, { 2000 * MS, 8, false, 9000, 90, 900, 90 }, NONE },
		{ true, UNREAD, NONE },
		{ false, { 3000 * MS, 8, false, 9001, 90, 900, 90 }, NONE } } },
	{ "the host's is nobody's",
	    { { false, { 1000 * MS, 1, true, 0, 0, 0, 0 }, NONE },
		{ false, { 2000 * MS, 1, true, 0, 0, 0, 0 }, NONE } } },
	{ "a read within 100 ms keeps the rates and the base",
	    { { false, { 1000 * MS, 7, false, 0, 0, 0, 0 }, NONE },
		{ false, { 2000 * MS, 7, false, 100, 0, 0, 0 },
		    { 100, 0, 0, 0 } },
		{ false, { 2050 * MS, 7, false, 900, 0, 0, 0 },
		    { 100, 0, 0, 0 } },
		{ false, { 3000 * MS, 7, false, 1100, 0, 0, 0 },
		    { 1000, 0, 0, 0 } } } },
};

static void
test_network_rates(void **state)
{
	int failed = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(network_cases); i++) {
		const char *name = network_cases[i].name;
		const struct network_step *s = network_cases[i].steps;
		struct container_rates r = { 0 };

		for (size_t n = 0; n < 4; n++, s++) {
			if (s->read.mono_ns == 0 && !s->unreadable)
				break;
			rates_network(&r, s->unreadable ? NULL : &s->read);
			failed += off(name, n, "received bytes",
			    (double)r.received_bytes, s->want.received_bytes);
			failed += off(name, n, "received", (double)r.received,
			    s->want.received);
			failed += off(name, n, "sent bytes",
			    (double)r.sent_bytes, s->want.sent_bytes);
			failed += off(
			    name, n, "sent", (double)r.sent, s->want.sent);
		}
	}
	assert_int_equal(failed, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_by_id),
		TEST(test_pod_uid),
		TEST(test_limits_when_due),
		TEST(test_found_better),
		TEST(test_vanishes),
		TEST(test_zombies),
		TEST(test_bounds),
		TEST(test_network_process),
		TEST(test_started),
		cmocka_unit_test(test_cgroup_rates),
		cmocka_unit_test(test_network_rates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
