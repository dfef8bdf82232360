/* SPDX-License-Identifier: ISC
 *
 * Samples of other projects, which are in no repository of ours: they lie in
 * $DD_FIXTURES, or beside the checkout. A test without them is skipped.
 */
#ifndef TESTS_UNIT_SHARED_FIXTURES_H
#define TESTS_UNIT_SHARED_FIXTURES_H

#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

/* The file's JSON, owned by the caller; skips the test when it is not there,
 * fails it when it is no JSON. */
static inline json_t *
shared_fixture(const char *name)
{
	const char *dir = getenv("DD_FIXTURES");
	char path[4096];
	json_error_t error;
	json_t *json;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s",
	    dir == NULL ? "../shared/fixtures" : dir, name);
	file = fopen(path, "re");
	if (file == NULL) {
		print_message("%s is not here: skipped\n", path);
		skip();
	}
	json = json_loadf(file, 0, &error);
	fclose(file);
	if (json == NULL)
		print_message("%s:%d: %s\n", path, error.line, error.text);
	assert_non_null(json);
	return json;
}

/* A member of the case's `expect`: "" for null or when it is not named. */
static inline const char *
shared_expect(const json_t *item, const char *name)
{
	const json_t *value = json_object_get(
	    json_object_get(item, "expect"), name);

	return json_is_string(value) ? json_string_value(value) : "";
}

#endif
