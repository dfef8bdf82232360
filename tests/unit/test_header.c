/* SPDX-License-Identifier: ISC
 *
 * The lines above the tables: totals of the host, and what there is to say
 * of the daemons.
 */
#include "table_help.h"

/* The header of a model with two processes, after `scans` real-time scans. */
static struct model *
make_model(uint64_t scans)
{
	struct model *model = model_new();
	struct rec_cpu cpus[2] = { { 0 } };
	struct rec_host host = { .hostname = { "web\x1b[1m01", 9 },
		.total_memory = INT64_C(8) << 30,
		.cpus = { cpus, 2 } };
	struct rec_process a = { .stat = { .pid = 1,
				     .state = STATE_RUNNING,
				     .total_pct = 150,
				     .rss = 1 << 30 } };
	struct rec_process b = { .stat = { .pid = 2,
				     .state = STATE_SLEEPING,
				     .total_pct = NAN,
				     .rss = 1 << 30 } };

	model_put_host(model, &host);
	for (uint64_t i = 0; i < scans; i++) {
		uint32_t kind = i == 0 ? SNAPSHOT_FULL : SNAPSHOT_REALTIME;
		struct rec_snapshot_begin begin = { .kind = kind,
			.scan = i,
			.wall_ms = NOW,
			.mono_ns = (i + 1) * 2000000000 };
		struct rec_snapshot_end end = {
			.kind = kind, .scan = i, .cost_cpu = 1500
		};

		model_begin(model, &begin);
		model_put_process(model, &a);
		model_put_process(model, &b);
		assert_int_equal(model_end(model, &end), 0);
	}
	return model;
}

static void
test_header(void **state)
{
	static const struct {
		uint64_t scans;
		int64_t late; /* ms since the last scan */
		size_t width;
		const char *want;
		unsigned line;
		bool up, expired;
	} lines[] = {
		{ 0, 0, 80,
		    "web\\x1b[1m01  01:46:40  waiting for taggerd  by cpu", 0,
		    false, false },
		{ 0, 0, 80,
		    "web\\x1b[1m01  01:46:40  waiting for the first scan  by "
		    "cpu",
		    0, true, false },
		{ 1, 0, 80, "web\\x1b[1m01  01:46:40  scan  by cpu", 0, true,
		    false },
		{ 3, 0, 80, "web\\x1b[1m01  01:46:40  real time 2 s  by cpu", 0,
		    true, false },
		{ 3, 20000, 80,
		    "web\\x1b[1m01  01:47:00  real time 2 s, 20s old  by "
		    "cpu",
		    0, true, false },
		{ 3, 0, 80,
		    "web\\x1b[1m01  01:46:40  real time off (press r), scan  "
		    "by cpu",
		    0, true, true },
		/* A part that does not fit is left out, the time first. */
		{ 3, 0, 40, "web\\x1b[1m01  real time 2 s  by cpu", 0, true,
		    false },
		{ 3, 0, 30, "web\\x1b[1m01  real time 2 s", 0, true, false },
		{ 3, 0, 12, "web\\x1", 0, true, false },
		{ 0, 0, 80, "0 processes", 1, true, false },
		{ 1, 0, 80, "2 processes: 1 running, 1 sleeping", 1, true,
		    false },
		{ 1, 0, 30, "2 processes: 1 running", 1, true, false },
		{ 1, 0, 5, "", 1, true, false },
		{ 1, 0, 40, "CPU 150.0% of 200%  RSS 2.0G of 8.0G", 2, true,
		    false },
		{ 1, 0, 80,
		    "CPU 150.0% of 200%  RSS 2.0G of 8.0G  scan cost 1.5 "
		    "ms",
		    2, true, false },
	};
	struct buf out = { 0 };
	int failed = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++) {
		struct model *model = make_model(lines[i].scans);
		struct header header = { .model = model,
			.now = NOW + lines[i].late,
			.up = lines[i].up,
			.expired = lines[i].expired,
			.order = "cpu" };

		out.len = 0;
		header_line(&header, lines[i].line, lines[i].width, &out);
		buf_append(&out, "", 1);
		failed += differs("header", out.data, lines[i].want);
		model_free(model);
	}
	buf_free(&out);
	assert_int_equal(failed, 0);
}

/* Containers are counted behind the processes, or alone: then the sums are
 * theirs. */
static void
test_header_containers(void **state)
{
	static const struct {
		enum snapshot_scope scope;
		unsigned line;
		size_t width;
		const char *want;
	} lines[] = {
		{ SCOPE_ALL, 1, 80, "1 process: 1 sleeping  3 containers" },
		{ SCOPE_ALL, 1, 30, "1 process: 1 sleeping" },
		{ SCOPE_ALL, 2, 80, "CPU 5.0%  RSS 1.0M of -  scan cost 0 us" },
		{ SCOPE_CONTAINERS, 1, 80,
		    "3 containers: 1 running, 1 paused, 1 unknown" },
		{ SCOPE_CONTAINERS, 1, 25, "3 containers: 1 running" },
		{ SCOPE_CONTAINERS, 2, 80,
		    "CPU 75.0%  RSS 3.0M of -  scan cost 0 us" },
	};
	struct rec_process process = { .stat = { .pid = 1,
					   .state = STATE_SLEEPING,
					   .total_pct = 5,
					   .rss = 1 << 20 } };
	struct rec_container boxes[] = {
		{ .stat = { .id = SV("a"),
		      .state = CONTAINER_RUNNING,
		      .total_pct = 75,
		      .mem_rss = 3 << 20 } },
		{ .stat = { .id = SV("b"),
		      .state = CONTAINER_PAUSED,
		      .total_pct = NAN } },
		{ .stat = { .id = SV("c"), .state = 99 } },
	};
	struct rec_snapshot_end end = { .kind = SNAPSHOT_FULL };
	struct buf out = { 0 };
	int failed = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++) {
		struct rec_snapshot_begin begin = { .kind = SNAPSHOT_FULL,
			.scope = lines[i].scope };
		struct model *model = model_new();
		struct header header = { .model = model };

		model_begin(model, &begin);
		if (lines[i].scope == SCOPE_ALL)
			model_put_process(model, &process);
		for (size_t k = 0; k < COUNT(boxes); k++)
			model_put_container(model, &boxes[k]);
		assert_int_equal(model_end(model, &end), 0);
		out.len = 0;
		header_line(&header, lines[i].line, lines[i].width, &out);
		buf_append(&out, "", 1);
		failed += differs("header", out.data, lines[i].want);
		model_free(model);
	}
	buf_free(&out);
	assert_int_equal(failed, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_header),
		cmocka_unit_test(test_header_containers),
	};

	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
