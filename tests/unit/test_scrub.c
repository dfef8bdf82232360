/* SPDX-License-Identifier: ISC
 *
 * The scrubber: argv in, argv out. Then its words, bounds and marks, and
 * that hostile command lines cost no more than their length.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "collectord/scrub.h"
#include "common/limits.h"
#include "scrub_cases.h"

static struct scrub *
make_scrub(bool scrub, bool strip)
{
	static char *words[] = { "consul*", "*_pin", "a*b*c", "dd_*_key" };
	struct config_list list = { words, 4 };
	char *error = NULL;
	struct scrub *s = scrub_new(&list, scrub, strip, &error);

	assert_non_null(s);
	return s;
}

static void
run(const struct scrub *s, const char *const *in, bool cut, uint32_t max,
    struct scrubbed *out)
{
	struct strview args[MAX_ARGS];
	uint32_t n = 0;

	for (; n < MAX_ARGS && in[n] != NULL; n++)
		args[n] = (struct strview){ in[n], (uint32_t)strlen(in[n]) };
	scrub_args(s, args, n, cut, max, out);
}

static void
print_argv(const char *what, const char *const *argv)
{
	int i;

	print_message("%s", what);
	for (i = 0; i < MAX_ARGS && argv[i] != NULL; i++)
		print_message(" [%s]", argv[i]);
	print_message("\n");
}

/* Says what was got and wanted where they differ; returns whether. */
static int
differs(
    const char *const *in, const struct scrubbed *got, const char *const *want)
{
	uint32_t bytes = 0, n, i;
	int bad = 0;

	for (n = 0; n < MAX_ARGS && want[n] != NULL; n++)
		bytes += (uint32_t)strlen(want[n]);
	bad = got->args.n != n || got->bytes != bytes;
	for (i = 0; i < n && !bad; i++)
		bad = got->args.v[i].len != strlen(want[i]) ||
		    memcmp(got->args.v[i].s, want[i], strlen(want[i])) != 0;
	if (!bad)
		return 0;
	print_argv("in:  ", in);
	print_argv("want:", want);
	print_message("got: ");
	for (i = 0; i < got->args.n; i++)
		print_message(
		    " [%.*s]", (int)got->args.v[i].len, got->args.v[i].s);
	print_message(" (%u bytes)\n", got->bytes);
	return 1;
}

static int
run_cases(const struct scrub *s, const struct argv_case *table, size_t n)
{
	struct scrubbed out;
	int bad = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		run(s, table[i].in, false, LIMIT_CMDLINE, &out);
		bad += differs(table[i].in, &out, table[i].want);
		scrubbed_free(&out);
	}
	return bad;
}

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void
test_builtin(void **state)
{
	char *error = NULL;
	struct scrub *s = scrub_new(NULL, true, false, &error);

	(void)state;
	assert_int_equal(run_cases(s, cases, COUNT(cases)), 0);
	scrub_free(s);
}

static void
test_custom(void **state)
{
	struct scrub *s = make_scrub(true, false);

	(void)state;
	assert_int_equal(run_cases(s, custom_cases, COUNT(custom_cases)), 0);
	assert_int_equal(run_cases(s, cases, COUNT(cases)), 0);
	scrub_free(s);
}

static void
test_strip(void **state)
{
	static const struct argv_case table[] = {
		{ { "agent", "--password", "1" }, { "agent" } },
		{ { "agent --password 1" }, { "agent" } },
		{ { "http://u:pw@h", "x" }, { "http://u:" HID "@h" } },
		{ { "" }, { "" } },
		{ { NULL }, { NULL } },
	};
	struct scrub *s = make_scrub(true, true);
	struct scrubbed out;

	(void)state;
	assert_int_equal(run_cases(s, table, COUNT(table)), 0);
	/* What is left out anyway was not cut. */
	run(s, table[0].in, true, LIMIT_CMDLINE, &out);
	assert_int_equal(differs(table[0].in, &out, table[0].want), 0);
	scrubbed_free(&out);
	scrub_free(s);
}

static void
test_off(void **state)
{
	static const struct argv_case table[] = {
		SAME("agent", "--password", "1", "http://u:pw@h"),
		SAME("agent --password 1"),
	};
	struct scrub *s = make_scrub(false, false);

	(void)state;
	assert_int_equal(run_cases(s, table, COUNT(table)), 0);
	scrub_free(s);
}

/* Bounds: cut says whether more was there, max how much is kept. */
static void
test_bounds(void **state)
{
	static const struct {
		const char *in[MAX_ARGS];
		bool cut;
		uint32_t max;
		const char *want[MAX_ARGS];
	} table[] = {
		{ { "agent", "abc" }, false, 8, { "agent", "abc" } },
		{ { "agent", "abc" }, false, 7, { "agent", "ab" MARK } },
		{ { "agent", "abc" }, false, 5, { "agent", MARK } },
		{ { "agent", "abc" }, false, 2, { "ag" MARK } },
		{ { "agent", "abc" }, false, 0, { MARK } },
		{ { "agent", "abc" }, true, 99, { "agent", "abc" MARK } },
		{ { "a", "x\xc3\xb6" }, false, 3, { "a", "x" MARK } },
		{ { "a", "x\xe2\x82\xac" }, false, 4, { "a", "x" MARK } },
		{ { "a", "x\xe2\x82\xac" }, false, 5,
		    { "a", "x\xe2\x82\xac" } },
		{ { "a", "x\xe2\x82" }, true, 99, { "a", "x" MARK } },
		{ { "a", "\x80\x80\x80\x80" }, false, 4,
		    { "a", "\x80\x80\x80" MARK } },
		/* Taken out first, shortened then. */
		{ { "a", "--secret", "longer than it" }, false, 12,
		    { "a", "--secret", "***" MARK } },
		{ { "a --secret 1234567" }, false, 20,
		    { "a", "--secret", HID } },
		/* The '@' that would have said it all is beyond the cut. */
		{ { "a", "http://u:pass" }, true, 99,
		    { "a", "http://u:" HID MARK } },
		{ { "a", "http://u:1234" }, true, 99,
		    { "a", "http://u:" HID MARK } },
		{ { "a", "http://u:p@ss" }, true, 99,
		    { "a", "http://u:" HID MARK } },
		{ { "a", "http://u:p/ss" }, true, 99,
		    { "a", "http://u:" HID MARK } },
		{ { "a", "http://h:80/ss" }, true, 99,
		    { "a", "http://h:80/ss" MARK } },
		{ { "a", "http://u:p", "b" }, true, 99,
		    { "a", "http://u:p", "b" MARK } },
	};
	struct scrub *s = make_scrub(true, false);
	struct scrubbed out;
	int bad = 0;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(table); i++) {
		run(s, table[i].in, table[i].cut, table[i].max, &out);
		bad += differs(table[i].in, &out, table[i].want);
		scrubbed_free(&out);
	}
	assert_int_equal(bad, 0);
	scrub_free(s);
}

/* NULs are bounds; past LIMIT_ARGS the rest is one argument. */
static void
test_many(void **state)
{
	static const char text[] = "x\0--password\0a b\0y";
	static const char tail[] = "--password\0a b\0y";
	struct strview *args = calloc(LIMIT_ARGS, sizeof(*args));
	struct scrub *s = make_scrub(true, false);
	struct strview one = { text, sizeof(text) - 1 };
	const char *want[MAX_ARGS] = { "x", "--password", HID, "y" };
	const char *in[MAX_ARGS] = { text };
	struct scrubbed out;
	uint32_t i;

	(void)state;
	scrub_args(s, &one, 1, false, LIMIT_CMDLINE, &out);
	assert_int_equal(differs(in, &out, want), 0);
	scrubbed_free(&out);

	for (i = 0; i < LIMIT_ARGS - 1; i++)
		args[i] = SV("a");
	args[i] = (struct strview){ tail, sizeof(tail) - 1 };
	scrub_args(s, args, LIMIT_ARGS, false, LIMIT_CMDLINE, &out);
	assert_int_equal(out.args.n, LIMIT_ARGS);
	assert_int_equal(out.args.v[i].len, strlen("--password " HID " y"));
	assert_memory_equal(
	    out.args.v[i].s, "--password " HID " y", out.args.v[i].len);
	scrubbed_free(&out);
	scrub_free(s);
	free(args);
}

static void
test_words(void **state)
{
	static const struct {
		const char *word;
		const char *want; /* NULL: accepted */
	} table[] = {
		{ "token", NULL },
		{ "To_k3n", NULL },
		{ "*a*", NULL },
		{ "*", "\"*\": a wildcard alone would hide everything" },
		{ "**", "\"**\": two wildcards in a row" },
		{ "a**b", "\"a**b\": two wildcards in a row" },
		{ "a-b",
		    "\"a-b\": a word is made of letters, digits, _ and *" },
		{ "p\xc3\xa4ss",
		    "\"p\xc3\xa4ss\": a word is made of letters, "
		    "digits, _ and *" },
		{ "", "\"\": a word is empty" },
	};
	int bad = 0;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(table); i++) {
		char *word = strdup(table[i].word), *error = NULL;
		struct config_list list = { &word, 1 };
		struct scrub *s = scrub_new(&list, true, false, &error);

		if (table[i].want == NULL
			? s == NULL
			: error == NULL || strcmp(error, table[i].want) != 0) {
			print_message("%s: want %s, got %s\n", word,
			    table[i].want ? table[i].want : "(accepted)",
			    error ? error : "(accepted)");
			bad++;
		}
		scrub_free(s);
		free(error);
		free(word);
	}
	assert_int_equal(bad, 0);
}

/* Each of these would take seconds if time grew as the square. */
static void
test_hostile(void **state)
{
	static const char *const units[] = { "--password \"", "://a:b",
		"--password=\"'", " ", "-", "=", "a",
		"--secret --secret=", "password = ", "http://:@", "password '",
		"a_", "://u:1/@", "--password=", "\"" };
	struct scrub *s = make_scrub(true, false);
	clock_t start = clock();
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(units); i++) {
		size_t unit = strlen(units[i]), at;
		char *text = malloc(LIMIT_CMDLINE);
		struct strview args[2] = { SV("x"), { text, LIMIT_CMDLINE } };
		struct scrubbed out;

		for (at = 0; at < LIMIT_CMDLINE; at++)
			text[at] = units[i][at % unit];
		scrub_args(s, args, 2, true, LIMIT_CMDLINE, &out);
		scrubbed_free(&out);
		for (at = 0; at < LIMIT_CMDLINE; at++)
			if (text[at] == ' ' || at % unit == unit - 1)
				text[at] = '\0';
		scrub_args(s, args, 2, true, LIMIT_CMDLINE, &out);
		scrubbed_free(&out);
		free(text);
	}
	assert_true(clock() - start < CLOCKS_PER_SEC);
	scrub_free(s);
}

static void
fill(char *text, size_t len, const char *unit, size_t n)
{
	size_t at;

	for (at = 0; at < len; at++)
		text[at] = unit[at % n];
}

/* Each value is in quotes that only the last argument of all closes. */
static void
test_far_quotes(void **state)
{
	static const char unit[] = "--secret\0\"a";
	static char text[LIMIT_CMDLINE];
	struct strview args[2] = { SV("x"), { text, 0 } };
	struct scrub *s = make_scrub(true, false);
	struct scrubbed out;
	clock_t took[2], start;
	int i, times;

	(void)state;
	for (i = 0; i < 2; i++) {
		args[1].len = i == 0 ? LIMIT_CMDLINE / 8 : LIMIT_CMDLINE;
		fill(text, args[1].len, unit, sizeof(unit));
		text[args[1].len - 1] = '"';
		start = clock();
		for (times = 0; times < 200; times++) {
			scrub_args(s, args, 2, false, LIMIT_CMDLINE, &out);
			scrubbed_free(&out);
		}
		took[i] = clock() - start;
	}
	/* 8 times the text: 8 times as long, and not 64 times. */
	if (took[1] > 24 * took[0] + CLOCKS_PER_SEC / 100)
		fail_msg("got %ld for 8 times %ld, want 8 times that",
		    (long)took[1], (long)took[0]);
	scrub_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_builtin),
		cmocka_unit_test(test_custom),
		cmocka_unit_test(test_strip),
		cmocka_unit_test(test_off),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_far_quotes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
