/* SPDX-License-Identifier: ISC
 *
 * What is made of real answers of ECS, where the shared fixtures are there.
 */
#include "ecs_help.h"

/* Whether `line` has " tag" or " tag " in it. */
static bool
has_word(const char *line, const char *word)
{
	const char *end = strchr(line, '\n'), *at = line;
	size_t len = strlen(word);

	while ((at = strstr(at, word)) != NULL && at < end) {
		if (at[-1] == ' ' && (at[len] == ' ' || at[len] == '\n'))
			return true;
		at++;
	}
	return false;
}

/* Holds one container's line against its tags in EXPECTED.json. Returns the
 * number of differences. */
static size_t
hold(const char *line, const json_t *want)
{
	const char *key;
	json_t *value;
	char word[1024];
	size_t failed = 0, i;

	json_object_foreach((json_t *)want, key, value) {
		if (strcmp(key, "exclude") == 0)
			snprintf(word, sizeof(word), "pause");
		else if (strcmp(key, "addresses") == 0) {
			for (i = 0; i < json_array_size(value); i++)
				if (strstr(line,
					json_string_value(
					    json_array_get(value, i))) == NULL)
					failed++;
			continue;
		} else
			snprintf(word, sizeof(word), "%s:%s", key,
			    json_string_value(value));
		if (has_word(line, word))
			continue;
		print_error("want %s in %s\n", word, line);
		failed++;
	}
	return failed;
}

/* Reads a fixture as an answer. */
static void
read_fixture(
    parser *parse, const char *name, struct ecs_reading *r, struct seen *seen)
{
	json_t *json = shared_fixture(name);
	char *text = json_dumps(json, 0);

	assert_non_null(text);
	assert_int_equal(read_text(parse, text, strlen(text), r, seen), 0);
	free(text);
	json_decref(json);
}

static void
test_task_fixtures(void **state)
{
	json_t *all = shared_fixture("EXPECTED.json"), *file, *tags;
	const char *name, *id, *line;
	size_t failed = 0;
	char path[256];

	(void)state;
	assert_int_equal(json_object_size(json_object_get(all, "ecs")), 2);
	json_object_foreach(json_object_get(all, "ecs"), name, file) {
		struct ecs_reading r = { 0 };
		struct seen seen;

		snprintf(path, sizeof(path), "ecs/%s", name);
		read_fixture(ecs_parse_task, path, &r, &seen);
		json_object_foreach(file, id, tags) {
			line = strstr(seen.text, id);
			assert_non_null(line);
			failed += hold(line, tags);
		}
		free(seen.text);
	}
	json_decref(all);
	assert_int_equal(failed, 0);
}

static void
test_agent_fixtures(void **state)
{
	static const char *const wants[][3] = {
		{ "2ad9e753a0df", "task_name:nginx", "task_version:3" },
		{ "749d28eb7145", "task_name:datadog-agent",
		    "task_version:15" },
	};
	struct ecs_reading r = { 0 };
	struct seen seen;
	const char *line;
	size_t i;

	(void)state;
	read_fixture(
	    ecs_parse_instance, "ecs/v1_metadata_instance.json", &r, &seen);
	free(seen.text);
	assert_string_equal(r.cluster, "ecs_cluster");
	read_fixture(ecs_parse_tasks, "ecs/v1_tasks.json", &r, &seen);
	assert_int_equal(r.tasks, 2);
	for (i = 0; i < COUNT(wants); i++) {
		line = strstr(seen.text, wants[i][0]);
		assert_non_null(line);
		assert_true(has_word(line, wants[i][1]));
		assert_true(has_word(line, wants[i][2]));
		assert_true(has_word(line, "ecs_cluster:ecs_cluster"));
	}
	free(seen.text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_task_fixtures),
		cmocka_unit_test(test_agent_fixtures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
