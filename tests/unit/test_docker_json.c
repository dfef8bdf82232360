/* SPDX-License-Identifier: ISC
 *
 * What Docker and podman say of containers, real and hostile, and what
 * becomes of it.
 */
#include "docker_json_help.h"

static const char *const state_names[] = { "unknown", "created", "restarting",
	"running", "paused", "exited", "dead" };
static const char *const health_names[] = { "unknown", "starting", "healthy",
	"unhealthy" };

/* All facts in one line, so that a case can say what it wants. */
static void
describe(const struct docker_container *c, char *out, size_t size)
{
	static const char *const names[] = {
#define TAG(name, live, agent) [TAG_##name] = live,
#include "taggerd/tagnames.def"
#undef TAG
	};
	const struct facts *f = c->facts;
	size_t len;
	uint32_t i;

	len = (size_t)snprintf(out, size, "%.4s %s %s %s", c->id,
	    f->name == NULL ? "-" : f->name, state_names[f->state],
	    health_names[f->health]);
	if (c->image_id[0] != '\0')
		len += (size_t)snprintf(
		    out + len, size - len, " image_id=%.4s", c->image_id);
	if (f->repo_digest != NULL)
		len += (size_t)snprintf(
		    out + len, size - len, " digest=%s", f->repo_digest);
	if (f->pod_uid != NULL)
		len += (size_t)snprintf(
		    out + len, size - len, " uid=%s", f->pod_uid);
	if (f->pause)
		len += (size_t)snprintf(out + len, size - len, " pause");
	if (c->ended)
		len += (size_t)snprintf(out + len, size - len, " ended");
	if (f->created != 0)
		len += (size_t)snprintf(
		    out + len, size - len, " @%lld", (long long)f->created);
	for (i = 0; i < f->n_tags && len < size; i++)
		len += (size_t)snprintf(out + len, size - len, " %s:%s",
		    names[f->tags[i].name], f->tags[i].value);
	for (i = 0; i < f->n_addresses && len < size; i++)
		len += (size_t)snprintf(out + len, size - len, " %s:%d/%s",
		    f->addresses[i].ip, f->addresses[i].port,
		    f->addresses[i].protocol == ADDRESS_TCP ? "tcp" : "udp");
}

/* The lines of a list's containers, one after the other. */
struct lines {
	char text[8192];
	size_t len;
};

static void
on_container(const struct docker_container *c, void *arg)
{
	struct lines *lines = arg;

	if (lines->len > 0)
		lines->text[lines->len++] = '\n';
	describe(
	    c, lines->text + lines->len, sizeof(lines->text) - lines->len - 2);
	lines->len += strlen(lines->text + lines->len);
	facts_free(c->facts);
}

struct container_case {
	const char *name;
	const char *json;
	const char *want; /* NULL: refused */
};

static const struct container_case listed[] = {
	{ "all of it",
	    "{\"Id\":\"" ID_A "\",\"Names\":[\"/other/alias\",\"/web\"],"
	    "\"Image\":\"registry:5000/team/web:1.2@sha256:" IMAGE "\","
	    "\"ImageID\":\"sha256:" IMAGE "\",\"Created\":1600000000,"
	    "\"State\":\"running\",\"Status\":\"Up 2 hours (healthy)\","
	    "\"Ports\":[{\"IP\":\"::\",\"PrivatePort\":80,\"PublicPort\":8080,"
	    "\"Type\":\"tcp\"},{\"IP\":\"0.0.0.0\",\"PrivatePort\":80,"
	    "\"PublicPort\":8080,\"Type\":\"tcp\"},{\"PrivatePort\":53,"
	    "\"Type\":\"udp\"},{\"PrivatePort\":9,\"Type\":\"sctp\"}],"
	    "\"HostConfig\":{\"NetworkMode\":\"default\"},"
	    "\"NetworkSettings\":{\"Networks\":{\"bridge\":{\"IPAddress\":"
	    "\"172.17.0.2\"}}}}",
	    "aaaa web running healthy digest=sha256:" IMAGE " @1600000000 "
	    "container_name:web container_image:registry:5000/team/web:1.2 "
	    "image_name:registry:5000/team/web short_image:web image_tag:1.2 "
	    "0.0.0.0:8080/tcp 172.17.0.2:53/udp 172.17.0.2:80/tcp "
	    ":::8080/tcp" },
	{ "on the host's network",
	    "{\"Id\":\"" ID_A "\",\"Names\":[\"/web\"],\"State\":\"paused\","
	    "\"Status\":\"Up 1 second (Paused)\",\"Ports\":[{\"IP\":\"1.2.3.4\","
	    "\"PrivatePort\":80,\"PublicPort\":80,\"Type\":\"tcp\"}],"
	    "\"HostConfig\":{\"NetworkMode\":\"host\"}}",
	    "aaaa web paused unknown container_name:web" },
	{ "an image by its id",
	    "{\"Id\":\"" ID_A
	    "\",\"Names\":[\"/web\"],\"Image\":\"sha256:" IMAGE
	    "\",\"ImageID\":\"sha256:" IMAGE "\",\"State\":\"running\","
	    "\"Status\":\"Up 1 second (health: starting)\"}",
	    "aaaa web running starting image_id=cccc container_name:web" },
	{ "an image by the beginning of its id",
	    "{\"Id\":\"" ID_A
	    "\",\"Names\":[\"/web\"],\"Image\":\"cccccccccccc\""
	    ",\"ImageID\":\"sha256:" IMAGE "\",\"State\":\"exited\","
	    "\"Status\":\"Exited (0) 2 days ago\"}",
	    "aaaa web exited unknown image_id=cccc ended container_name:web" },
	{ "a pod's sandbox",
	    "{\"Id\":\"" ID_A "\",\"Names\":[\"/k8s_POD_x\"],\"Labels\":{"
	    "\"io.kubernetes.container.name\":\"POD\","
	    "\"io.kubernetes.docker.type\":\"podsandbox\"}}",
	    "aaaa k8s_POD_x unknown unknown pause container_name:k8s_POD_x" },
	{ "a pod's container",
	    "{\"Id\":\"" ID_A "\",\"Names\":[\"/k8s_dns_x\"],\"Labels\":{"
	    "\"io.kubernetes.container.name\":\"dns\","
	    "\"io.kubernetes.pod.name\":\"dns-1\","
	    "\"io.kubernetes.pod.namespace\":\"kube-system\","
	    "\"io.kubernetes.pod.uid\":\"u-1\"}}",
	    "aaaa dns unknown unknown uid=u-1 container_name:dns pod:dns-1 "
	    "namespace:kube-system" },
	{ "nothing but an id", "{\"Id\":\"" ID_A "\"}",
	    "aaaa - unknown unknown" },
	{ "all of the wrong type",
	    "{\"Id\":\"" ID_A "\",\"Names\":\"x\",\"Image\":1,\"ImageID\":{},"
	    "\"Created\":\"now\",\"State\":{},\"Status\":[],\"Ports\":{\"a\":1},"
	    "\"Labels\":[],\"HostConfig\":\"host\",\"NetworkSettings\":7}",
	    "aaaa - unknown unknown" },
	{ "ports that are none",
	    "{\"Id\":\"" ID_A "\",\"Ports\":[1,null,{\"IP\":\"1.1.1.1\","
	    "\"PublicPort\":70000,\"PrivatePort\":-1,\"Type\":\"tcp\"}],"
	    "\"NetworkSettings\":{\"Networks\":{\"a\":null,\"b\":{"
	    "\"IPAddress\":\"10.0.0.1\"}}}}",
	    "aaaa - unknown unknown" },
	{ "control bytes",
	    "{\"Id\":\"" ID_A "\",\"Names\":[\"/a\\u001b[2Jb\"]}",
	    "aaaa a_[2Jb unknown unknown container_name:a_[2Jb" },
	{ "an id that is a path", "{\"Id\":\"../../etc/passwd\"}", NULL },
	{ "an id in upper case",
	    "{\"Id\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	    "AAAAAAAA\"}",
	    NULL },
	{ "a number for an id", "{\"Id\":1}", NULL },
	{ "a string for a container", "\"" ID_A "\"", NULL },
};

static void
test_list(void **state)
{
	struct lines lines;
	char json[4096];
	const char *why;
	uint32_t refused;
	int failed = 0;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(listed) / sizeof(listed[0]); i++) {
		const struct container_case *c = &listed[i];

		memset(&lines, 0, sizeof(lines));
		refused = 0;
		snprintf(json, sizeof(json), "[%s]", c->json);
		assert_int_equal(docker_json_list(json, strlen(json), "docker",
				     on_container, &lines, &refused, &why),
		    0);
		failed += compare(
		    c->name, lines.text, c->want == NULL ? "" : c->want);
		if (refused != (c->want == NULL)) {
			print_error("%s: got %u refused, want %d\n", c->name,
			    refused, c->want == NULL);
			failed++;
		}
	}
	assert_int_equal(failed, 0);
}

static const struct container_case inspected[] = {
	{ "the same as its list",
	    "{\"Id\":\"" ID_A "\",\"Name\":\"/web\","
	    "\"Created\":\"2020-09-13T12:26:40.5Z\",\"Image\":\"sha256:" IMAGE
	    "\",\"State\":{\"Status\":\"running\",\"Health\":{\"Status\":"
	    "\"healthy\"}},\"Config\":{\"Image\":"
	    "\"registry:5000/team/web:1.2@sha256:" IMAGE "\","
	    "\"Env\":[\"SECRET=hunter2\"]},"
	    "\"HostConfig\":{\"NetworkMode\":\"default\"},"
	    "\"NetworkSettings\":{\"Ports\":{\"80/tcp\":[{\"HostIp\":"
	    "\"0.0.0.0\",\"HostPort\":\"8080\"},{\"HostIp\":\"::\","
	    "\"HostPort\":\"8080\"}],\"53/udp\":null,\"9/sctp\":null},"
	    "\"Networks\":{\"bridge\":{\"IPAddress\":\"172.17.0.2\"}}}}",
	    "aaaa web running healthy digest=sha256:" IMAGE " @1600000000 "
	    "container_name:web container_image:registry:5000/team/web:1.2 "
	    "image_name:registry:5000/team/web short_image:web image_tag:1.2 "
	    "0.0.0.0:8080/tcp 172.17.0.2:53/udp 172.17.0.2:80/tcp "
	    ":::8080/tcp" },
	{ "an image by its id",
	    "{\"Id\":\"" ID_A "\",\"Name\":\"/web\",\"Image\":\"sha256:" IMAGE
	    "\",\"Config\":{\"Image\":\"sha256:" IMAGE "\"},\"State\":{"
	    "\"Status\":\"dead\",\"Health\":null}}",
	    "aaaa web dead unknown image_id=cccc ended container_name:web" },
	{ "odd ports",
	    "{\"Id\":\"" ID_A "\",\"NetworkSettings\":{\"Ports\":{\"\":null,"
	    "\"x/tcp\":null,\"80\":null,\"99999999999999999999/tcp\":null,"
	    "\"81/tcp\":[{\"HostIp\":\"\",\"HostPort\":\"1\"},{\"HostIp\":"
	    "\"1.1.1.1\",\"HostPort\":\"\"},7]},\"Networks\":{\"n\":{"
	    "\"IPAddress\":\"10.0.0.1\"}}}}",
	    "aaaa - unknown unknown 10.0.0.1:81/tcp" },
	{ "nothing", "{}", NULL },
	{ "an array", "[]", NULL },
	{ "no JSON", "{\"Id\":", NULL },
	{ "an id that is a path", "{\"Id\":\"../../etc/passwd\"}", NULL },
};

static void
test_inspected(void **state)
{
	struct docker_container c;
	char got[4096];
	int failed = 0;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(inspected) / sizeof(inspected[0]); i++) {
		const struct container_case *t = &inspected[i];

		strcpy(got, "(refused)");
		if (docker_json_container(
			t->json, strlen(t->json), "docker", &c) == 0) {
			describe(&c, got, sizeof(got));
			facts_free(c.facts);
		}
		failed += compare(
		    t->name, got, t->want == NULL ? "(refused)" : t->want);
	}
	assert_int_equal(failed, 0);
}

/* Each value that EXPECTED.json names, from the sample it is named for. */
static int
hold_against_sample(const char *file, const struct docker_container *c)
{
	static const char *const members[] = { "container_name",
		"container_image", "image_name", "short_image", "image_tag" };
	json_t *all = shared_fixture("EXPECTED.json");
	const json_t *want = json_object_get(
	    json_object_get(json_object_get(all, "docker"), file), c->id);
	char line[4096], tag[1024];
	const char *text;
	int failed = want == NULL;
	size_t i;

	describe(c, line, sizeof(line) - 1);
	strcat(line, " ");
	for (i = 0; i < 5; i++) {
		text = json_string_value(json_object_get(want, members[i]));
		snprintf(tag, sizeof(tag), " %s:%s ", members[i],
		    text == NULL ? "" : text);
		if ((text != NULL) == (strstr(line, tag) != NULL))
			continue;
		print_error("%s: got \"%s\", want \"%s\"\n", file, line, tag);
		failed++;
	}
	text = json_string_value(json_object_get(want, "state"));
	failed += compare(
	    file, state_names[c->facts->state], text == NULL ? "(none)" : text);
	if (json_object_get(want, "created") != NULL &&
	    json_integer_value(json_object_get(want, "created")) !=
		c->facts->created) {
		print_error("%s: got created %lld\n", file,
		    (long long)c->facts->created);
		failed++;
	}
	json_decref(all);
	return failed;
}

static void
on_expected(const struct docker_container *c, void *arg)
{
	int *failed = arg;

	*failed += hold_against_sample("containers_list_etcd.json", c);
	facts_free(c->facts);
}

static void
test_shared(void **state)
{
	json_t *list = shared_fixture("docker/containers_list_etcd.json");
	json_t *one = shared_fixture("docker/inspect_redis.json");
	json_t *image = shared_fixture("docker/image_inspect_redis.json");
	char *text = json_dumps(list, 0);
	struct docker_container c;
	struct docker_image redis;
	uint32_t refused = 0;
	const char *why;
	int failed = 0;

	(void)state;
	assert_int_equal(docker_json_list(text, strlen(text), "docker",
			     on_expected, &failed, &refused, &why),
	    0);
	assert_int_equal(refused, 0);
	free(text);
	text = json_dumps(one, 0);
	assert_int_equal(
	    docker_json_container(text, strlen(text), "docker", &c), 0);
	failed += hold_against_sample("inspect_redis.json", &c);
	facts_free(c.facts);
	free(text);
	text = json_dumps(image, 0);
	assert_int_equal(docker_json_image(text, strlen(text), &redis), 0);
	failed += compare("image", redis.name, "redis:latest");
	free(text);
	json_decref(list);
	json_decref(one);
	json_decref(image);
	assert_int_equal(failed, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_inspected),
		cmocka_unit_test(test_shared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
