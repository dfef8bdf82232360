/* SPDX-License-Identifier: ISC
 *
 * The blacklist: what its patterns see, what is said of a bad one, and that
 * no command line can make a pattern burn time or memory.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "collectord/filter.h"
#include "common/limits.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define MAX_ARGS 6

static struct filter *
make_filter(const char *a, const char *b, char **error)
{
	char *patterns[2] = { strdup(a), b ? strdup(b) : NULL };
	struct config_list list = { patterns, b ? 2 : 1 };
	struct filter *filter = filter_new(&list, error);

	free(patterns[0]);
	free(patterns[1]);
	return filter;
}

static void
test_match(void **state)
{
	static const struct {
		const char *patterns[2];
		struct strview args[MAX_ARGS];
		uint32_t n;
		bool want;
	} table[] = {
		{ { "nginx" }, { SV("/usr/sbin/nginx"), SV("-g") }, 2, true },
		{ { "^nginx" }, { SV("/usr/sbin/nginx") }, 1, false },
		{ { "^/usr/s?bin/" }, { SV("/usr/sbin/nginx") }, 1, true },
		{ { "java .*Kafka$" }, { SV("java"), SV("-x"), SV("Kafka") }, 3,
		    true },
		{ { "java .*Kafka$" }, { SV("java"), SV("Kafka\n") }, 2,
		    false },
		{ { "^a b c$" }, { SV("a"), SV("b"), SV("c") }, 3, true },
		{ { "^a  c$" }, { SV("a"), { NULL, 0 }, SV("c") }, 3, true },
		{ { "^a b$" }, { SV("a\0b") }, 1, true },
		{ { "NGINX" }, { SV("nginx") }, 1, false },
		{ { "(?i)NGINX" }, { SV("nginx") }, 1, true },
		{ { "password=1234" }, { SV("x"), SV("--password=1234") }, 2,
		    true },
		{ { "a", "b" }, { SV("xbx") }, 1, true },
		{ { "a", "b" }, { SV("xcx") }, 1, false },
		{ { "a" }, { SV("a") }, 0, false },
		{ { "\xff" }, { SV("x\xff\xfe") }, 1, true },
		{ { "^.{3}$" }, { SV("\xe2\x82\xac") }, 1, true },
		{ { "(?P<n>a)(?P=n)" }, { SV("aa") }, 1, true },
	};
	int bad = 0;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(table); i++) {
		char *error = NULL;
		struct filter *filter = make_filter(
		    table[i].patterns[0], table[i].patterns[1], &error);
		bool got;

		assert_non_null(filter);
		got = filter_match(filter, table[i].args, table[i].n);
		if (got != table[i].want) {
			print_message("%s on %s: want %d, got %d\n",
			    table[i].patterns[0], table[i].args[0].s,
			    table[i].want, got);
			bad++;
		}
		assert_int_equal(filter_exceeded(filter), 0);
		filter_free(filter);
	}
	assert_int_equal(bad, 0);
}

static void
test_empty(void **state)
{
	struct strview args[] = { SV("x") };
	char *error = NULL;
	struct filter *filter = filter_new(NULL, &error);

	(void)state;
	assert_non_null(filter);
	assert_false(filter_match(filter, args, 1));
	filter_free(filter);
	filter_free(NULL);
}

static void
test_errors(void **state)
{
	static const char *const table[][2] = {
		{ "a(b", "\"a(b\": missing closing parenthesis at offset 3" },
		{ "x[z",
		    "\"x[z\": missing terminating ] for character class "
		    "at offset 3" },
		{ "*a",
		    "\"*a\": quantifier does not follow a repeatable item at "
		    "offset 0" },
		{ "(*UTF)a",
		    "\"(*UTF)a\": using UTF is disabled by the "
		    "application at offset 6" },
	};
	int bad = 0;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(table); i++) {
		char *error = NULL;
		/* The one before it is given back, which valgrind checks. */
		struct filter *filter = make_filter("ok", table[i][0], &error);

		if (filter != NULL || strcmp(error, table[i][1]) != 0) {
			print_message("want %s\ngot  %s\n", table[i][1],
			    filter ? "(accepted)" : error);
			bad++;
		}
		filter_free(filter);
		free(error);
	}
	assert_int_equal(bad, 0);
}

/* Each goes over its budget, or would be found; none takes long. */
static void
test_hostile(void **state)
{
	/* The classes keep it from seeing at once that the end is missing. */
	static const char *const patterns[] = { "(a+)+[bd]", "(a|aa)+[bd]",
		"a.*a.*a.*a.*[bd]", "[^x]*[yz]", "(.*)*[bd]", "(?:(a)|b)*[cd]",
		"(a?){99}a{99}[bd]" };
	char *text = malloc(LIMIT_CMDLINE);
	struct strview arg = { text, LIMIT_CMDLINE }, other = SV("x");
	uint64_t exceeded = 0;
	size_t i;

	(void)state;
	memset(text, 'a', LIMIT_CMDLINE);
	for (i = 0; i < COUNT(patterns); i++) {
		char *error = NULL;
		struct filter *filter = make_filter(patterns[i], NULL, &error);
		clock_t start = clock(), ms;

		assert_non_null(filter);
		assert_false(filter_match(filter, &arg, 1));
		ms = (clock() - start) * 1000 / CLOCKS_PER_SEC;
		if (ms > LIMIT_FILTER_CPU * 20)
			print_message(
			    "%s took %ld ms\n", patterns[i], (long)ms);
		assert_true(ms <= LIMIT_FILTER_CPU * 20);
		exceeded += filter_exceeded(filter);
		/* It is in order again for the next process. */
		assert_false(filter_match(filter, &other, 1));
		filter_free(filter);
	}
	assert_true(exceeded >= 4);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_match),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
