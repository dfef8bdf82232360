/* SPDX-License-Identifier: ISC
 *
 * Which containers the lists leave out, and what is said of a bad list.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "common/config.h"
#include "common/limits.h"
#include "taggerd/exclusion.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Rules from a configuration with these two lists ("" is none); *said is
 * what is said, owned. */
static struct exclusion *
make(const char *black, const char *white, char **said)
{
	char blacklist[256], whitelist[256];
	char *env[] = { blacklist, whitelist, NULL };
	struct exclusion *exclusion;
	struct config *config;
	size_t size;
	FILE *out = open_memstream(said, &size);

	snprintf(
	    blacklist, sizeof(blacklist), "DD_CONTAINER_BLACKLIST=%s", black);
	snprintf(
	    whitelist, sizeof(whitelist), "DD_CONTAINER_WHITELIST=%s", white);
	config = config_load(PROG_TAGGERD, "/nonexistent", env, out);
	assert_non_null(config);
	exclusion = exclusion_new(config, out);
	config_free(config);
	fclose(out);
	return exclusion;
}

struct match_case {
	const char *black;
	const char *white;
	const char *name;
	const char *image;
	const char *space;
	bool pause;
	bool want;
};

static const struct match_case matches[] = {
	{ "", "", "web", "nginx:1", "default", false, false },
	{ "", "", "POD", "pause:3", "default", true, true },
	{ "name:^web", "", "web-1", "nginx", "", false, true },
	{ "name:^web", "", "a-web", "nginx", "", false, false },
	{ "name:web", "", "a-web", "nginx", "", false, true },
	{ "image:nginx:1$", "", "web", "nginx:1", "", false, true },
	{ "image:nginx:1$", "", "web", "nginx:12", "", false, false },
	{ "kube_namespace:^kube-system$", "", "dns", "dns", "kube-system",
	    false, true },
	{ "kube_namespace:^kube-system$", "", "dns", "dns", "default", false,
	    false },
	/* each rule looks at its own subject only */
	{ "name:nginx", "", "web", "nginx", "nginx", false, false },
	{ "image:a, name:b", "", "b", "c", "", false, true },
	/* the whitelist wins, whatever it names */
	{ "name:.*", "image:^nginx", "web", "nginx:1", "", false, false },
	{ "name:.*", "image:^nginx", "web", "redis:1", "", false, true },
	{ "", "name:^POD$", "POD", "pause", "", true, false },
	{ "", "name:^web$", "POD", "pause", "", true, true },
	/* without a blacklist, a whitelist leaves nothing out */
	{ "", "name:^web$", "db", "redis", "", false, false },
	/* what is not known never matches */
	{ "name:.*", "", "", "nginx", "", false, false },
	{ "name:^$", "", "", "nginx", "", false, false },
	{ "kube_namespace:.*", "", "web", "nginx", "", false, false },
	{ "name:.*", "kube_namespace:.*", "web", "nginx", "", false, true },
};

static void
test_match(void **state)
{
	int failed = 0;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(matches); i++) {
		const struct match_case *c = &matches[i];
		char *said = NULL;
		struct exclusion *e = make(c->black, c->white, &said);
		bool got;

		if (e == NULL)
			fail_msg("row %zu: %s", i, said);
		got = exclusion_match(e, strview_of(c->name),
		    strview_of(c->image), strview_of(c->space), c->pause);
		if (got != c->want) {
			print_error("black \"%s\", white \"%s\", %s %s %s: "
				    "got %d, want %d\n",
			    c->black, c->white, c->name, c->image, c->space,
			    got, c->want);
			failed++;
		}
		exclusion_free(e);
		free(said);
	}
	assert_int_equal(failed, 0);
}

static void
test_errors(void **state)
{
	static const char *const table[][2] = {
		{ "nginx",
		    "env DD_CONTAINER_BLACKLIST: container_blacklist: \"nginx\" "
		    "is not image:REGEX, name:REGEX or kube_namespace:REGEX\n" },
		{ "image:",
		    "env DD_CONTAINER_BLACKLIST: container_blacklist: "
		    "\"image:\" is not image:REGEX, name:REGEX or "
		    "kube_namespace:REGEX\n" },
		{ "Name:x",
		    "env DD_CONTAINER_BLACKLIST: container_blacklist: "
		    "\"Name:x\" is not image:REGEX, name:REGEX or "
		    "kube_namespace:REGEX\n" },
		{ "name:a(b",
		    "env DD_CONTAINER_BLACKLIST: container_blacklist: \"a(b\": "
		    "missing closing parenthesis at offset 3\n" },
	};
	int failed = 0;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(table); i++) {
		char *said = NULL;
		struct exclusion *e = make(table[i][0], "", &said);

		if (e != NULL || strcmp(said, table[i][1]) != 0) {
			print_error("got  %s\nwant %s\n", said, table[i][1]);
			failed++;
		}
		exclusion_free(e);
		free(said);
	}
	assert_int_equal(failed, 0);
}

/* All that is wrong is said at once, of both lists. */
static void
test_all_errors(void **state)
{
	char *said = NULL, *at;
	int lines = 0;

	(void)state;
	assert_null(make("a, name:(, image:x", "b", &said));
	for (at = said; (at = strchr(at, '\n')) != NULL; at++)
		lines++;
	if (lines != 3)
		fail_msg("got %d lines, want 3:\n%s", lines, said);
	free(said);
}

static void
test_hostile(void **state)
{
	char *said = NULL;
	struct exclusion *e = make("name:(a+)+[bd]", "", &said);
	char name[LIMIT_CONTAINER_NAME];
	struct strview all = { name, sizeof(name) }, none = { 0 };
	clock_t start = clock(), ms;

	(void)state;
	memset(name, 'a', sizeof(name));
	assert_false(exclusion_match(e, all, none, none, false));
	ms = (clock() - start) * 1000 / CLOCKS_PER_SEC;
	if (ms > LIMIT_FILTER_CPU * 20)
		fail_msg(
		    "got %ld ms, want some %d", (long)ms, LIMIT_FILTER_CPU);
	assert_true(exclusion_match(e, SV("aab"), none, none, false));
	exclusion_free(e);
	free(said);
}

static void
test_pause_images(void **state)
{
	static const struct {
		const char *image;
		bool want;
	} table[] = {
		{ "pause", true },
		{ "pause:3.9", true },
		{ "k8s.gcr.io/pause-amd64:3.1", true },
		{ "registry:5000/kubernetes/pause", true },
		{ "openshift/origin-pod:v3.11", true },
		{ "origin-pod", true },
		{ "openshift/origin-pods", false },
		{ "nginx", false },
		{ "pause/nginx", false },
		{ "my-pause", false },
		{ "paus", false },
		{ "", false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(table); i++)
		if (exclusion_is_pause(strview_of(table[i].image)) !=
		    table[i].want)
			fail_msg("\"%s\": got %d, want %d", table[i].image,
			    !table[i].want, table[i].want);
	assert_false(exclusion_is_pause((struct strview){ 0 }));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_match),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_all_errors),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_pause_images),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
