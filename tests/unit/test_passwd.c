/* SPDX-License-Identifier: ISC
 *
 * The passwd parser: which lines count, which are left out, who wins.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/limits.h"
#include "taggerd/passwd.h"

#define TEXT(literal) (literal), sizeof(literal) - 1

#define NAME_64 \
	"a123456789a123456789a123456789a123456789a123456789a123456789abcd"

/* `want` is the name of `uid`, "" for none. */
static const struct {
	const char *what;
	const char *text;
	size_t len;
	uint32_t uid;
	const char *want;
} cases[] = {
	{ "plain", TEXT("root:x:0:0:root:/root:/bin/sh\n"), 0, "root" },
	{ "last line without newline", TEXT("a:x:5:5::/:/x"), 5, "a" },
	{ "no gecos, home, shell", TEXT("a:x:5:5\n"), 5, "a" },
	{ "empty password", TEXT("a::5:5:::\n"), 5, "a" },
	{ "zeros before the uid", TEXT("a:x:0005:5:::\n"), 5, "a" },
	{ "more fields than usual", TEXT("a:x:5:5:a:b:c:d:e\n"), 5, "a" },
	{ "first of two wins", TEXT("a:x:5:5:::\nb:x:5:5:::\n"), 5, "a" },
	{ "first of two wins, unsorted",
	    TEXT("z:x:9:9:::\nb:x:5:5:::\na:x:5:5:::\n"), 5, "b" },
	{ "one name, two uids", TEXT("a:x:5:5:::\na:x:6:6:::\n"), 6, "a" },
	{ "highest uid", TEXT("a:x:4294967294:5:::\n"), 4294967294u, "a" },
	{ "name of 64 bytes", TEXT(NAME_64 ":x:5:5:::\n"), 5, NAME_64 },
	{ "UTF-8 name", TEXT("j\xc3\xb6rg:x:5:5:::\n"), 5, "j\xc3\xb6rg" },
	{ "dash and dollar inside", TEXT("a-b$:x:5:5:::\n"), 5, "a-b$" },
	{ "NUL in the gecos", TEXT("a:x:5:5:g\0g:/:/\n"), 5, "a" },
	{ "CR before the newline", TEXT("a:x:5:5:::/bin/sh\r\n"), 5, "a" },
	{ "good line after a bad one", TEXT("::::\na:x:5:5:::\n"), 5, "a" },
	{ "good line after NULs", TEXT("\0\0\0\na:x:5:5:::\n"), 5, "a" },
	{ "good line after empty ones", TEXT("\n\n\na:x:5:5:::\n"), 5, "a" },

	{ "empty text", TEXT(""), 0, "" },
	{ "only a newline", TEXT("\n"), 0, "" },
	{ "another uid", TEXT("a:x:5:5:::\n"), 6, "" },
	{ "empty name", TEXT(":x:5:5:::\n"), 5, "" },
	{ "name of 65 bytes", TEXT(NAME_64 "e:x:5:5:::\n"), 5, "" },
	{ "NUL in the name", TEXT("a\0b:x:5:5:::\n"), 5, "" },
	{ "name that begins with NUL", TEXT("\0a:x:5:5:::\n"), 5, "" },
	{ "space in the name", TEXT("a b:x:5:5:::\n"), 5, "" },
	{ "escape in the name", TEXT("a\x1b[2J:x:5:5:::\n"), 5, "" },
	{ "DEL in the name", TEXT("a\x7f:x:5:5:::\n"), 5, "" },
	{ "NIS line", TEXT("+:x:5:5:::\n"), 5, "" },
	{ "NIS exclusion", TEXT("-a:x:5:5:::\n"), 5, "" },
	{ "comment", TEXT("#a:x:5:5:::\n"), 5, "" },
	{ "empty uid", TEXT("a:x::5:::\n"), 0, "" },
	{ "empty gid", TEXT("a:x:5::::\n"), 5, "" },
	{ "no gid", TEXT("a:x:5\n"), 5, "" },
	{ "negative uid", TEXT("a:x:-5:5:::\n"), 5, "" },
	{ "uid with a plus", TEXT("a:x:+5:5:::\n"), 5, "" },
	{ "uid with a space", TEXT("a:x: 5:5:::\n"), 5, "" },
	{ "hexadecimal uid", TEXT("a:x:0x5:5:::\n"), 5, "" },
	{ "NUL in the uid", TEXT("a:x:5\0:5:::\n"), 5, "" },
	{ "uid that means nobody", TEXT("a:x:4294967295:5:::\n"), 4294967295u,
	    "" },
	{ "uid of 2^32", TEXT("a:x:4294967296:5:::\n"), 0, "" },
	{ "uid of 2^64 + 5", TEXT("a:x:18446744073709551621:5:::\n"), 5, "" },
	{ "bad gid", TEXT("a:x:5:staff:::\n"), 5, "" },
	{ "no colon", TEXT("nothing here\n"), 0, "" },
};

static void
test_lines(void **state)
{
	size_t i, failed = 0;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		/* An allocation of the exact size shows any read past it. */
		char *text = malloc(cases[i].len > 0 ? cases[i].len : 1);
		struct passwd_table table;
		struct strview got;

		assert_non_null(text);
		memcpy(text, cases[i].text, cases[i].len);
		assert_int_equal(passwd_parse(text, cases[i].len, &table), 0);
		got = passwd_find(&table, cases[i].uid);
		if (got.len != strlen(cases[i].want) ||
		    memcmp(got.len > 0 ? got.s : "", cases[i].want, got.len) !=
			0) {
			print_error("%s: got \"%.*s\", want \"%s\"\n",
			    cases[i].what, (int)got.len, got.s, cases[i].want);
			failed++;
		}
		passwd_clear(&table);
		free(text);
	}
	assert_int_equal(failed, 0);
}

static void
test_too_long(void **state)
{
	size_t len = LIMIT_PASSWD_FILE + 1;
	char *text = malloc(len);
	struct passwd_table table;

	(void)state;
	assert_non_null(text);
	memset(text, '\n', len);
	memcpy(text, "a:x:5:5:::", 10);
	assert_int_equal(passwd_parse(text, len, &table), -1);
	assert_int_equal(table.n, 0);
	assert_int_equal(passwd_parse(text, len - 1, &table), 0);
	assert_int_equal(table.n, 1);
	passwd_clear(&table);
	free(text);
}

/* Every uid once and in reverse: all are found, and no more than allowed. */
static void
test_many(void **state)
{
	const uint32_t lines = LIMIT_USERS + 10;
	char *text = malloc((size_t)lines * 32), *at = text;
	struct passwd_table table;
	uint32_t i;
	char want[16];

	(void)state;
	assert_non_null(text);
	for (i = 0; i < lines; i++)
		at += sprintf(at, "u%u:x:%u:1:::\n", lines - i, lines - i);
	assert_int_equal(passwd_parse(text, (size_t)(at - text), &table), 0);
	assert_int_equal(table.n, LIMIT_USERS);
	for (i = 11; i <= lines; i += 997) {
		struct strview got = passwd_find(&table, i);

		snprintf(want, sizeof(want), "u%u", i);
		assert_int_equal(got.len, strlen(want));
		assert_memory_equal(got.s, want, got.len);
	}
	assert_int_equal(passwd_find(&table, 10).len, 0);
	passwd_clear(&table);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
