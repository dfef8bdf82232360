/* SPDX-License-Identifier: ISC
 *
 * What is made of a pod's fields, good and hostile: containers, owners and
 * quantities.
 */
#include "pods_help.h"

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
		cmocka_unit_test(test_pods),
		cmocka_unit_test(test_owners),
		cmocka_unit_test(test_quantities),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
