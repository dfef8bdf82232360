/* SPDX-License-Identifier: ISC
 *
 * Foreign bytes made safe: what is no UTF-8, what moves a cursor, and how
 * wide the rest is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/utf8.h"

#define BYTES(s) (s), sizeof(s) - 1
#define R        "\xef\xbf\xbd"

struct text_case {
	const char *name;
	const char *in;
	size_t len;
	const char *clean;
	const char *printable;
};

static const struct text_case cases[] = {
	{ "nothing", BYTES(""), "", "" },
	{ "ASCII", BYTES("a\\b ~"), "a\\b ~", "a\\b ~" },
	{ "2, 3 and 4 bytes", BYTES("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"),
	    "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80",
	    "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80" },
	{ "NUL", BYTES("a\0b"), "a" R "b", "a\\x00b" },
	{ "newline and its kin", BYTES("\a\b\t\n\v\f\r"), "\a\b\t\n\v\f\r",
	    "\\a\\b\\t\\n\\v\\f\\r" },
	{ "escape", BYTES("\x1b[2J"), "\x1b[2J", "\\x1b[2J" },
	{ "DEL", BYTES("\x7f"), "\x7f", "\\x7f" },
	{ "C1 control: CSI in one", BYTES("\xc2\x9b"), "\xc2\x9b", "\\u009b" },
	{ "no-break space stays", BYTES("\xc2\xa0"), "\xc2\xa0", "\xc2\xa0" },
	{ "soft hyphen", BYTES("\xc2\xad"), "\xc2\xad", "\\u00ad" },
	{ "right-to-left override", BYTES("\xe2\x80\xae"), "\xe2\x80\xae",
	    "\\u202e" },
	{ "isolate", BYTES("\xe2\x81\xa6"), "\xe2\x81\xa6", "\\u2066" },
	{ "zero width space", BYTES("\xe2\x80\x8b"), "\xe2\x80\x8b",
	    "\\u200b" },
	{ "line separator", BYTES("\xe2\x80\xa8"), "\xe2\x80\xa8", "\\u2028" },
	{ "byte order mark", BYTES("\xef\xbb\xbf"), "\xef\xbb\xbf", "\\ufeff" },
	{ "tag character", BYTES("\xf3\xa0\x80\x81"), "\xf3\xa0\x80\x81",
	    "\\U000e0001" },
	{ "four marks on a letter, and a fifth",
	    BYTES("e\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81z\xcc\x81"),
	    "e\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81z\xcc\x81",
	    "e\xcc\x81\xcc\x81\xcc\x81\xcc\x81\\u0301z\xcc\x81" },
	{ "lone continuation", BYTES("a\x80z"), "a" R "z", "a" R "z" },
	{ "cut at the end", BYTES("a\xe2\x82"), "a" R R, "a" R R },
	{ "cut by ASCII", BYTES("\xe2\x82z"), R R "z", R R "z" },
	{ "overlong slash", BYTES("\xc0\xaf"), R R, R R },
	{ "overlong in 3", BYTES("\xe0\x80\xaf"), R R R, R R R },
	{ "overlong in 4", BYTES("\xf0\x80\x80\xaf"), R R R R, R R R R },
	{ "surrogate", BYTES("\xed\xa0\x80"), R R R, R R R },
	{ "beyond U+10FFFF", BYTES("\xf4\x90\x80\x80"), R R R R, R R R R },
	{ "five bytes", BYTES("\xf8\x88\x80\x80\x80"), R R R R R, R R R R R },
	{ "0xff", BYTES("\xff"), R, R },
	{ "last code point", BYTES("\xf4\x8f\xbf\xbf"), "\xf4\x8f\xbf\xbf",
	    "\xf4\x8f\xbf\xbf" },
};

static int
compare(const char *name, const char *what, const char *got, size_t len,
    const char *want)
{
	if (len == strlen(want) && strcmp(got, want) == 0)
		return 0;
	print_error("%s: %s\n got: %s (%zu bytes)\nwant: %s\n", name, what, got,
	    len, want);
	return 1;
}

static void
test_texts(void **state)
{
	char out[64];
	int bad = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct text_case *c = &cases[i];
		size_t n = utf8_clean(out, c->in, c->len);

		bad += compare(c->name, "clean", out, n, c->clean);
		n = utf8_printable(out, c->in, c->len);
		bad += compare(c->name, "printable", out, n, c->printable);
	}
	assert_int_equal(bad, 0);
}

/* Every code point and every two bytes fit the room that the header asks
 * for, and come out as valid UTF-8 without controls. */
static void
test_room(void **state)
{
	(void)state;
	for (unsigned v = 0; v < 0x10000; v++) {
		char in[2] = { (char)(v >> 8), (char)v };
		char *out = malloc(6 * 2 + 1), again[64];
		size_t n = utf8_printable(out, in, 2);

		assert_int_equal(strlen(out), n);
		for (size_t i = 0; i < n; i++)
			assert_false(
			    (unsigned char)out[i] < 0x20 || out[i] == 0x7f);
		assert_int_equal(utf8_clean(again, out, n), n);
		free(out);
		out = malloc(3 * 2 + 1);
		n = utf8_clean(out, in, 2);
		assert_int_equal(utf8_clean(again, out, n), n);
		free(out);
	}
}

static void
test_columns(void **state)
{
	static const struct {
		const char *text;
		size_t max, columns, bytes;
	} widths[] = {
		{ "", 10, 0, 0 },
		{ "abc", 10, 3, 3 },
		{ "abc", 2, 2, 2 },
		{ "abc", 0, 0, 0 },
		{ "caf\xc3\xa9!", 4, 4, 5 },
		{ "e\xcc\x81x", 1, 1, 3 },                /* combining */
		{ "\xe6\xbc\xa2\xe5\xad\x97", 10, 4, 6 }, /* wide */
		{ "\xe6\xbc\xa2\xe5\xad\x97", 3, 2, 3 },
		{ "\xe6\xbc\xa2", 1, 0, 0 },
		{ "\xea\xb0\x80", 2, 2, 3 },     /* Hangul */
		{ "\xf0\x9f\x98\x80", 2, 2, 4 }, /* emoji */
		{ "\xef\xbc\xa1", 2, 2, 3 },     /* fullwidth A */
		{ "\xef\xbd\xb1", 2, 1, 3 },     /* halfwidth a */
		{ "\xf0\xa0\x80\x80", 2, 2, 4 }, /* plane 2 */
		{ "\xef\xbf\xbd", 2, 1, 3 },
		{ "\xc2\xa0", 2, 1, 2 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(widths) / sizeof(*widths); i++) {
		size_t bytes,
		    got = utf8_columns(widths[i].text, strlen(widths[i].text),
			widths[i].max, &bytes);

		if (got != widths[i].columns || bytes != widths[i].bytes)
			fail_msg("\"%s\" in %zu: got %zu columns, %zu bytes;"
				 " want %zu, %zu",
			    widths[i].text, widths[i].max, got, bytes,
			    widths[i].columns, widths[i].bytes);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_columns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
