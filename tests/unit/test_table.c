/* SPDX-License-Identifier: ISC
 *
 * The process table as text: which columns fit, what stands in them, and in
 * which order the rows come.
 */
#include "table_help.h"

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_titles),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_container),
		cmocka_unit_test(test_rows_fit),
		cmocka_unit_test(test_sort),
	};

	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
