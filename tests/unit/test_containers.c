/* SPDX-License-Identifier: ISC
 *
 * The table of containers: who is in it, what stands for it, and when it
 * goes. Cgroups and the engine are made up, so that every way to end can be
 * had.
 */
#include "containers_help.h"

static int
teardown(void **state)
{
	(void)state;
	containers_free(tab);
	assert_int_equal(cgroups.places, 0);
	return 0;
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
