/* SPDX-License-Identifier: ISC
 *
 * The kubelet's lists: those of the shared fixtures against what is expected
 * of them, and pods of our own, good and hostile.
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
#include "taggerd/facts.h"
#include "taggerd/json_list.h"
#include "taggerd/pods.h"

#include "shared_fixtures.h"
#include "tag_text.h"

/* What came out, as JSON in the form of EXPECTED.json: by uid and by id. */
struct got {
	json_t *pods;
	json_t *containers;
};

static json_t *
text(const char *s)
{
	return s != NULL ? json_string(s) : json_null();
}

static json_t *
tags_of(const struct facts *facts)
{
	json_t *tags = json_object();

	for (uint32_t i = 0; i < facts->n_tags; i++)
		json_object_set_new(tags, tag_text(facts->tags[i].name),
		    json_string(facts->tags[i].value));
	return tags;
}

static void
set(json_t *object, struct strview key, json_t *value)
{
	char copy[256];

	snprintf(copy, sizeof(copy), "%.*s", (int)key.len, key.s);
	json_object_set_new(object, copy, value);
}

static void
on_container(struct strview id, struct facts *facts, void *arg)
{
	struct got *got = arg;
	json_t *c = json_object();
	char address[128];

	json_object_set_new(c, "runtime", text(facts->type));
	json_object_set_new(c, "name", text(facts->name));
	json_object_set_new(c, "image", text(facts->image));
	json_object_set_new(c, "digest", text(facts->repo_digest));
	json_object_set_new(c, "pod", text(facts->pod_uid));
	json_object_set_new(c, "space", text(facts->space));
	json_object_set_new(c, "state", json_integer(facts->state));
	json_object_set_new(c, "created", json_integer(facts->created));
	json_object_set_new(
	    c, "cpu", json_integer((json_int_t)(facts->cpu_request + 0.5)));
	json_object_set_new(
	    c, "memory", json_integer((json_int_t)facts->memory_request));
	json_object_set_new(c, "tags", tags_of(facts));
	if (facts->n_addresses > 0) {
		snprintf(address, sizeof(address), "%s:%d/%d of %u",
		    facts->addresses[0].ip, facts->addresses[0].port,
		    facts->addresses[0].protocol, facts->n_addresses);
		json_object_set_new(c, "address", json_string(address));
	}
	set(got->containers, id, c);
	facts_free(facts);
}

static void
on_pod(const struct pod *pod, struct facts *facts, void *arg)
{
	struct got *got = arg;
	json_t *p = json_object();

	json_object_set_new(p, "tags", tags_of(facts));
	json_object_set_new(p, "services", json_boolean(pod->takes_services));
	json_object_set_new(p, "settled", json_boolean(pod->settled));
	set(got->pods, pod->uid, p);
	facts_free(facts);
}

static void
on_ended(struct strview uid, void *arg)
{
	struct got *got = arg;
	json_t *p = json_object();

	json_object_set_new(p, "ended", json_true());
	set(got->pods, uid, p);
}

static void
parse(struct got *got, const char *list, uint32_t *refused)
{
	const struct pods_calls calls = { .on_container = on_container,
		.on_pod = on_pod,
		.on_ended = on_ended,
		.arg = got };
	const char *why = "";

	*got = (struct got){ json_object(), json_object() };
	if (pods_parse(list, strlen(list), &calls, refused, &why) == -1) {
		print_error("%s\n", why);
		fail();
	}
}

static void
got_free(struct got *got)
{
	json_decref(got->pods);
	json_decref(got->containers);
}

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

struct pod_case {
	const char *name;
	const char *pod;  /* members of it */
	const char *want; /* its dump, NULL: no pod */
	size_t containers;
};

#define UID  "\"metadata\":{\"uid\":\"u\"}"
#define NONE "\"tags\": {}}"
#define NEW  "{\"services\": false, \"settled\": false, " NONE
#define OLD  "{\"services\": false, \"settled\": true, " NONE
static const struct pod_case pod_cases[] = {
	{ "nothing", "", NULL, 0 },
	{ "a uid alone", UID, OLD, 0 },
	{ "a number for the uid", "\"metadata\":{\"uid\":7}", NULL, 0 },
	{ "other types everywhere",
	    UID ",\"spec\":[],\"status\":\"x\",\"labels\":5", OLD, 0 },
	{ "other types deeper",
	    "\"metadata\":{\"uid\":\"u\",\"name\":{},\"labels\":\"x\","
	    "\"annotations\":[],\"ownerReferences\":{\"kind\":\"Job\"}},"
	    "\"spec\":{\"containers\":{}},\"status\":{\"conditions\":{},"
	    "\"podIP\":1,\"containerStatuses\":[1,null,\"x\",{}]}",
	    NEW, 0 },
	{ "ended", UID ",\"status\":{\"phase\":\"Succeeded\"}",
	    "{\"ended\": true}", 0 },
	{ "failed", UID ",\"status\":{\"phase\":\"Failed\"}",
	    "{\"ended\": true}", 0 },
	{ "no container yet",
	    UID ",\"spec\":{\"containers\":[{\"name\":\"a\"}]},"
		"\"status\":{\"containerStatuses\":[{\"name\":\"a\","
		"\"containerID\":\"\"}]}",
	    NEW, 0 },
	{ "waiting",
	    UID ",\"status\":{\"containerStatuses\":[{\"name\":\"a\","
		"\"containerID\":\"docker://1\",\"state\":{\"waiting\":{}}}]}",
	    NEW, 1 },
	{ "an id without a runtime",
	    UID ",\"status\":{\"containerStatuses\":[{\"name\":\"a\","
		"\"containerID\":\"../../x\"}]}",
	    NEW, 0 },
	{ "init and ephemeral ones",
	    UID ",\"status\":{\"initContainerStatuses\":[{\"containerID\":"
		"\"a://1\"}],\"ephemeralContainerStatuses\":[{"
		"\"containerID\":\"a://2\"}]}",
	    OLD, 2 },
	{ "on the host's network, without an address of its own",
	    UID ",\"spec\":{\"hostNetwork\":true},\"status\":{\"phase\":"
		"\"Running\",\"hostIP\":\"10.0.0.1\",\"conditions\":[{"
		"\"type\":\"Ready\",\"status\":\"True\"}]}",
	    "{\"services\": false, \"settled\": true, \"tags\": "
	    "{\"pod_ip\": \"10.0.0.1\"}}",
	    0 },
	{ "created by",
	    "\"metadata\":{\"uid\":\"u\",\"annotations\":{"
	    "\"kubernetes.io/created-by\":\"{\\\"reference\\\":{\\\"kind\\\":"
	    "\\\"DaemonSet\\\",\\\"name\\\":\\\"ds\\\"}}\"}}",
	    "{\"services\": false, \"settled\": true, \"tags\": "
	    "{\"daemon_set\": \"ds\"}}",
	    0 },
	{ "created by nonsense",
	    "\"metadata\":{\"uid\":\"u\",\"annotations\":{"
	    "\"kubernetes.io/created-by\":\"[[[\"}}",
	    OLD, 0 },
	{ "control bytes",
	    "\"metadata\":{\"uid\":\"u\",\"name\":\"a\\u0000b\\n\\u001b[1m\"}",
	    "{\"services\": false, \"settled\": true, \"tags\": {\"pod\": "
	    "\"a\\ufffdb__[1m\"}}",
	    0 },
};

static void
test_pods(void **state)
{
	const struct pod_case *c;
	char list[2048], *dump;
	struct got got;
	uint32_t refused;
	const json_t *pod;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(pod_cases) / sizeof(*pod_cases); i++) {
		c = &pod_cases[i];
		snprintf(list, sizeof(list), "{\"items\":[{%s},{}]}", c->pod);
		parse(&got, list, &refused);
		pod = json_object_get(got.pods, "u");
		dump = pod == NULL
		    ? NULL
		    : json_dumps(pod, JSON_SORT_KEYS | JSON_ENSURE_ASCII);
		if (refused != 0 ||
		    json_object_size(got.containers) != c->containers ||
		    (c->want == NULL) != (dump == NULL) ||
		    (dump != NULL && strcasecmp(dump, c->want) != 0)) {
			print_error("%s: got %s and %zu containers, want %s "
				    "and %zu\n",
			    c->name, dump != NULL ? dump : "no pod",
			    json_object_size(got.containers),
			    c->want != NULL ? c->want : "no pod",
			    c->containers);
			fail();
		}
		free(dump);
		got_free(&got);
	}
}

static void
test_owners(void **state)
{
	static const struct {
		const char *kind, *name, *want;
	} cases[] = {
		{ "DaemonSet", "a-1", "daemon_set:a-1" },
		{ "StatefulSet", "db", "stateful_set:db" },
		{ "ReplicationController", "rc", "replication_controller:rc" },
		{ "Deployment", "d", "deployment:d" },
		{ "ReplicaSet", "kube-dns-1829567597",
		    "replica_set:kube-dns-1829567597,deployment:kube-dns" },
		{ "ReplicaSet", "db2-5c78c65d4b",
		    "replica_set:db2-5c78c65d4b,deployment:db2" },
		{ "ReplicaSet", "web-front",
		    "replica_set:web-front" }, /* vowels */
		{ "ReplicaSet", "web-b2", "replica_set:web-b2" },
		{ "ReplicaSet", "web-1b0", "replica_set:web-1b0" },
		{ "ReplicaSet", "web-100",
		    "replica_set:web-100,deployment:web" },
		{ "ReplicaSet", "web", "replica_set:web" },
		{ "ReplicaSet", "-bcd", "replica_set:-bcd" },
		{ "ReplicaSet", "web-", "replica_set:web-" },
		{ "ReplicaSet", "", "" },
		{ "Job", "hello-1562319360",
		    "job:hello-1562319360,cronjob:hello" },
		{ "Job", "hello-12", "job:hello-12" },
		{ "Job", "hello-bcd", "job:hello-bcd" },
		{ "Node", "n", "" },
		{ "", "x", "" },
	};
	char got[256];
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct facts *facts = facts_new();

		pods_add_owner(facts, strview_of(cases[i].kind),
		    strview_of(cases[i].name));
		got[n = 0] = '\0';
		for (uint32_t t = 0; t < facts->n_tags; t++)
			n += (size_t)snprintf(got + n, sizeof(got) - n,
			    "%s%s:%s", n > 0 ? "," : "",
			    tag_text(facts->tags[t].name),
			    facts->tags[t].value);
		facts_free(facts);
		if (strcmp(got, cases[i].want) == 0)
			continue;
		print_error("%s %s: got %s, want %s\n", cases[i].kind,
		    cases[i].name, got, cases[i].want);
		fail();
	}
}

static void
test_quantities(void **state)
{
	static const struct {
		const char *text;
		double want;
	} cases[] = {
		{ "1", 1 },
		{ "250m", 0.25 },
		{ "0.5", 0.5 },
		{ "+2", 2 },
		{ "128Mi", 134217728 },
		{ "1G", 1e9 },
		{ "1k", 1000 },
		{ "1Ki", 1024 },
		{ "1e3", 1000 },
		{ "2E3", 2000 },
		{ "1E", 1e18 },
		{ "1Ei", 1152921504606846976.0 },
		{ "100n", 1e-7 },
		{ ".5", 0.5 },
		{ "", 0 },
		{ "-1", 0 },
		{ "x", 0 },
		{ "1x", 0 },
		{ "0x10", 0 },
		{ "1 Mi", 0 },
		{ "1e999", 0 },
		{ "nan", 0 },
		{ "inf", 0 },
		{ "1.2.3", 0 },
		{ "99999999999999999999999999999999999999999999", 0 },
	};
	size_t i;
	double got;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		got = pods_parse_quantity(strview_of(cases[i].text));
		if (got > cases[i].want * 0.999999 - 1e-12 &&
		    got < cases[i].want * 1.000001 + 1e-12)
			continue;
		print_error(
		    "%s: got %g, want %g\n", cases[i].text, got, cases[i].want);
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
		cmocka_unit_test(test_pods),
		cmocka_unit_test(test_owners),
		cmocka_unit_test(test_quantities),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
