/* SPDX-License-Identifier: ISC
 *
 * The process table as text: which columns fit, what stands in them, in
 * which order the rows come, and the lines above.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ddproc/header.h"
#include "ddproc/table.h"
#include "common/utf8.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define NOW          INT64_C(1000000000000)
#define NONE         "\xef\xbf\xbd" /* U+FFFD */

static int
differs(const char *what, const char *got, const char *want)
{
	if (strcmp(got, want) == 0)
		return 0;
	print_error("%s:\n got \"%s\"\nwant \"%s\"\n", what, got, want);
	return 1;
}

static void
test_titles(void **state)
{
	static const struct {
		size_t width;
		bool containers;
		const char *want;
	} rows[] = {
		{ 200, true,
		    "    PID USER             S  CPU%   RSS  THR   FD READ/s "
		    "WRITE/s  AGE CONTAINER                        COMMAND" },
		{ 154, true,
		    "    PID USER     S  CPU%   RSS  THR   FD READ/s WRITE/s "
		    " AGE CONTAINER    COMMAND" },
		{ 92, true,
		    "    PID USER     S  CPU%   RSS  THR   FD READ/s WRITE/s "
		    " AGE CONTAINER    COMMAND" },
		{ 91, true,
		    "    PID USER     S  CPU%   RSS   FD READ/s WRITE/s  AGE "
		    "CONTAINER    COMMAND" },
		{ 120, false,
		    "    PID USER     S  CPU%   RSS  THR   FD READ/s WRITE/s "
		    " AGE CONTAINER    COMMAND" },
		{ 119, false,
		    "    PID USER     S  CPU%   RSS  THR   FD READ/s WRITE/s "
		    " AGE COMMAND" },
		{ 80, true,
		    "    PID USER     S  CPU%   RSS READ/s WRITE/s CONTAINER   "
		    " COMMAND" },
		{ 80, false,
		    "    PID USER     S  CPU%   RSS  THR   FD READ/s WRITE/s "
		    " AGE COMMAND" },
		{ 60, true, "    PID USER     S  CPU%   RSS COMMAND" },
		{ 40, true, "    PID S  CPU%   RSS COMMAND" },
		{ 20, true, "    PID  CPU% COMMAN" },
		{ 1, true, "    PID  CPU% " },
		{ 0, true, "    PID  CPU% " },
	};
	struct buf out = { 0 };
	struct table table;
	int failed = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char what[32];

		out.len = 0;
		table_fit(&table, rows[i].width, rows[i].containers);
		table_title(&table, &out);
		buf_append(&out, "", 1);
		snprintf(what, sizeof(what), "width %zu", rows[i].width);
		failed += differs(what, out.data, rows[i].want);
	}
	buf_free(&out);
	assert_int_equal(failed, 0);
}

static struct strview arg_plain[] = { { "nginx:", 6 }, { "worker", 6 } };
static struct strview arg_evil[] = { { "\x1b[2J", 4 }, { "a\nb", 3 } };

static const struct {
	const char *what;
	struct rec_process rec;
	size_t width;
	const char *want;
} rows[] = {
	{ "all known",
	    { .stat = { .pid = 1234,
		  .create_time = NOW - 7200000,
		  .state = STATE_SLEEPING,
		  .rss = 10 << 20,
		  .total_pct = 12.34f,
		  .threads = 4,
		  .open_fds = 50,
		  .read_bytes_rate = 2048,
		  .write_bytes_rate = 0,
		  .container_id = { "0123456789abcdef0123", 20 } },
		.args = { arg_plain, 2 },
		.user = { "www-data", 8 } },
	    120,
	    "   1234 www-data S  12.3   10M    4   50   2.0K       0   2h "
	    "0123456789ab nginx: worker" },
	{ "unreadable is not zero",
	    { .stat = { .pid = 7,
		  .state = STATE_ZOMBIE,
		  .total_pct = -1,
		  .open_fds = -1,
		  .read_bytes_rate = -1,
		  .write_bytes_rate = NAN },
		.hidden = HIDDEN_STATUS | HIDDEN_CMDLINE },
	    120,
	    "      7 ?        Z     -     0    0    -      -       -    - "
	    "-            ?" },
	{ "no name for the uid",
	    { .stat = { .pid = 7 }, .uid = 65534, .comm = { "kw", 2 } }, 120,
	    "      7 65534    U   0.0     0    0    0      0       0    - "
	    "-            [kw]" },
	{ "hostile bytes",
	    { .stat = { .pid = 8, .container_id = { "\x1b]0;x\a", 6 } },
		.args = { arg_evil, 2 },
		.user = { "\x1b[31mroot", 9 } },
	    120,
	    "      8 \\x1b[31+ U   0.0     0    0    0      0       0    - "
	    "\\x1b]0;x\\a   \\x1b[2J a\\nb" },
	{ "too wide for their columns",
	    { .stat = { .pid = 4194304,
		  .create_time = 1,
		  .rss = UINT64_MAX,
		  .total_pct = 123456,
		  .threads = INT32_MAX,
		  .read_bytes_rate = 1e30f },
		.user = { "averylongname", 13 },
		.comm = { "x", 1 } },
	    120,
	    "4194304 averylo+ U 1234+   16E 214+    0 86736+       0  31y "
	    "-            [x]" },
	{ "the command is cut",
	    { .stat = { .pid = 1 }, .args = { arg_plain, 2 } }, 26,
	    "      1   0.0 nginx: worke" },
	{ "a wide name in a narrow cell",
	    { .stat = { .pid = 1 },
		.user = { "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e\xe3\x83\x97"
			  "\xe3\x83\xad",
		    15 },
		.comm = { "bad\xff", 4 } },
	    60,
	    "      1 \xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e + U   0.0     0 "
	    "[bad" NONE "]" },
};

static void
test_rows(void **state)
{
	struct buf out = { 0 };
	struct table table;
	int failed = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		out.len = 0;
		table_fit(&table, rows[i].width, true);
		table_row(&table, &rows[i].rec, NULL, NOW, &out);
		buf_append(&out, "", 1);
		failed += differs(rows[i].what, out.data, rows[i].want);
	}
	buf_free(&out);
	assert_int_equal(failed, 0);
}

/* A process's container goes by its name, else by its id. */
static void
test_container(void **state)
{
	static const struct rec_process in = {
		.stat = { .container_id = SV("0123456789abcdef") }
	};
	static const struct rec_process out_of_all = { 0 };
	static const struct rec_container named = { .name = SV("web-1") };
	static const struct rec_container nameless = { .image = SV("nginx") };
	static const struct rec_container evil = { .name = SV(
						       "\x1b]0;x\a-more") };
	static const struct {
		const struct rec_process *process;
		const struct rec_container *container;
		const char *want;
	} cells[] = {
		{ &out_of_all, NULL, " -            ?" },
		{ &in, NULL, " 0123456789ab ?" },
		{ &in, &nameless, " 0123456789ab ?" },
		{ &in, &named, " web-1        ?" },
		{ &in, &evil, " \\x1b]0;x\\a-+ ?" },
	};
	struct buf out = { 0 };
	struct table table;
	int failed = 0;

	(void)state;
	table_fit(&table, 120, true);
	for (size_t i = 0; i < COUNT(cells); i++) {
		const char *want = cells[i].want;

		out.len = 0;
		table_row(
		    &table, cells[i].process, cells[i].container, NOW, &out);
		buf_append(&out, "", 1);
		assert_true(out.len > strlen(want));
		failed += differs(
		    "the cell", out.data + out.len - 1 - strlen(want), want);
	}
	buf_free(&out);
	assert_int_equal(failed, 0);
}

/* No row is wider than its terminal, from 20 columns up. */
static void
test_rows_fit(void **state)
{
	struct buf out = { 0 };
	struct table table;
	size_t bytes, columns;
	int failed = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		for (size_t width = 20; width < 250; width++) {
			out.len = 0;
			table_fit(&table, width, true);
			table_row(&table, &rows[i].rec, NULL, NOW, &out);
			columns = utf8_columns(out.data, out.len, 1000, &bytes);
			if (columns <= width && bytes == out.len)
				continue;
			print_error("%s at %zu: got %zu columns\n",
			    rows[i].what, width, columns);
			failed++;
		}
	}
	buf_free(&out);
	assert_int_equal(failed, 0);
}

static struct strview sort_args[] = { { "b", 1 }, { "a", 1 }, { "aa", 2 } };

/* Each differs from the others in every key. */
static const struct rec_process sorted[] = {
	{ .stat = { .pid = 1,
	      .start_ticks = 30,
	      .total_pct = 1,
	      .rss = 3,
	      .threads = 2,
	      .open_fds = -1,
	      .read_bytes_rate = -1,
	      .write_bytes_rate = 5 },
	    .user = { "root", 4 },
	    .args = { &sort_args[0], 1 } },
	{ .stat = { .pid = 2,
	      .start_ticks = 10,
	      .total_pct = 3,
	      .rss = 1,
	      .threads = 3,
	      .open_fds = 9,
	      .read_bytes_rate = 0,
	      .write_bytes_rate = NAN },
	    .user = { "bin", 3 },
	    .args = { &sort_args[1], 1 } },
	{ .stat = { .pid = 3,
	      .start_ticks = 20,
	      .total_pct = 2,
	      .rss = 2,
	      .threads = 1,
	      .open_fds = 0,
	      .read_bytes_rate = 1,
	      .write_bytes_rate = 6 },
	    .user = { "roo", 3 },
	    .args = { &sort_args[2], 1 } },
};

static void
test_sort(void **state)
{
	static const struct {
		const char *key;
		bool reverse;
		const char *want; /* the pids */
	} orders[] = {
		{ "cpu", false, "231" },
		{ "cpu", true, "132" },
		{ "rss", false, "132" },
		{ "pid", false, "123" },
		{ "pid", true, "321" },
		{ "user", false, "231" },
		{ "threads", false, "213" },
		{ "fd", false, "231" },
		{ "read", false, "321" },
		{ "write", false, "312" },
		{ "age", false, "231" },
		{ "command", false, "231" },
	};
	int failed = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(orders); i++) {
		const struct rec_process *v[] = { &sorted[1], &sorted[2],
			&sorted[0] };
		struct model_view view = { v, COUNT(v), COUNT(v) };
		char got[4] = "";
		int key = table_sort_key(orders[i].key);

		assert_in_range(key, 0, SORT_COUNT - 1);
		table_sort(&view, (enum sort_key)key, orders[i].reverse);
		for (size_t k = 0; k < 3; k++)
			got[k] = (char)('0' + v[k]->stat.pid);
		failed += differs(orders[i].key, got, orders[i].want);
	}
	assert_int_equal(table_sort_key("memory"), -1);
	assert_int_equal(table_sort_key(""), -1);
	assert_int_equal(failed, 0);
}

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
		cmocka_unit_test(test_titles),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_container),
		cmocka_unit_test(test_rows_fit),
		cmocka_unit_test(test_sort),
		cmocka_unit_test(test_header),
		cmocka_unit_test(test_header_containers),
	};

	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
