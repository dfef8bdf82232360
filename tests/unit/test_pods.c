/* SPDX-License-Identifier: ISC
 *
 * The kubelet's lists: those of the shared fixtures against what is expected
 * of them, whole ones and broken ones.
 */
#include "pods_help.h"

/* Fails unless both are equal, naming what it is. */
static void
expect(
    const char *file, const char *what, const json_t *got, const json_t *want)
{
	char *a, *b;

	if (json_equal(got, want))
		return;
	a = json_dumps(got, JSON_ENCODE_ANY | JSON_SORT_KEYS);
	b = json_dumps(want, JSON_ENCODE_ANY | JSON_SORT_KEYS);
	print_error("%s: %s: got %s, want %s\n", file, what,
	    a != NULL ? a : "nothing", b != NULL ? b : "nothing");
	free(a);
	free(b);
	fail();
}

static void
expect_container(const char *file, const json_t *got, const json_t *want)
{
	static const char *const names[][2] = {
		{ "container_name", "container_name" },
		{ "container_image", "image_spec" },
		{ "image_name", "image_name" },
		{ "short_image", "short_image" },
		{ "image_tag", "image_tag" },
	};
	const char *id = json_string_value(
	    json_object_get(want, "container_id"));
	const json_t *c = json_object_get(got, id);
	const json_t *tags = json_object_get(c, "tags");

	if (c == NULL) {
		print_error("%s: no container %s\n", file, id);
		fail();
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		expect(file, names[i][0], json_object_get(tags, names[i][0]),
		    json_object_get(want, names[i][1]));
	expect(file, "runtime", json_object_get(c, "runtime"),
	    json_object_get(want, "runtime"));
	assert_string_equal(
	    json_string_value(json_object_get(want, "state")), "running");
	assert_int_equal(
	    json_integer_value(json_object_get(c, "state")), CONTAINER_RUNNING);
}

static void
check_fixture(const char *file, const json_t *want)
{
	const json_t *pods = json_object_get(want, "pods"), *pod, *list;
	const json_t *container, *p;
	char path[256], *bytes;
	size_t i, k, n = 0;
	uint32_t refused;
	json_t *json;
	struct got got;

	snprintf(path, sizeof(path), "kubelet/%s", file);
	json = shared_fixture(path);
	bytes = json_dumps(json, 0);
	parse(&got, bytes, &refused);
	assert_int_equal(refused, 0);
	json_array_foreach(pods, i, pod) {
		p = json_object_get(
		    got.pods, json_string_value(json_object_get(pod, "uid")));
		expect(file, "tags of a pod", json_object_get(p, "tags"),
		    json_object_get(pod, "tags"));
		if (!json_is_true(json_object_get(pod, "static")))
			assert_int_equal(
			    json_is_true(json_object_get(p, "services")),
			    json_is_true(json_object_get(pod, "ready")) &&
				!json_is_true(
				    json_object_get(pod, "host_network")));
		list = json_object_get(pod, "containers");
		n += json_array_size(list);
		json_array_foreach(list, k, container)
			expect_container(file, got.containers, container);
	}
	assert_int_equal(json_object_size(got.pods), json_array_size(pods));
	assert_int_equal(json_object_size(got.containers), n);
	free(bytes);
	json_decref(json);
	got_free(&got);
}

static void
test_fixtures(void **state)
{
	json_t *expected = shared_fixture("EXPECTED.json");
	json_t *files = json_object_get(expected, "kubelet"), *want;
	const char *file;

	(void)state;
	assert_true(json_object_size(files) > 0);
	json_object_foreach(files, file, want)
		check_fixture(file, want);
	json_decref(expected);
}

#define ID "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

/* One whole pod of our own, with all that is read of one. */
static const char whole[] =
    "{\"items\":[{\"metadata\":{\"name\":\"web-7d4b9c-x2x4z\",\"namespace\":"
    "\"shop\",\"uid\":\"u-1\",\"labels\":{\"env\":\"prod\"},\"managedFields\":"
    "[{\"x\":[1]}],\"annotations\":{\"openshift.io/deployment-config.name\":"
    "\"dc\",\"openshift.io/deployment.name\":\"dc-1\"},\"ownerReferences\":["
    "{\"kind\":\"ReplicaSet\",\"name\":\"web-7d4b9c\"}]},\"spec\":{"
    "\"nodeName\":\"node-1\",\"containers\":[{\"name\":\"app\",\"image\":"
    "\"reg:5000/shop/web:1.2\",\"env\":[{\"name\":\"A\"}],\"resources\":{"
    "\"requests\":{\"cpu\":\"250m\",\"memory\":\"64Mi\"}},\"ports\":[{"
    "\"containerPort\":8080,\"protocol\":\"TCP\"},{\"containerPort\":53,"
    "\"protocol\":\"UDP\"},{\"containerPort\":9,\"protocol\":\"SCTP\"},"
    "{\"containerPort\":70000}]}]},\"status\":{\"phase\":\"Running\",\"podIP\":"
    "\"10.1.2.3\",\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\"}],"
    "\"containerStatuses\":[{\"name\":\"app\",\"image\":\"other:1\","
    "\"imageID\":\"docker-pullable://web@sha256:12\",\"containerID\":"
    "\"cri-o://" ID "\",\"state\":{\"running\":{\"startedAt\":"
    "\"2019-03-01T10:00:00Z\"}}}]}}]}";

static void
test_whole(void **state)
{
	static const char want[] =
	    "{\"address\": \"10.1.2.3:8080/0 of 2\", \"cpu\": 25, "
	    "\"created\": 1551434400, \"digest\": \"sha256:12\", "
	    "\"image\": \"reg:5000/shop/web:1.2\", \"memory\": 67108864, "
	    "\"name\": \"app\", \"pod\": \"u-1\", \"runtime\": \"cri-o\", "
	    "\"space\": \"shop\", \"state\": 3, \"tags\": "
	    "{\"container_image\": \"reg:5000/shop/web:1.2\", "
	    "\"container_name\": \"app\", \"image_name\": "
	    "\"reg:5000/shop/web\", \"image_tag\": \"1.2\", "
	    "\"short_image\": \"web\"}}";
	static const char
	    want_pod[] = "{\"services\": true, \"settled\": true, \"tags\": "
			 "{\"deployment\": \"web\", \"namespace\": \"shop\", "
			 "\"oshift_deployment\": \"dc-1\", "
			 "\"oshift_deployment_config\": \"dc\", \"pod\": "
			 "\"web-7d4b9c-x2x4z\", \"pod_ip\": \"10.1.2.3\", "
			 "\"replica_set\": \"web-7d4b9c\"}}";
	struct got got;
	uint32_t refused;
	char *dump;

	(void)state;
	assert_int_equal(CONTAINER_RUNNING, 3);
	parse(&got, whole, &refused);
	dump = json_dumps(json_object_get(got.containers, ID), JSON_SORT_KEYS);
	assert_string_equal(dump, want);
	free(dump);
	dump = json_dumps(json_object_get(got.pods, "u-1"), JSON_SORT_KEYS);
	assert_string_equal(dump, want_pod);
	free(dump);
	got_free(&got);
}

/* why: what makes it no list, NULL if it is one. */
static const struct {
	const char *text;
	const char *why;
} lists[] = {
	{ "{\"kind\":\"PodList\",\"items\":[]}", NULL },
	{ "{\"items\":null,\"kind\":\"PodList\"}", NULL },
	{ "{\"items\":[]}", NULL },
	{ "{\"kind\":\"Status\",\"code\":403}", "not a list of pods" },
	{ "{\"items\":[],\"kind\":\"NodeList\"}", "not a list of pods" },
	{ "{\"kind\":7,\"items\":[]}", "not a list of pods" },
	{ "{\"kind\":\"PodList\",\"items\":{}}", "not a list" },
	{ "{\"kind\":\"PodList\",\"items\":[", "not JSON" },
};

static void
test_lists(void **state)
{
	const struct pods_calls calls = { 0 };
	uint32_t refused;
	const char *why;
	size_t i;
	int rc;

	(void)state;
	for (i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
		why = NULL;
		rc = pods_parse(lists[i].text, strlen(lists[i].text), &calls,
		    &refused, &why);
		if (lists[i].why == NULL
			? rc == 0
			: rc == -1 && strcmp(why, lists[i].why) == 0)
			continue;
		print_error("%s: got %d \"%s\", want \"%s\"\n", lists[i].text,
		    rc, why != NULL ? why : "",
		    lists[i].why != NULL ? lists[i].why : "a list");
		fail();
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fixtures),
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
