/* SPDX-License-Identifier: ISC
 *
 * The table of processes: identity, CPU and I/O rates, createTime, and that
 * what it keeps of a command line is scrubbed, bounded and renewed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collectord/filter.h"
#include "collectord/proctab.h"
#include "collectord/rates.h"
#include "collectord/scrub.h"
#include "common/log.h"

#define MS   UINT64_C(1000000) /* ns */
#define BOOT INT64_C(1700000000000)

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

struct fixture {
	struct proctab *tab;
	struct scrub *scrub;
	struct filter *filter;
};

static int
setup(void **state)
{
	static char *patterns[] = { "never-show" };
	const struct config_list blacklist = { patterns, 1 };
	struct fixture *f = xcalloc(1, sizeof(*f));
	struct proctab_setup conf = {
		.boot_ms = BOOT, .ticks_per_s = 100, .cores = 4
	};
	char *error;

	f->scrub = scrub_new(&(struct config_list){ 0 }, true, false, &error);
	f->filter = filter_new(&blacklist, &error);
	conf.scrub = f->scrub;
	conf.filter = f->filter;
	f->tab = proctab_new(&conf);
	*state = f;
	return f->scrub == NULL || f->filter == NULL;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	proctab_free(f->tab);
	scrub_free(f->scrub);
	filter_free(f->filter);
	free(f);
	return 0;
}

/* One read of process 7 and what must follow from it. Times in ms. */
struct step {
	uint64_t at; /* CLOCK_MONOTONIC, which is as old as the boot here */
	uint64_t start_ticks;
	uint64_t user, system;
	struct engine_io io;
	uint32_t hidden;
	struct proctab_rates want;
};

struct scenario {
	const char *name;
	struct step steps[5]; /* ended by at == 0 */
};

#define STILL                       \
	{                           \
		0, 0, 0, 0, 0, 0, 0 \
	}
#define NO_IO              \
	{                  \
		0, 0, 0, 0 \
	}

static const struct scenario scenarios[] = {
	{ "first seen: CPU since it started",
	    { { 10000, 800, 1000, 500, { 9, 9, 9, 9 }, 0,
		{ 75, 50, 25, 0, 0, 0, 0 } } } },
	{ "a burner of one core",
	    { { 1000, 50, 0, 0, NO_IO, 0, STILL },
		{ 11000, 50, 10000, 0, NO_IO, 0, { 100, 100, 0, 0, 0, 0, 0 } },
		{ 13000, 50, 11000, 1000, NO_IO, 0,
		    { 100, 50, 50, 0, 0, 0, 0 } } } },
	{ "four threads on four cores, not capped at one",
	    { { 1000, 50, 0, 0, NO_IO, 0, STILL },
		{ 3000, 50, 7000, 900, NO_IO, 0,
		    { 395, 350, 45, 0, 0, 0, 0 } } } },
	{ "more than there are cores is cut",
	    { { 1000, 50, 0, 0, NO_IO, 0, STILL },
		{ 2000, 50, 6000, 2000, NO_IO, 0,
		    { 400, 300, 100, 0, 0, 0, 0 } } } },
	{ "CPU time that goes backwards",
	    { { 1000, 50, 500, 500, NO_IO, 0, { 200, 100, 100, 0, 0, 0, 0 } },
		{ 2000, 50, 400, 600, NO_IO, 0, { 10, 0, 10, 0, 0, 0, 0 } } } },
	{ "pid reuse: nothing of the old one is in the new one's rates",
	    { { 5000, 100, 2000, 0, { 5, 5, 5, 5 }, 0,
		  { 50, 50, 0, 0, 0, 0, 0 } },
		{ 7000, 600, 100, 0, { 1, 1, 1, 1 }, 0,
		    { 10, 10, 0, 0, 0, 0, 0 } },
		{ 8000, 600, 100, 0, { 2, 3, 4, 5 }, 0,
		    { 0, 0, 0, 1, 2, 3, 4 } } } },
	{ "younger than a tick counts as a tick",
	    { { 1001, 100, 10, 0, NO_IO, 0, { 100, 100, 0, 0, 0, 0, 0 } } } },
	{ "started in the future (a made-up tree)",
	    { { 1000, 100000, 10, 0, NO_IO, 0, STILL } } },
	{ "no two reads at one time",
	    { { 1000, 50, 10, 0, NO_IO, 0, { 2, 2, 0, 0, 0, 0, 0 } },
		{ 1000, 50, 20, 0, NO_IO, 0, { 2, 2, 0, 0, 0, 0, 0 } } } },
	{ "a read within 100 ms keeps the rates and the base",
	    { { 1000, 50, 0, 0, NO_IO, 0, STILL },
		{ 3000, 50, 1000, 0, { 0, 0, 0, 0 }, 0,
		    { 50, 50, 0, 0, 0, 0, 0 } },
		{ 3050, 50, 1010, 0, { 70, 0, 0, 0 }, 0,
		    { 50, 50, 0, 0, 0, 0, 0 } },
		{ 4000, 50, 1200, 0, { 100, 0, 0, 0 }, 0,
		    { 20, 20, 0, 100, 0, 0, 0 } } } },
	{ "I/O over ns, the first rate 0",
	    { { 1000, 50, 0, 0, { 100, 200, 300, 400 }, 0, STILL },
		{ 3500, 50, 0, 0, { 110, 220, 2800, 50400 }, 0,
		    { 0, 0, 0, 4, 8, 1000, 20000 } } } },
	{ "I/O counters that are 0 are not unreadable",
	    { { 1000, 50, 0, 0, NO_IO, 0, STILL },
		{ 2000, 50, 0, 0, NO_IO, 0, STILL } } },
	{ "I/O counters that go backwards",
	    { { 1000, 50, 0, 0, { 100, 100, 100, 100 }, 0, STILL },
		{ 2000, 50, 0, 0, { 10, 110, 0, 100 }, 0,
		    { 0, 0, 0, 0, 10, 0, 0 } } } },
	{ "unreadable I/O, then readable: first 0",
	    { { 1000, 50, 0, 0, NO_IO, HIDDEN_IO, { 0, 0, 0, -1, -1, -1, -1 } },
		{ 2000, 50, 0, 0, NO_IO, HIDDEN_IO,
		    { 0, 0, 0, -1, -1, -1, -1 } },
		{ 3000, 50, 0, 0, { 50, 50, 50, 50 }, 0, STILL },
		{ 4000, 50, 0, 0, { 51, 50, 50, 50 }, 0,
		    { 0, 0, 0, 1, 0, 0, 0 } } } },
	{ "I/O that becomes unreadable",
	    { { 1000, 50, 0, 0, { 5, 5, 5, 5 }, 0, STILL },
		{ 2000, 50, 0, 0, NO_IO, HIDDEN_IO,
		    { 0, 0, 0, -1, -1, -1, -1 } } } },
	{ "the largest numbers",
	    { { 1000, 50, 0, 0, NO_IO, 0, STILL },
		{ 2000, 50, UINT64_MAX / MS, UINT64_MAX / MS, NO_IO, 0,
		    { 400, 200, 200, 0, 0, 0, 0 } } } },
};

static void
check(const char *name, int step, const char *what, float got, float want)
{
	if (fabsf(got - want) <= 0.001f + fabsf(want) * 1e-5f)
		return;
	fail_msg("%s, step %d, %s: got %f, want %f", name, step, what,
	    (double)got, (double)want);
}

static void
check_rates(const char *name, int n, const struct proctab_rates *got,
    const struct proctab_rates *want)
{
	check(name, n, "total_pct", got->total_pct, want->total_pct);
	check(name, n, "user_pct", got->user_pct, want->user_pct);
	check(name, n, "system_pct", got->system_pct, want->system_pct);
	check(name, n, "read_ops", got->read_ops, want->read_ops);
	check(name, n, "write_ops", got->write_ops, want->write_ops);
	check(name, n, "read_bytes", got->read_bytes, want->read_bytes);
	check(name, n, "write_bytes", got->write_bytes, want->write_bytes);
}

static void
test_scenarios(void **state)
{
	struct fixture *f;
	struct proc *proc;
	void *inner;
	size_t i;
	int n;

	(void)state;
	for (i = 0; i < COUNT(scenarios); i++) {
		assert_int_equal(setup(&inner), 0);
		f = inner;
		for (n = 0; n < 5 && scenarios[i].steps[n].at != 0; n++) {
			const struct step *step = &scenarios[i].steps[n];
			const struct engine_sample s = {
				.pid = 7,
				.start_ticks = step->start_ticks,
				.mono_ns = step->at * MS,
				.user_ns = step->user * MS,
				.system_ns = step->system * MS,
				.io = step->io,
				.hidden = step->hidden,
			};

			proctab_begin(f->tab, 0);
			proc = proctab_update(f->tab, &s);
			assert_non_null(proc);
			check_rates(
			    scenarios[i].name, n, &proc->rates, &step->want);
			proctab_end(f->tab);
		}
		teardown(&inner);
	}
}

/* A machine that has slept: the time since boot is more than the clock. */
static void
test_age_counts_sleep(void **state)
{
	struct fixture *f = *state;
	const struct engine_sample s = {
		.pid = 1, .mono_ns = 1000 * MS, .user_ns = 500 * MS
	};

	proctab_begin(f->tab, 9000 * MS);
	check("slept", 0, "total_pct",
	    proctab_update(f->tab, &s)->rates.total_pct, 5);
}

static const struct {
	int64_t boot_ms;
	uint32_t ticks_per_s;
	uint64_t start_ticks;
	int64_t want;
} dates[] = {
	{ BOOT, 100, 0, BOOT },
	{ BOOT, 100, 1, BOOT + 10 },
	{ BOOT, 100, 12345, BOOT + 123450 },
	{ BOOT, 1000, 12345, BOOT + 12345 },
	{ BOOT, 1024, 1, BOOT },
	{ BOOT, 100, UINT64_C(100) * 86400 * 365 * 10,
	    BOOT + INT64_C(1000) * 86400 * 365 * 10 },
	{ 0, 100, 12345, 0 }, /* no boot time, no date */
	{ BOOT, 100, UINT64_MAX, 0 },
};

static void
test_create_time(void **state)
{
	int64_t got;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(dates); i++) {
		got = rates_create_time(dates[i].boot_ms, dates[i].ticks_per_s,
		    dates[i].start_ticks);
		if (got != dates[i].want)
			fail_msg("date %zu: got %lld, want %lld", i,
			    (long long)got, (long long)dates[i].want);
	}
}

/* Tells the table of process `pid` with this argv (bytes, NULs and all). */
static struct proc *
tell(struct fixture *f, int32_t pid, uint64_t start, const char *argv,
    size_t len)
{
	const struct engine_sample s = {
		.pid = pid,
		.start_ticks = start,
		.mono_ns = 1000 * MS,
		.comm = SV("name"),
		.parts = ENGINE_CMDLINE,
		.cmdline = { argv, (uint32_t)len },
	};

	return proctab_update(f->tab, &s);
}

#define TELL(f, pid, argv) tell((f), (pid), 1, (argv), sizeof(argv))

static void
check_arg(const struct proc *proc, uint32_t n, const char *want)
{
	const struct strviews *args = &proc->command.args;

	if (n >= args->n)
		fail_msg("got %u arguments, want \"%s\" too", args->n, want);
	if (args->v[n].len != strlen(want) ||
	    memcmp(args->v[n].s, want, args->v[n].len) != 0)
		fail_msg("argument %u: got \"%.*s\", want \"%s\"", n,
		    (int)args->v[n].len, args->v[n].s, want);
}

static void
test_commands(void **state)
{
	struct fixture *f = *state;
	struct proc *proc;

	proctab_begin(f->tab, 0);
	proc = TELL(f, 1, "agent\0-password\0hunter2");
	check_arg(proc, 1, "-password");
	check_arg(proc, 2, "********");
	assert_false(proc->blacklisted);

	/* It rewrites its argv, and what was right of the old one is gone. */
	proc = TELL(f, 1, "agent\0--password=other");
	check_arg(proc, 1, "--password=********");
	assert_int_equal(proc->command.args.n, 2);
	proc = TELL(f, 1, "agent\0never-show\0--password=other");
	assert_true(proc->blacklisted);
	proc = TELL(f, 1, "agent\0again");
	assert_false(proc->blacklisted);

	proc = tell(f, 2, 1, "", 0);
	assert_int_equal(proc->command.args.n, 1);
	check_arg(proc, 0, "[name]");
	proc = tell(f, 3, 1, "\0\0\0", 3);
	check_arg(proc, 0, "[name]");
}

/* A read that failed must not bring a blacklisted process to light. */
static void
test_unreadable_command(void **state)
{
	struct fixture *f = *state;
	struct engine_sample s = {
		.pid = 1,
		.start_ticks = 1,
		.mono_ns = 2000 * MS,
		.comm = SV("name"),
		.parts = ENGINE_CMDLINE,
		.hidden = HIDDEN_CMDLINE,
	};
	struct proc *proc;

	proctab_begin(f->tab, 0);
	TELL(f, 1, "agent\0never-show");
	proc = proctab_update(f->tab, &s);
	assert_true(proc->blacklisted);
	check_arg(proc, 1, "never-show");
	s.pid = 2;
	proc = proctab_update(f->tab, &s);
	check_arg(proc, 0, "[name]");
}

static void
test_rules_forget(void **state)
{
	struct fixture *f = *state;
	struct proc *proc;

	proctab_begin(f->tab, 0);
	proc = TELL(f, 1, "agent\0-password\0hunter2");
	proctab_set_rules(f->tab, f->scrub, f->filter);
	assert_int_equal(proc->command.args.n, 0);
	assert_int_equal(proc->command_hash, 0);
	proc = TELL(f, 1, "agent\0-password\0hunter2");
	check_arg(proc, 2, "********");
}

/* All command lines together are bounded; later ones are cut, and say so. */
static void
test_bounded_text(void **state)
{
	static char huge[LIMIT_CMDLINE];
	struct fixture *f = *state;
	const struct strview *arg;
	struct proc *proc = NULL;
	int32_t pid;

	memset(huge, 'x', sizeof(huge));
	proctab_begin(f->tab, 0);
	for (pid = 1; pid <= (int32_t)(LIMIT_CMDLINE_ALL / LIMIT_CMDLINE) + 10;
	     pid++)
		proc = tell(f, pid, 1, huge, sizeof(huge));
	assert_int_equal(proc->command.args.n, 1);
	arg = &proc->command.args.v[0];
	assert_true(arg->len <= LIMIT_CMDLINE_SHORT + 3);
	assert_memory_equal(arg->s + arg->len - 3, "\xe2\x80\xa6", 3);

	/* When the others are gone there is room again. */
	proctab_begin(f->tab, 0);
	tell(f, pid - 1, 1, huge, sizeof(huge));
	proctab_end(f->tab);
	assert_int_equal(proctab_count(f->tab), 1);
	proctab_begin(f->tab, 0);
	proc = tell(f, 1, 2, huge, sizeof(huge));
	assert_int_equal(proc->command.args.v[0].len, sizeof(huge));
}

static void
test_sweep(void **state)
{
	struct fixture *f = *state;
	int32_t pid;

	/* Enough to grow the table, with pids that share buckets. */
	proctab_begin(f->tab, 0);
	for (pid = 1; pid <= 5000; pid++)
		tell(f, pid * 1024, 1, "a", 1);
	proctab_end(f->tab);
	assert_int_equal(proctab_count(f->tab), 5000);

	proctab_begin(f->tab, 0);
	for (pid = 1; pid <= 5000; pid += 2)
		tell(f, pid * 1024, pid % 3 == 0 ? 2 : 1, "a", 1);
	proctab_end(f->tab);
	assert_int_equal(proctab_count(f->tab), 2500);
	proctab_begin(f->tab, 0);
	proctab_end(f->tab);
	assert_int_equal(proctab_count(f->tab), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scenarios),
		cmocka_unit_test(test_create_time),
		cmocka_unit_test_setup_teardown(
		    test_age_counts_sleep, setup, teardown),
		cmocka_unit_test_setup_teardown(test_commands, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_unreadable_command, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_rules_forget, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_bounded_text, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sweep, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
