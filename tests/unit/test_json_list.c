/* SPDX-License-Identifier: ISC
 *
 * Lists, good and hostile: what is handed over, what is refused, and that
 * nothing of it takes memory or time beyond its length.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/limits.h"
#include "common/log.h"
#include "taggerd/json_list.h"
#include "taggerd/json_scan.h"

/* What on_item saw: the member "n" of each item, or '?', in one string. */
struct seen {
	char text[256];
	size_t len;
};

static void
on_item(const json_t *item, void *arg)
{
	struct seen *seen = arg;
	struct strview n = json_get_string(item, "n");

	if (seen->len + n.len + 1 >= sizeof(seen->text))
		return;
	if (n.len == 0)
		n = SV("?");
	memcpy(seen->text + seen->len, n.s, n.len);
	seen->len += n.len;
	seen->text[seen->len] = '\0';
}

struct list_case {
	const char *name;
	const char *text;
	const char *member; /* "-": the text itself is the list */
	const char *seen;
	uint32_t refused;
	const char *why; /* NULL: it is good */
};

static const struct list_case list_cases[] = {
	{ "a list", "{\"items\":[{\"n\":\"a\"},{\"n\":\"b\"}]}", "items", "ab",
	    0, NULL },
	{ "spaces", " { \"x\" : 1 , \"items\" : [ { \"n\" : \"a\" } ] } \n",
	    "items", "a", 0, NULL },
	{ "a bare list", "[{\"n\":\"a\"},{\"n\":\"b\"}]", "-", "ab", 0, NULL },
	{ "null items", "{\"items\":null}", "items", "", 0, NULL },
	{ "a null item", "{\"items\":[null,{\"n\":\"a\"}]}", "items", "a", 0,
	    NULL },
	{ "no such member", "{\"other\":[{\"n\":\"a\"}]}", "items", "", 0,
	    NULL },
	{ "an empty object", "{}", "items", "", 0, NULL },
	{ "an empty list", "{\"items\":[ ]}", "items", "", 0, NULL },
	{ "items deeper down are others",
	    "{\"x\":{\"items\":[{\"n\":\"a\"}]},\"items\":[{\"n\":\"b\"}]}",
	    "items", "b", 0, NULL },
	{ "brackets in strings",
	    "{\"x\":\"]}\\\"[{\",\"items\":[{\"n\":\"]\"}]}", "items", "]", 0,
	    NULL },
	{ "items of other types", "{\"items\":[1,\"x\",[],{\"n\":\"a\"}]}",
	    "items", "???a", 0, NULL },
	{ "numbers for strings", "{\"items\":[{\"n\":1}]}", "items", "?", 0,
	    NULL },
	{ "a key twice: the last", "{\"items\":[{\"n\":\"a\",\"n\":\"b\"}]}",
	    "items", "b", 0, NULL },
	{ "NaN", "{\"items\":[{\"n\":NaN},{\"n\":\"a\"}]}", "items", "a", 1,
	    NULL },
	{ "invalid UTF-8", "{\"items\":[{\"n\":\"\xff\"},{\"n\":\"a\"}]}",
	    "items", "a", 1, NULL },
	{ "a lone surrogate", "{\"items\":[{\"n\":\"\\ud800\"},{\"n\":\"a\"}]}",
	    "items", "a", 1, NULL },
	{ "a number out of range",
	    "{\"items\":[{\"m\":99999999999999999999},{\"n\":\"a\"}]}", "items",
	    "a", 1, NULL },
	{ "brackets that do not match", "{\"items\":[{\"n\":\"a\"]]}", "items",
	    "", 1, NULL },
	{ "a list that is a number", "{\"items\":7}", "items", "", 0,
	    "not a list" },
	{ "a list that is an object", "{\"items\":{}}", "items", "", 0,
	    "not a list" },
	{ "garbage behind", "{\"items\":[{\"n\":\"a\"}]} x", "items", "a", 0,
	    "more than one JSON value" },
	{ "cut in an item", "{\"items\":[{\"n\":\"a\"},{\"n\":\"b", "items",
	    "a", 0, "not JSON" },
	{ "cut between items", "{\"items\":[{\"n\":\"a\"},", "items", "a", 0,
	    "not JSON" },
	{ "cut in an escape", "{\"items\":[\"\\", "items", "", 0, "not JSON" },
	{ "no comma", "{\"items\":[{}{}]}", "items", "?", 0, "not JSON" },
	{ "two commas", "{\"items\":[{},,{}]}", "items", "?", 0, "not JSON" },
	{ "a comma at the end", "{\"items\":[{},]}", "items", "?", 0,
	    "not JSON" },
	{ "nothing", "", "items", "", 0, "not JSON" },
	{ "spaces alone", " \n", "items", "", 0, "not JSON" },
	{ "HTML", "<html>404</html>", "items", "", 0, "not JSON" },
	{ "a list where an object is wanted", "[]", "items", "", 0,
	    "not JSON" },
	{ "a key without quotes", "{items:[]}", "items", "", 0, "not JSON" },
	{ "a key without a colon", "{\"items\"[]}", "items", "", 0,
	    "not JSON" },
};

static void
test_lists(void **state)
{
	const struct list_case *c;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(list_cases) / sizeof(*list_cases); i++) {
		struct seen seen = { 0 };
		const char *why = NULL;
		uint32_t refused = 99;
		int rc;

		c = &list_cases[i];
		rc = json_list_each(c->text, strlen(c->text),
		    strcmp(c->member, "-") == 0 ? NULL : c->member, on_item,
		    &seen, &refused, &why);
		if (rc == (c->why == NULL ? 0 : -1) &&
		    strcmp(seen.text, c->seen) == 0 && refused == c->refused &&
		    (c->why == NULL || strcmp(why, c->why) == 0))
			continue;
		print_error("%s: got %d \"%s\" refused %u (%s), want \"%s\" "
			    "refused %u (%s)\n",
		    c->name, rc, seen.text, refused, why ? why : "-", c->seen,
		    c->refused, c->why ? c->why : "-");
		fail();
	}
}

/* Makes before + n times unit + after. */
static char *
repeat(const char *before, const char *unit, size_t n, const char *after,
    size_t *len)
{
	size_t u = strlen(unit), b = strlen(before), a = strlen(after), i;
	char *text = xcalloc(1, b + n * u + a + 1);

	memcpy(text, before, b);
	for (i = 0; i < n; i++)
		memcpy(text + b + i * u, unit, u);
	memcpy(text + b + n * u, after, a);
	*len = b + n * u + a;
	return text;
}

struct large_case {
	const char *name;
	const char *before, *unit;
	size_t n;
	const char *after;
	const char *seen;
	uint32_t refused;
	int rc;
};

static const struct large_case large_cases[] = {
	{ "not too deep, not closed", "{\"items\":[", "[", LIMIT_JSON_DEPTH,
	    "1", "", 0, -1 },
	{ "too deep, not closed", "{\"items\":[", "[", 100000, "]}", "", 0,
	    -1 },
	{ "too deep in what is skipped", "{\"x\":", "[", 100000,
	    ",\"items\":[{\"n\":\"a\"}]}", "", 0, -1 },
	{ "a string of 100 MB, then an item", "{\"items\":[{\"n\":\"", "x",
	    100u << 20, "\"},{\"n\":\"a\"}]}", "a", 1, 0 },
	{ "a string of 100 MB outside", "{\"x\":\"", "x", 100u << 20,
	    "\",\"items\":[{\"n\":\"a\"}]}", "a", 0, 0 },
	{ "a string of 100 MB without an end", "{\"items\":[\"", "\\\"",
	    50u << 20, "", "", 0, -1 },
	{ "too many values", "{\"items\":[[", "1,", LIMIT_JSON_NODES,
	    "1],{\"n\":\"a\"}]}", "a", 1, 0 },
	{ "a name of 64 KiB", "{\"items\":[{\"", "k", 64u << 10,
	    "\":1,\"n\":\"a\"}]}", "a", 0, 0 },
	{ "as many keys twice", "{\"items\":[{", "\"n\":\"b\",", 20000,
	    "\"n\":\"a\"}]}", "a", 0, 0 },
};

static void
test_large(void **state)
{
	const struct large_case *c;
	size_t i, len;
	char *text;

	(void)state;
	for (i = 0; i < sizeof(large_cases) / sizeof(*large_cases); i++) {
		struct seen seen = { 0 };
		const char *why = NULL;
		uint32_t refused = 99;
		int rc;

		c = &large_cases[i];
		text = repeat(c->before, c->unit, c->n, c->after, &len);
		rc = json_list_each(
		    text, len, "items", on_item, &seen, &refused, &why);
		free(text);
		if (rc == c->rc && strcmp(seen.text, c->seen) == 0 &&
		    refused == c->refused)
			continue;
		print_error("%s: got %d \"%s\" refused %u, want %d \"%s\" "
			    "refused %u\n",
		    c->name, rc, seen.text, refused, c->rc, c->seen,
		    c->refused);
		fail();
	}
}

/* depth times "[", then as many "]". */
static json_t *
parse_nested(size_t depth, const char **why)
{
	char *text = xcalloc(1, 2 * depth + 1);
	json_t *value;

	memset(text, '[', depth);
	memset(text + depth, ']', depth);
	value = json_parse(text, 2 * depth, why);
	free(text);
	return value;
}

static void
test_depth(void **state)
{
	const char *why = NULL;
	json_t *value = parse_nested(LIMIT_JSON_DEPTH, &why);

	(void)state;
	assert_non_null(value);
	json_decref(value);
	assert_null(parse_nested(LIMIT_JSON_DEPTH + 1, &why));
	assert_string_equal(why, "nested too deep");
	assert_null(parse_nested(100000, &why));
	assert_string_equal(why, "nested too deep");
}

static void
test_unread(void **state)
{
	static const char *const unread[] = { "env", "volumes", NULL };
	static const struct {
		const char *in, *want;
	} cases[] = {
		{ "{\"env\":[1,2,3],\"a\":1}", "{\"env\":null,\"a\":1}" },
		{ "{\"a\":{\"volumes\" : {\"x\":[]} }}",
		    "{\"a\":{\"volumes\" : null }}" },
		{ "{\"env\":\"prod\",\"volumes\":12345}",
		    "{\"env\":\"prod\",\"volumes\":12345}" },
		{ "[\"env\",[1,2,3]]", "[\"env\",[1,2,3]]" },
		{ "{\"environ\":[1,2,3]}", "{\"environ\":[1,2,3]}" },
		{ "{\"env\":[]}", "{\"env\":[]}" },
		{ "{\"env\":[{\"env\":[\"]\"]}],\"b\":[]}",
		    "{\"env\":null,\"b\":[]}" },
		{ "{\"x\":\"\\\"env\\\":[1,2,3]\"}",
		    "{\"x\":\"\\\"env\\\":[1,2,3]\"}" },
		{ "{}", "{}" },
		{ "12", "12" },
	};
	char out[128];
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		n = json_prune(cases[i].in, strlen(cases[i].in), unread, out);
		out[n] = '\0';
		if (strcmp(out, cases[i].want) == 0)
			continue;
		print_error(
		    "%s: got %s, want %s\n", cases[i].in, out, cases[i].want);
		fail();
	}
}

static void
on_nothing(const json_t *item, void *arg)
{
	(void)item;
	(void)arg;
}

/* The member beside the list, wherever it stands. */
static void
test_beside(void **state)
{
	static const struct {
		const char *text;
		const char *want; /* as compact JSON; NULL: not there */
	} cases[] = {
		{ "{\"items\":[1],\"kind\":\"List\"}", "\"List\"" },
		{ "{ \"kind\" : {\"a\":[2]} ,\"items\":[1]}", "{\"a\":[2]}" },
		{ "{\"kind\":1,\"items\":[],\"kind\":2}", "2" },
		{ "{\"items\":[{\"kind\":1}]}", NULL },
		{ "{\"kin\":1,\"kinds\":1}", NULL },
		{ "{\"kind\":\"\xff\",\"items\":[]}", NULL },
		{ "{\"kind\":1,\"items\":", "1" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct json_walk walk = {
			.name = "items", .member = "kind", .on_item = on_nothing
		};
		char *got;

		json_walk_list(&walk, cases[i].text, strlen(cases[i].text));
		got = walk.value == NULL
		    ? NULL
		    : json_dumps(walk.value, JSON_COMPACT | JSON_ENCODE_ANY);
		json_decref(walk.value);
		if ((got == NULL) != (cases[i].want == NULL) ||
		    (got != NULL && strcmp(got, cases[i].want) != 0)) {
			print_error("%s: got %s, want %s\n", cases[i].text,
			    got ? got : "none",
			    cases[i].want ? cases[i].want : "none");
			fail();
		}
		free(got);
	}
}

static void
test_members(void **state)
{
	static const char text[] =
	    "{\"s\":\"x\\u0000y\",\"i\":-7,\"b\":true,\"o\":{},\"a\":[],"
	    "\"n\":null}";
	const char *why;
	json_t *o = json_parse(text, sizeof(text) - 1, &why);

	(void)state;
	assert_non_null(o);
	assert_int_equal(json_get_string(o, "s").len, 3);
	assert_int_equal(json_get_string(o, "i").len, 0);
	assert_int_equal(json_get_string(o, "n").len, 0);
	assert_int_equal(json_get_string(NULL, "s").len, 0);
	assert_int_equal(json_get_integer(o, "i"), -7);
	assert_int_equal(json_get_integer(o, "s"), 0);
	assert_true(json_get_bool(o, "b"));
	assert_false(json_get_bool(o, "i"));
	assert_non_null(json_get_object(o, "o"));
	assert_null(json_get_object(o, "a"));
	assert_non_null(json_get_array(o, "a"));
	assert_null(json_get_array(o, "o"));
	json_decref(o);
}

static void
test_times(void **state)
{
	static const struct {
		const char *text;
		int64_t want;
	} cases[] = {
		{ "1970-01-01T00:00:01Z", 1 },
		{ "2019-03-01T10:00:00Z", 1551434400 },
		{ "2019-03-01T10:00:00.123456789Z", 1551434400 },
		{ "2019-03-01T10:00:00+02:00", 1551427200 },
		{ "2019-03-01T10:00:00.5-00:30", 1551436200 },
		{ "2000-02-29T00:00:00Z", 951782400 },
		{ "2100-03-01T00:00:00Z", 4107542400 },
		{ "0001-01-01T00:00:00Z", 0 },
		{ "2019-13-01T10:00:00Z", 0 },
		{ "2019-03-01T10:00:00", 0 },
		{ "2019-03-01T10:00:00Zx", 0 },
		{ "2019-03-01 10:00:00 UTC", 0 },
		{ "", 0 },
	};
	size_t i;
	int64_t got;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		got = json_parse_time(strview_of(cases[i].text));
		if (got == cases[i].want)
			continue;
		print_error("%s: got %lld, want %lld\n", cases[i].text,
		    (long long)got, (long long)cases[i].want);
		fail();
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_unread),
		cmocka_unit_test(test_beside),
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_times),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
