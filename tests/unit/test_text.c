/* SPDX-License-Identifier: ISC
 *
 * Numbers made short and foreign strings made safe for a terminal.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ddproc/text.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static int
differs(const char *what, const char *got, const char *want)
{
	if (strcmp(got, want) == 0)
		return 0;
	print_error("%s: got \"%s\", want \"%s\"\n", what, got, want);
	return 1;
}

static void
test_numbers(void **state)
{
	static const struct {
		void (*format)(char *out, double value);
		double value;
		const char *want;
	} rows[] = {
		{ text_bytes, 0, "0" },
		{ text_bytes, 512, "512" },
		{ text_bytes, 1023, "1023" },
		{ text_bytes, 1023.6, "1.0K" },
		{ text_bytes, 1024, "1.0K" },
		{ text_bytes, 1536, "1.5K" },
		{ text_bytes, 10 * 1024, "10K" },
		{ text_bytes, 1023.9 * 1024, "1.0M" },
		{ text_bytes, 1e12, "931G" },
		{ text_bytes, 18446744073709551615.0, "16E" },
		{ text_bytes, 1e30, "867361737988E" },
		{ text_bytes, -1, "-" },
		{ text_bytes, (double)NAN, "-" },
		{ text_bytes, (double)INFINITY, "-" },
		{ text_percent, 0, "0.0" },
		{ text_percent, 99.94, "99.9" },
		{ text_percent, 999.94, "999.9" },
		{ text_percent, 999.96, "1000" },
		{ text_percent, 12800, "12800" },
		{ text_percent, -1, "-" },
		{ text_percent, (double)NAN, "-" },
	};
	char got[TEXT_SHORT];
	int failed = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		rows[i].format(got, rows[i].value);
		failed += differs("number", got, rows[i].want);
	}
	assert_int_equal(failed, 0);
}

static void
test_whole_numbers(void **state)
{
	static const struct {
		void (*format)(char *out, int64_t value);
		int64_t value;
		const char *want;
	} rows[] = {
		{ text_count, 0, "0" },
		{ text_count, 9999, "9999" },
		{ text_count, 10000, "10K" },
		{ text_count, 999999, "999K" },
		{ text_count, 1000000, "1M" },
		{ text_count, -1, "-" },
		{ text_age, -5000, "0s" },
		{ text_age, 59999, "59s" },
		{ text_age, 60000, "1m" },
		{ text_age, 3600000, "1h" },
		{ text_age, 86399999, "23h" },
		{ text_age, 86400000, "1d" },
		{ text_age, INT64_C(86400000) * 999, "999d" },
		{ text_age, INT64_C(86400000) * 1000, "2y" },
		{ text_time, 0, "-" },
		{ text_time, INT64_MAX, "-" },
		{ text_time, 1462330921000, "2016-05-04 03:02:01" },
	};
	char got[TEXT_SHORT];
	int failed = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		rows[i].format(got, rows[i].value);
		failed += differs("number", got, rows[i].want);
	}
	assert_int_equal(failed, 0);
}

#define MARK  "\xf0\x9d\x85\xa7" /* U+1D167, of no width */
#define MARK4 MARK MARK MARK MARK
#define RAW8  "\x81\x81\x81\x81\x81\x81\x81\x81"

static void
test_append(void **state)
{
	static const struct {
		const char *in;
		size_t max;
		const char *want;
		size_t columns;
	} rows[] = {
		{ "", 5, "", 0 },
		{ "nginx", 0, "", 0 },
		{ "nginx", 3, "ngi", 3 },
		{ "nginx", 5, "nginx", 5 },
		{ "a\x1b[2J", 20, "a\\x1b[2J", 8 },
		{ "a\nb\tc\rd", 20, "a\\nb\\tc\\rd", 10 },
		{ "\x7f", 20, "\\x7f", 4 },
		{ "\xc2\x9b"
		  "31m",
		    20, "\\u009b31m", 9 },
		{ "\x9b"
		  "31m",
		    20,
		    "\xef\xbf\xbd"
		    "31m",
		    4 },
		{ "x\xe2\x80\xaegpj.exe", 30, "x\\u202egpj.exe", 14 },
		{ "x\xe2\x80\xaegpj.exe", 4, "x\\u2", 4 },
		{ "\xe6\x97\xa5\xe6\x9c\xac", 4, "\xe6\x97\xa5\xe6\x9c\xac",
		    4 },
		{ "\xe6\x97\xa5\xe6\x9c\xac", 3, "\xe6\x97\xa5", 2 },
		/* More marks than are looked at: none is cut in two. */
		{ "x" MARK4 MARK4, 2, "x" MARK MARK MARK, 1 },
		{ "x" MARK4 MARK4, 1, "x" MARK, 1 },
		{ RAW8 RAW8 RAW8, 2, "\xef\xbf\xbd\xef\xbf\xbd", 2 },
	};
	struct buf out = { 0 };
	int failed = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct strview in = { rows[i].in,
			(uint32_t)strlen(rows[i].in) };
		size_t columns;

		out.len = 0;
		columns = text_append(&out, in, rows[i].max);
		buf_append(&out, "", 1);
		failed += differs(rows[i].in, out.data, rows[i].want);
		if (columns != rows[i].columns) {
			print_error("%s: got %zu columns, want %zu\n",
			    rows[i].want, columns, rows[i].columns);
			failed++;
		}
	}
	buf_free(&out);
	assert_int_equal(failed, 0);
}

/* A cell of marks without width must not grow without bound. */
static void
test_append_is_bounded(void **state)
{
	struct strview in = { NULL, 20000 };
	struct buf out = { 0 };
	char *marks = malloc(in.len);

	(void)state;
	assert_non_null(marks);
	for (uint32_t i = 0; i < in.len; i++)
		marks[i] = i % 2 == 0 ? '\xcc' : '\x81';
	in.s = marks;
	text_append(&out, in, 10);
	assert_in_range(out.len, 0, 500);
	buf_free(&out);
	free(marks);
}

static void
test_ascii(void **state)
{
	static const struct {
		const char *in, *want;
	} rows[] = {
		{ "plain", "plain" },
		{ "\xc3\x9b"
		  "2J",
		    "?2J" },
		{ "a\xe6\x97\xa5"
		  "b\xf0\x9f\x90\xa7",
		    "a?b?" },
	};
	char text[64], got[64];
	FILE *out, *tmp;
	int failed = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		snprintf(text, sizeof(text), "%s", rows[i].in);
		text[text_to_ascii(text, strlen(text))] = '\0';
		failed += differs("to_ascii", text, rows[i].want);

		assert_non_null(tmp = tmpfile());
		assert_non_null(out = text_open_ascii(fileno(tmp)));
		fputs(rows[i].in, out);
		assert_int_equal(fclose(out), 0);
		rewind(tmp);
		got[fread(got, 1, sizeof(got) - 1, tmp)] = '\0';
		fclose(tmp);
		failed += differs("open_ascii", got, rows[i].want);
	}
	assert_int_equal(failed, 0);
}

static void
test_names(void **state)
{
	char letters[12] = "";
	int failed = 0;

	(void)state;
	for (uint32_t i = 0; i < 10; i++)
		letters[i] = text_state(i);
	failed += differs("letters", letters, "UDRSTWXZUU");
	failed += differs("state", text_state_name(STATE_ZOMBIE), "zombie");
	failed += differs("state", text_state_name(99), "unknown");
	failed += differs("kind", text_file_kind(FILE_KIND_SOCKET), "socket");
	failed += differs("kind", text_file_kind(UINT32_MAX), "other");
	failed += differs("hidden", text_hidden(HIDDEN_IO), "io");
	failed += differs("hidden", text_hidden(1u << 31), "other");
	assert_int_equal(failed, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_whole_numbers),
		cmocka_unit_test(test_append),
		cmocka_unit_test(test_append_is_bounded),
		cmocka_unit_test(test_ascii),
		cmocka_unit_test(test_names),
	};

	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
