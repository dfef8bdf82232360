/* SPDX-License-Identifier: ISC
 *
 * The rates of containers, from cgroups and a network that are made up, so
 * that every number is known.
 */
#include "containers_help.h"

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cgroup_rates),
		cmocka_unit_test(test_network_rates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
