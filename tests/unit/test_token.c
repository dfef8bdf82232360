/* SPDX-License-Identifier: ISC
 *
 * Tokens: what is one, and that another one is seen in time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/clock.h"
#include "common/limits.h"
#include "common/log.h"
#include "taggerd/retry.h"
#include "taggerd/token.h"

#define S CLOCK_NS_PER_S

static char dir[] = "/tmp/dd-token-XXXXXX";
static char path[64];

static void
write_file(const char *text, size_t len)
{
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

struct token_case {
	const char *name;
	const char *text;
	size_t repeat;    /* of text */
	const char *want; /* NULL: the end of why */
	const char *why;
};

static const struct token_case token_cases[] = {
	{ "a token", "abc.d-e_f", 1, "abc.d-e_f", NULL },
	{ "with a newline", "abc\n", 1, "abc", NULL },
	{ "with space behind it", "abc \r\n\n", 1, "abc", NULL },
	{ "empty", "", 1, NULL, ": no token" },
	{ "space only", "\n", 1, NULL, ": no token" },
	{ "two lines", "abc\nX-Header: 1", 1, NULL, ": no token" },
	{ "a space in it", "abc def", 1, NULL, ": no token" },
	{ "a control byte", "abc\001", 1, NULL, ": no token" },
	{ "not ASCII", "abc\303\244", 1, NULL, ": no token" },
	{ "too long", "0123456789abcdef", LIMIT_TOKEN / 16 + 1, NULL,
	    ": too long for a token" },
};

static void
test_values(void **state)
{
	const struct token_case *c;
	struct token *token;
	const char *got, *why;
	char *text;
	size_t i, k, len;
	bool good;

	(void)state;
	for (i = 0; i < sizeof(token_cases) / sizeof(*token_cases); i++) {
		c = &token_cases[i];
		len = strlen(c->text);
		text = xcalloc(c->repeat, len + 1);
		for (k = 0; k < c->repeat; k++)
			memcpy(text + k * len, c->text, len);
		write_file(text, c->repeat * len);
		free(text);
		token = token_new(path);
		got = token_get(token, S, &why);
		good = c->want != NULL
		    ? got != NULL && strcmp(got, c->want) == 0
		    : got == NULL && strncmp(why, path, strlen(path)) == 0 &&
			strcmp(why + strlen(path), c->why) == 0;
		if (!good) {
			print_error("%s: got \"%s\", \"%s\"; want \"%s\", "
				    "\"%s\"\n",
			    c->name, got != NULL ? got : "(none)", why,
			    c->want != NULL ? c->want : "(none)",
			    c->why != NULL ? c->why : "");
			fail();
		}
		token_free(token);
	}
}

static void
test_no_file(void **state)
{
	struct token *token = token_new(path);
	const char *why, *want = "Invalid argument";

	(void)state;
	unlink(path);
	assert_null(token_get(token, S, &why));
	assert_non_null(strstr(why, "No such file"));
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_false(token_renew(token, S));
	assert_null(token_get(token, S, &why));
	if (strstr(why, want) == NULL)
		print_error("a FIFO: got \"%s\", want \"%s\"\n", why, want);
	assert_non_null(strstr(why, want));
	unlink(path);
	token_free(token);
}

static void
test_rotation(void **state)
{
	struct token *token = token_new(path);
	const char *why;

	(void)state;
	write_file("one", 3);
	assert_string_equal(token_get(token, S, &why), "one");
	write_file("two", 3);
	assert_string_equal(token_get(token, LIMIT_TOKEN_AGE * S, &why), "one");
	assert_string_equal(
	    token_get(token, (LIMIT_TOKEN_AGE + 1) * S, &why), "two");
	assert_false(token_renew(token, (LIMIT_TOKEN_AGE + 2) * S));
	write_file("three", 5);
	assert_true(token_renew(token, (LIMIT_TOKEN_AGE + 3) * S));
	assert_string_equal(
	    token_get(token, (LIMIT_TOKEN_AGE + 4) * S, &why), "three");
	/* A moment without a file: there is no token to ask again with. */
	unlink(path);
	assert_false(token_renew(token, (LIMIT_TOKEN_AGE + 5) * S));
	write_file("three", 5);
	assert_true(token_renew(token, (LIMIT_TOKEN_AGE + 6) * S));
	token_free(token);
}

static void
test_waits(void **state)
{
	const unsigned want[] = { 1, 2, 4, 8, 10, 10 };
	unsigned got = 0;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(want) / sizeof(*want); i++) {
		got = retry_longer(got, 10);
		assert_int_equal(got, want[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_no_file),
		cmocka_unit_test(test_rotation),
		cmocka_unit_test(test_waits),
	};
	int failed;

	if (mkdtemp(dir) == NULL)
		return 1;
	snprintf(path, sizeof(path), "%s/token", dir);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(path);
	rmdir(dir);
	return failed;
}
