/* SPDX-License-Identifier: ISC
 *
 * Services from lists and watches: which of them select which pods, and what
 * hostile ones do.
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
#include "taggerd/json_list.h"
#include "taggerd/services.h"

#include "shared_fixtures.h"

static void
on_match(struct strview name, void *arg)
{
	char *out = arg;
	size_t n = strlen(out);

	snprintf(out + n, 512 - n, "%s%.*s", n > 0 ? "," : "", (int)name.len,
	    name.s);
}

static const char *
match(const struct services *s, const char *space, const json_t *labels)
{
	static char out[512];

	out[0] = '\0';
	services_match(s, strview_of(space), labels, on_match, out);
	return out;
}

static void
parse(struct services *s, const char *text, struct services_mark *mark)
{
	const char *why = "";

	if (services_parse(s, text, strlen(text), mark, &why) == -1) {
		print_error("%s\n", why);
		fail();
	}
	assert_int_equal(services_refused(s), 0);
}

static void
test_fixture(void **state)
{
	json_t *list = shared_fixture("apiserver/services_hello.json");
	json_t *expected = shared_fixture("EXPECTED.json"), *cases, *c, *want;
	struct services *s = services_new();
	struct services_mark mark = { 0 };
	char *text = json_dumps(list, 0), names[512];
	const char *got;
	unsigned checked = 0;
	size_t i, k;

	(void)state;
	parse(s, text, &mark);
	assert_string_equal(mark.version, "661906");
	assert_string_equal(mark.next, "");
	cases = json_object_get(
	    json_object_get(expected, "apiserver"), "services_hello.json");
	json_array_foreach(cases, i, c) {
		want = json_object_get(c, "service");
		if (want == NULL)
			continue;
		names[0] = '\0';
		for (k = 0; k < json_array_size(want); k++)
			on_match(strview_of(json_string_value(
				     json_array_get(want, k))),
			    names);
		got = match(s,
		    json_string_value(json_object_get(c, "namespace")),
		    json_object_get(c, "labels"));
		if (strcmp(got, names) != 0)
			print_error("case %zu: got \"%s\", want \"%s\"\n", i,
			    got, names);
		assert_string_equal(got, names);
		checked++;
	}
	assert_int_equal(checked, 6);
	services_free(s);
	free(text);
	json_decref(list);
	json_decref(expected);
}

#define SERVICE(name, selector)                               \
	"{\"metadata\":{\"namespace\":\"a\",\"name\":\"" name \
	"\",\"resourceVersion\":\"7\"},\"spec\":{\"selector\":" selector "}}"
#define VERSION(version)    "{\"metadata\":{\"resourceVersion\":\"" version "\"}}"
#define EVENT(type, object) "{\"type\":\"" type "\",\"object\":" object "}"

static const char list[] = "{\"metadata\":{\"resourceVersion\":\"5\","
			   "\"continue\":\"abc-_\"},\"items\":[" SERVICE(
			       "one", "{\"app\":\"x\"}") "," SERVICE("two",
			       "{\"app\":\"x\",\"env\":\"prod\"}") "]}";

struct event_case {
	const char *name;
	const char *line;
	enum services_event event;
	const char *matches; /* afterwards, of app=x env=prod */
	const char *version;
};

/* One after the other, on the same services. */
static const struct event_case event_cases[] = {
	{ "added", EVENT("ADDED", SERVICE("three", "{\"env\":\"prod\"}")),
	    SERVICES_CHANGED, "one,three,two", "7" },
	{ "another label, selected too",
	    EVENT("MODIFIED", SERVICE("three", "{\"app\":\"x\"}")),
	    SERVICES_CHANGED, "one,three,two", "7" },
	{ "as it was", EVENT("MODIFIED", SERVICE("three", "{\"app\":\"x\"}")),
	    SERVICES_SAME, "one,three,two", "7" },
	{ "another label", EVENT("MODIFIED", SERVICE("one", "{\"app\":\"y\"}")),
	    SERVICES_CHANGED, "three,two", "7" },
	{ "no selector any more", EVENT("MODIFIED", SERVICE("three", "null")),
	    SERVICES_CHANGED, "two", "7" },
	{ "an empty one selects nothing", EVENT("ADDED", SERVICE("four", "{}")),
	    SERVICES_SAME, "two", "7" },
	{ "numbers in a selector",
	    EVENT("ADDED", SERVICE("five", "{\"app\":1}")), SERVICES_SAME,
	    "two", "7" },
	{ "a NUL in a selector",
	    EVENT("ADDED", SERVICE("six", "{\"app\":\"x\\u0000\"}")),
	    SERVICES_SAME, "two", "7" },
	{ "a label that is not there, empty",
	    EVENT("ADDED", SERVICE("seven", "{\"no\":\"\"}")), SERVICES_CHANGED,
	    "two", "7" },
	{ "deleted", EVENT("DELETED", SERVICE("two", "{\"app\":\"x\"}")),
	    SERVICES_CHANGED, "", "7" },
	{ "deleted again", EVENT("DELETED", SERVICE("two", "null")),
	    SERVICES_SAME, "", "7" },
	{ "a bookmark", EVENT("BOOKMARK", VERSION("99")), SERVICES_SAME, "",
	    "99" },
	{ "an error", EVENT("ERROR", "{\"code\":410}"), SERVICES_EXPIRED, "",
	    "99" },
	{ "an error with a version", EVENT("ERROR", VERSION("100")),
	    SERVICES_EXPIRED, "", "99" },
	{ "an unknown type", EVENT("NEW", VERSION("100")), SERVICES_BAD, "",
	    "99" },
	{ "no object", "{\"type\":\"ADDED\"}", SERVICES_BAD, "", "99" },
	{ "no version", EVENT("BOOKMARK", "{\"metadata\":{}}"), SERVICES_BAD,
	    "", "99" },
	{ "no JSON", "{\"type\":", SERVICES_BAD, "", "99" },
	{ "a list", "[]", SERVICES_BAD, "", "99" },
	{ "a version that is no token", EVENT("BOOKMARK", VERSION("1&x=2")),
	    SERVICES_BAD, "", "99" },
};

static void
test_events(void **state)
{
	const struct event_case *c;
	struct services *s = services_new();
	struct services_mark mark = { 0 };
	static const char text[] = "{\"app\":\"x\",\"env\":\"prod\"}";
	const char *why, *got;
	json_t *labels = json_parse(text, sizeof(text) - 1, &why);
	size_t i;

	(void)state;
	assert_non_null(labels);
	parse(s, list, &mark);
	assert_string_equal(mark.version, "5");
	assert_string_equal(mark.next, "abc-_");
	assert_string_equal(match(s, "a", labels), "one,two");
	assert_string_equal(match(s, "b", labels), "");
	assert_string_equal(match(s, "a", NULL), "");
	for (i = 0; i < sizeof(event_cases) / sizeof(*event_cases); i++) {
		enum services_event event;

		c = &event_cases[i];
		event = services_take(s, c->line, strlen(c->line), &mark);
		got = match(s, "a", labels);
		if (event == c->event && strcmp(got, c->matches) == 0 &&
		    strcmp(mark.version, c->version) == 0)
			continue;
		print_error("%s: got %d \"%s\" at %s, want %d \"%s\" at %s\n",
		    c->name, event, got, mark.version, c->event, c->matches,
		    c->version);
		fail();
	}
	json_decref(labels);
	services_free(s);
}

/* What is no list of services must not be taken for an empty one. */
static void
test_no_lists(void **state)
{
	static const char *const texts[] = {
		"",
		"{}",
		"[]",
		"{\"items\":[]}",
		"{\"metadata\":{},\"items\":[]}",
		"{\"metadata\":{\"resourceVersion\":7},\"items\":[]}",
		"{\"metadata\":{\"resourceVersion\":\"\"},\"items\":[]}",
		"{\"metadata\":{\"resourceVersion\":\"a b\"},\"items\":[]}",
		"{\"metadata\":{\"resourceVersion\":\"1\",\"continue\":\"&\"}}",
		"{\"metadata\":{\"resourceVersion\":\"1\"},\"items\":{}}",
		"{\"metadata\":{\"resourceVersion\":\"1\"},\"items\":[",
	};
	struct services *s = services_new();
	struct services_mark mark;
	const char *why;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		why = NULL;
		if (services_parse(
			s, texts[i], strlen(texts[i]), &mark, &why) == -1 &&
		    why != NULL)
			continue;
		print_error("%s: got a list, want none\n", texts[i]);
		fail();
	}
	services_free(s);
}

/* Puts n services, in no order, with a selector of that many bytes. */
static void
put_many(struct services *s, unsigned n, int selector)
{
	size_t size = 256 + (size_t)selector;
	char *line = malloc(size);
	struct services_mark mark = { 0 };
	unsigned i;

	assert_non_null(line);
	for (i = 0; i < n; i++) {
		snprintf(line, size,
		    EVENT("ADDED",
			"{\"metadata\":{\"namespace\":\"n%u\",\"name\":"
			"\"s%u\",\"resourceVersion\":\"%u\"},\"spec\":"
			"{\"selector\":{\"a\":\"%0*u\"}}}"),
		    i % 7, i * 7919 % n, i + 1, selector, i);
		services_take(s, line, strlen(line), &mark);
	}
	free(line);
}

static void
test_many(void **state)
{
	struct services *s = services_new();

	(void)state;
	put_many(s, LIMIT_SERVICES + 10, 1);
	assert_int_equal(services_count(s), LIMIT_SERVICES);
	assert_int_equal(services_refused(s), 10);
	services_free(s);
}

static void
test_long(void **state)
{
	struct services *s = services_new();
	unsigned most = LIMIT_SERVICES_TEXT / (LIMIT_SERVICE - 100);

	(void)state;
	put_many(s, 10, LIMIT_SERVICE);
	assert_int_equal(services_count(s), 0);
	put_many(s, 2 * most, LIMIT_SERVICE - 100);
	assert_true(services_count(s) <= most);
	assert_true(services_count(s) > most - most / 10);
	services_free(s);
}

static void
test_equal(void **state)
{
	struct services *a = services_new(), *b = services_new();
	struct services_mark mark = { 0 };
	const char other[] = EVENT(
	    "MODIFIED", SERVICE("one", "{\"app\":\"y\"}"));

	(void)state;
	assert_true(services_equal(a, b));
	parse(a, list, &mark);
	assert_false(services_equal(a, b));
	parse(b, list, &mark);
	assert_true(services_equal(a, b));
	services_take(b, other, sizeof(other) - 1, &mark);
	assert_false(services_equal(a, b));
	services_free(a);
	services_free(b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fixture),
		cmocka_unit_test(test_events),
		cmocka_unit_test(test_no_lists),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_equal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
