/* SPDX-License-Identifier: ISC
 *
 * What Docker and podman say of themselves, of images and of events.
 */
#include "docker_json_help.h"

static void
test_version(void **state)
{
	static const struct {
		const char *json;
		const char *want;
	} cases[] = {
		{ "{\"Version\":\"20.10.24\",\"ApiVersion\":\"1.41\","
		  "\"MinAPIVersion\":\"1.12\"}",
		    "1.41 20.10.24" },
		{ "{\"Version\":\"29.0.0\",\"ApiVersion\":\"1.52\","
		  "\"MinAPIVersion\":\"1.44\"}",
		    "1.47 29.0.0" },
		{ "{\"Version\":\"x\",\"ApiVersion\":\"1.99\","
		  "\"MinAPIVersion\":\"1.60\"}",
		    "1.60 x" },
		{ "{\"Components\":[{\"Name\":\"Podman Engine\"}],"
		  "\"Version\":\"4.3.1\",\"ApiVersion\":\"1.41\"}",
		    "1.41 4.3.1 podman" },
		{ "{\"Version\":\"a\\u001b[2J b\",\"ApiVersion\":\"1.24\"}",
		    "1.24 a?[2J?b" },
		{ "{\"ApiVersion\":\"1.41/../../x\"}", "-" },
		{ "{\"ApiVersion\":\"1.256\"}", "-" },
		{ "{\"ApiVersion\":\"0.5\"}", "-" },
		{ "{\"ApiVersion\":\"1.\"}", "-" },
		{ "{\"ApiVersion\":\".1\"}", "-" },
		{ "{\"ApiVersion\":\"1.2.3\"}", "-" },
		{ "{\"ApiVersion\":\"0000001.1\"}", "-" },
		{ "{\"ApiVersion\":1.41}", "-" },
		{ "{}", "-" },
		{ "", "-" },
	};
	struct docker_version v;
	const char *why;
	char got[128];
	int failed = 0;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		strcpy(got, "-");
		why = NULL;
		if (docker_json_version(
			cases[i].json, strlen(cases[i].json), &v, &why) == 0)
			snprintf(got, sizeof(got), "%u.%u %s%s", v.api.major,
			    v.api.minor, v.text, v.podman ? " podman" : "");
		else if (why == NULL)
			strcpy(got, "(no reason)");
		failed += compare(cases[i].json, got, cases[i].want);
	}
	assert_int_equal(failed, 0);
}

static void
test_image(void **state)
{
	static const struct {
		const char *json;
		const char *want; /* name and digest */
	} cases[] = {
		{ "{\"RepoTags\":[\"redis:latest\",\"redis:7\"],"
		  "\"RepoDigests\":[\"redis@sha256:f7\"]}",
		    "redis:latest sha256:f7" },
		{ "{\"RepoTags\":[],\"RepoDigests\":[\"r:5000/x@sha256:f7\"]}",
		    "r:5000/x sha256:f7" },
		{ "{\"RepoTags\":[\"<none>:<none>\"],"
		  "\"RepoDigests\":[\"<none>@<none>\"]}",
		    " <none>" },
		{ "{\"RepoTags\":null,\"RepoDigests\":null}", " " },
		{ "{\"RepoTags\":[7],\"RepoDigests\":{}}", " " },
		{ "[", "-" },
	};
	struct docker_image image;
	char got[2048];
	int failed = 0;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		strcpy(got, "-");
		if (docker_json_image(
			cases[i].json, strlen(cases[i].json), &image) == 0)
			snprintf(got, sizeof(got), "%s %s", image.name,
			    image.digest);
		failed += compare(cases[i].json, got, cases[i].want);
	}
	assert_int_equal(failed, 0);
}

#define EVENT(type, action, id)                             \
	"{\"Type\":\"" type "\",\"Action\":\"" action "\"," \
	"\"Actor\":{\"ID\":\"" id "\",\"Attributes\":{}}}"

static void
test_event(void **state)
{
	static const struct {
		const char *json;
		enum docker_event want;
	} cases[] = {
		{ EVENT("container", "start", ID_A), DOCKER_EVENT_CHANGED },
		{ EVENT("container", "health_status: unhealthy", ID_A),
		    DOCKER_EVENT_CHANGED },
		{ EVENT("container", "pause", ID_A), DOCKER_EVENT_CHANGED },
		{ EVENT("container", "die", ID_A), DOCKER_EVENT_ENDED },
		{ EVENT("container", "destroy", ID_A), DOCKER_EVENT_ENDED },
		{ EVENT("container", "exec_start: sh", ID_A),
		    DOCKER_EVENT_NONE },
		{ EVENT("network", "destroy", ID_A), DOCKER_EVENT_NONE },
		{ EVENT("container", "die", "../x"), DOCKER_EVENT_NONE },
		{ "{\"Type\":\"container\",\"Action\":\"die\"}",
		    DOCKER_EVENT_NONE },
		{ "null", DOCKER_EVENT_NONE },
		{ "{", DOCKER_EVENT_NONE },
	};
	char id[BROKER_ID + 1];
	enum docker_event got;
	int failed = 0;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		got = docker_json_event(
		    cases[i].json, strlen(cases[i].json), id);
		if (got == cases[i].want &&
		    (got == DOCKER_EVENT_NONE || strcmp(id, ID_A) == 0))
			continue;
		print_error("%s: got %d %s, want %d\n", cases[i].json, got, id,
		    cases[i].want);
		failed++;
	}
	assert_int_equal(failed, 0);
}

static void
test_info(void **state)
{
	char name[256], json[700] = "{\"Name\":\"";

	(void)state;
	assert_int_equal(
	    docker_json_info("{\"Name\":\"host-1\"}", 17, name, sizeof(name)),
	    0);
	assert_string_equal(name, "host-1");
	memset(json + 9, 'x', 600);
	strcpy(json + 609, "\"}");
	assert_int_equal(
	    docker_json_info(json, strlen(json), name, sizeof(name)), 0);
	assert_string_equal(name, "");
	assert_int_equal(docker_json_info("[", 1, name, sizeof(name)), -1);
}

/* In any order, over and over, and past the bound. */
static void
test_images(void **state)
{
	struct docker_images *images = docker_images_new();
	struct docker_image image = { 0 };
	char id[BROKER_ID + 1];
	int i;

	(void)state;
	assert_null(docker_images_find(images, ID_A));
	for (i = 0; i < 1000; i++) {
		snprintf(id, sizeof(id), "%064x", i * 7919 % 1000);
		snprintf(image.name, sizeof(image.name), "image %d",
		    i * 7919 % 1000);
		docker_images_put(images, id, &image);
	}
	for (i = 0; i < 1000; i++) {
		snprintf(id, sizeof(id), "%064x", i);
		snprintf(image.name, sizeof(image.name), "image %d", i);
		assert_non_null(docker_images_find(images, id));
		assert_string_equal(
		    docker_images_find(images, id)->name, image.name);
	}
	for (i = 0; i < LIMIT_CONTAINERS + 1; i++) {
		snprintf(id, sizeof(id), "%064x", i);
		docker_images_put(images, id, &image);
	}
	assert_non_null(docker_images_find(images, id));
	snprintf(id, sizeof(id), "%064x", 1);
	assert_null(docker_images_find(images, id));
	docker_images_clear(images);
	assert_null(docker_images_find(images, ID_B));
	docker_images_free(images);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_version),
		cmocka_unit_test(test_image),
		cmocka_unit_test(test_event),
		cmocka_unit_test(test_info),
		cmocka_unit_test(test_images),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
