/* SPDX-License-Identifier: ISC
 *
 * What is made of the ECS agent's answers and of task metadata: good ones,
 * odd ones, hostile ones, and real ones where the shared fixtures are there.
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
#include "shared_fixtures.h"
#include "tag_text.h"
#include "taggerd/ecs_json.h"
#include "taggerd/facts.h"
#include "taggerd/json_list.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* What on_container was given, a line for each, in words. */
struct seen {
	char *text; /* owned */
	size_t size;
	FILE *out;
};

static void
describe(FILE *out, struct strview id, const struct facts *f)
{
	uint32_t i;

	fprintf(out, "%.*s", (int)id.len, id.s);
	for (i = 0; i < f->n_tags; i++)
		fprintf(
		    out, " %s:%s", tag_text(f->tags[i].name), f->tags[i].value);
	for (i = 0; i < f->n_addresses; i++)
		fprintf(out, " %s:%d/%s", f->addresses[i].ip,
		    f->addresses[i].port,
		    f->addresses[i].protocol == ADDRESS_UDP ? "udp" : "tcp");
	if (f->type != NULL)
		fprintf(out, " type=%s", f->type);
	if (f->name != NULL)
		fprintf(out, " name=%s", f->name);
	if (f->pause)
		fprintf(out, " pause");
	if (f->state != CONTAINER_UNKNOWN)
		fprintf(out, " state=%d", f->state);
	if (f->health != HEALTH_UNKNOWN)
		fprintf(out, " health=%d", f->health);
	if (f->created != 0)
		fprintf(out, " created=%lld", (long long)f->created);
	if (f->cpu_request != 0)
		fprintf(out, " cpu=%g", (double)f->cpu_request);
	fprintf(out, "\n");
}

static void
on_container(struct strview id, struct facts *facts, void *arg)
{
	struct seen *seen = arg;

	describe(seen->out, id, facts);
	facts_free(facts);
}

typedef int parser(const char *, size_t, struct ecs_reading *);

/* Parses an allocation of the exact size, which shows any read past it.
 * seen->text is the caller's. */
static int
read_text(parser *parse, const char *text, size_t len, struct ecs_reading *r,
    struct seen *seen)
{
	char *copy = malloc(len > 0 ? len : 1);
	int rv;

	assert_non_null(copy);
	memcpy(copy, text, len);
	seen->out = open_memstream(&seen->text, &seen->size);
	assert_non_null(seen->out);
	r->on_container = on_container;
	r->arg = seen;
	rv = parse(copy, len, r);
	fclose(seen->out);
	free(copy);
	return rv;
}

#define ID32 "0123456789abcdef0123456789abcdef"
#define ID   ID32 ID32
#define FID  ID32 "-2495160603"
#define ARN  "arn:aws:ecs:eu-west-1:1:task/blue/77"

#define TASKS_OF(containers)                                               \
	"{\"Tasks\":[{\"Arn\":\"" ARN "\",\"KnownStatus\":\"RUNNING\","    \
	"\"Family\":\"web\",\"Version\":\"7\",\"Containers\":[" containers \
	"]}]}"
#define TASK_OF(containers)                                                  \
	"{\"Cluster\":\"arn:aws:ecs:eu-west-1:1:cluster/blue\",\"TaskARN\":" \
	"\"" ARN "\",\"Family\":\"web\",\"Revision\":\"7\",\"KnownStatus\":" \
	"\"RUNNING\",\"Containers\":[" containers "]}"
#define TAGS " task_name:web task_version:7 task_arn:" ARN " ecs_cluster:blue"

static const struct {
	const char *what;
	parser *parse;
	const char *text;
	const char *want;
	uint32_t tasks;
	uint32_t refused;
} cases[] = {
	{ "the agent's list", ecs_parse_tasks,
	    TASKS_OF("{\"DockerId\":\"" ID "\",\"DockerName\":\"ecs-web-7\","
		     "\"Name\":\"front\",\"Image\":\"reg:5000/a/nginx:1.25\"}"),
	    ID TAGS
	    " ecs_container_name:front container_name:ecs-web-7"
	    " container_image:reg:5000/a/nginx:1.25"
	    " image_name:reg:5000/a/nginx short_image:nginx image_tag:1.25"
	    " name=ecs-web-7\n",
	    1, 0 },
	{ "an old agent's list has no more than names", ecs_parse_tasks,
	    TASKS_OF("{\"DockerId\":\"" ID "\",\"DockerName\":\"d\","
		     "\"Name\":\"n\"}"),
	    ID TAGS " ecs_container_name:n container_name:d name=d\n", 1, 0 },
	{ "a stopped task", ecs_parse_tasks,
	    "{\"Tasks\":[{\"Arn\":\"x\",\"KnownStatus\":\"STOPPED\","
	    "\"Containers\":[{\"DockerId\":\"" ID "\"}]}]}",
	    "", 0, 0 },
	{ "two tasks, one without containers", ecs_parse_tasks,
	    "{\"Tasks\":[{\"Arn\":\"x\",\"Containers\":null},"
	    "{\"Arn\":\"y\",\"Containers\":[{\"DockerId\":\"" ID "\"}]}]}",
	    ID " task_arn:y ecs_cluster:blue\n", 2, 0 },
	{ "no tasks", ecs_parse_tasks, "{\"Tasks\":[]}", "", 0, 0 },
	{ "null tasks", ecs_parse_tasks, "{\"Tasks\":null}", "", 0, 0 },
	{ "metadata of a task", ecs_parse_task,
	    TASK_OF(
		"{\"DockerId\":\"" FID "\",\"Name\":\"front\",\"DockerName\":"
		"\"d\",\"KnownStatus\":\"RUNNING\",\"Limits\":{\"CPU\":256,"
		"\"Memory\":512},\"CreatedAt\":\"2019-03-01T10:00:00.5Z\","
		"\"Health\":{\"status\":\"UNHEALTHY\"},\"Type\":\"NORMAL\","
		"\"Networks\":[{\"NetworkMode\":\"awsvpc\",\"IPv4Addresses\":"
		"[\"10.0.2.106\"]}]}"),
	    FID TAGS
	    " ecs_container_name:front container_name:d 10.0.2.106:0/tcp"
	    " name=d state=3 health=3 created=1551434400 cpu=25\n",
	    1, 0 },
	{ "ports once each, on each address", ecs_parse_task,
	    TASK_OF(
		"{\"DockerId\":\"" ID "\",\"Ports\":[{\"ContainerPort\":53,"
		"\"Protocol\":\"udp\",\"HostIp\":\"0.0.0.0\"},"
		"{\"ContainerPort\":53,\"Protocol\":\"udp\",\"HostIp\":\"::\"},"
		"{\"ContainerPort\":53,\"Protocol\":\"tcp\"},"
		"{\"ContainerPort\":70000},{\"ContainerPort\":-1}],"
		"\"Networks\":[{\"IPv4Addresses\":[\"10.0.0.1\"]},null,"
		"{\"IPv4Addresses\":[\"10.0.0.2\",5,null]}]}"),
	    ID TAGS " 10.0.0.1:53/udp 10.0.0.1:53/tcp 10.0.0.2:53/udp"
		    " 10.0.0.2:53/tcp\n",
	    1, 0 },
	{ "pause by type", ecs_parse_task,
	    TASK_OF("{\"DockerId\":\"" ID "\",\"Type\":\"CNI_PAUSE\"}"),
	    ID TAGS " pause\n", 1, 0 },
	{ "pause by name, provisioned", ecs_parse_tasks,
	    TASKS_OF("{\"DockerId\":\"" ID "\",\"KnownStatus\":"
		     "\"RESOURCES_PROVISIONED\",\"Name\":"
		     "\"~internal~ecs~pause\"}"),
	    ID TAGS " ecs_container_name:~internal~ecs~pause pause state=3\n",
	    1, 0 },
	{ "a container that is to come", ecs_parse_task,
	    TASK_OF("{\"DockerId\":\"\",\"Name\":\"a\"},{\"Name\":\"b\"}"), "",
	    1, 0 },
	{ "ids that are none", ecs_parse_task,
	    TASK_OF("{\"DockerId\":\"../../etc\"},{\"DockerId\":\"a b\"},"
		    "{\"DockerId\":\"" ID ID "0\"},null,7,[]"),
	    "", 1, 3 },
	{ "numbers for strings", ecs_parse_task,
	    TASK_OF("{\"DockerId\":\"" ID "\",\"Name\":5,\"DockerName\":[],"
		    "\"Image\":{},\"KnownStatus\":1,\"Health\":\"HEALTHY\","
		    "\"CreatedAt\":9,\"Limits\":[1],\"Networks\":{},"
		    "\"Ports\":7}"),
	    ID TAGS "\n", 1, 0 },
	{ "impossible shares", ecs_parse_task,
	    TASK_OF("{\"DockerId\":\"" ID "\",\"Limits\":{\"CPU\":1e300}},"
		    "{\"DockerId\":\"" ID "\",\"Limits\":{\"CPU\":-5}}"),
	    ID TAGS "\n" ID TAGS "\n", 1, 0 },
	{ "control bytes and the last of two keys", ecs_parse_tasks,
	    TASKS_OF("{\"DockerId\":\"" ID "\",\"Name\":\"a\",\"Name\":"
		     "\"b\\u001b[2J\\n\"}"),
	    ID TAGS " ecs_container_name:b_[2J_\n", 1, 0 },
};

static void
test_containers(void **state)
{
	size_t i, failed = 0;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct ecs_reading r = { .cluster = "blue" };
		struct seen seen;
		int rv = read_text(cases[i].parse, cases[i].text,
		    strlen(cases[i].text), &r, &seen);

		if (rv != 0 || strcmp(seen.text, cases[i].want) != 0 ||
		    r.tasks != cases[i].tasks ||
		    r.refused != cases[i].refused) {
			print_error("%s: got %d, %u tasks, %u refused, \"%s\""
				    "\n  want 0, %u tasks, %u refused, "
				    "\"%s\"\n",
			    cases[i].what, rv, r.tasks, r.refused, seen.text,
			    cases[i].tasks, cases[i].refused, cases[i].want);
			failed++;
		}
		free(seen.text);
	}
	assert_int_equal(failed, 0);
}

/* What else an answer tells, and what makes it none: want NULL. */
static const struct {
	const char *what;
	parser *parse;
	const char *text;
	const char *cluster;
	const char *arn;
} wholes[] = {
	{ "an agent", ecs_parse_commands,
	    "{\"AvailableCommands\":[\"/v1/metadata\",\"/v1/tasks\"]}", "",
	    "" },
	{ "another server", ecs_parse_commands, "{\"hello\":1}", NULL, NULL },
	{ "commands of another type", ecs_parse_commands,
	    "{\"AvailableCommands\":\"/v1/tasks\"}", NULL, NULL },
	{ "a page", ecs_parse_commands, "<html>", NULL, NULL },
	{ "nothing", ecs_parse_commands, "", NULL, NULL },
	{ "an instance", ecs_parse_instance, "{\"Cluster\":\"blue\"}", "blue",
	    "" },
	{ "a cluster's ARN", ecs_parse_instance,
	    "{\"Cluster\":\"arn:aws:ecs:x:1:cluster/blue\"}", "blue", "" },
	{ "no cluster", ecs_parse_instance, "{\"Version\":\"v1\"}", NULL,
	    NULL },
	{ "an ARN that ends early", ecs_parse_instance,
	    "{\"Cluster\":\"cluster/\"}", NULL, NULL },
	{ "a cluster of control bytes", ecs_parse_instance,
	    "{\"Cluster\":\"a\\nb\"}", NULL, NULL },
	{ "a list", ecs_parse_instance, "[]", NULL, NULL },
	{ "a task", ecs_parse_task, TASK_OF(""), "blue", ARN },
	{ "a task without an ARN", ecs_parse_task, "{\"Containers\":[]}", NULL,
	    NULL },
	{ "an ARN with a space", ecs_parse_task, "{\"TaskARN\":\"a b\"}", "",
	    "" },
	{ "half an answer", ecs_parse_task, "{\"TaskARN\":\"a\",\"Cont", NULL,
	    NULL },
	{ "tasks of another type", ecs_parse_tasks, "[]", NULL, NULL },
	{ "half a list", ecs_parse_tasks, "{\"Tasks\":[{\"Arn\":\"a\"},", NULL,
	    NULL },
};

static void
test_wholes(void **state)
{
	size_t i, failed = 0;

	(void)state;
	for (i = 0; i < COUNT(wholes); i++) {
		struct ecs_reading r = { 0 };
		struct seen seen;
		int rv = read_text(wholes[i].parse, wholes[i].text,
		    strlen(wholes[i].text), &r, &seen);
		bool good = wholes[i].cluster != NULL;

		free(seen.text);
		if (rv == (good ? 0 : -1) &&
		    (good ? strcmp(r.cluster, wholes[i].cluster) == 0 &&
				strcmp(r.task_arn, wholes[i].arn) == 0
			  : r.why != NULL && r.why[0] != '\0'))
			continue;
		print_error("%s: got %d, cluster \"%s\", arn \"%s\"\n",
		    wholes[i].what, rv, r.cluster, r.task_arn);
		failed++;
	}
	assert_int_equal(failed, 0);
}

/* Depth, a long string and many containers: refused or bounded. */
static void
test_hostile(void **state)
{
	const size_t size = 8u << 20;
	char *text = malloc(size);
	struct ecs_reading r = { 0 };
	struct seen seen;
	size_t len;
	FILE *out;
	int i;

	(void)state;
	assert_non_null(text);
	memset(text, '[', 100000);
	assert_int_equal(
	    read_text(ecs_parse_task, text, 100000, &r, &seen), -1);
	free(seen.text);

	memset(text, 'a', size);
	memcpy(text, "{\"TaskARN\":\"", 12);
	assert_int_equal(read_text(ecs_parse_task, text, size, &r, &seen), -1);
	free(seen.text);

	out = fmemopen(text, size, "w");
	assert_non_null(out);
	fprintf(out, "{\"Tasks\":[");
	for (i = 0; i < 20000; i++)
		fprintf(out,
		    "%s{\"Arn\":\"%d\",\"Containers\":[{\"DockerId\":"
		    "\"" ID "\"}]}",
		    i == 0 ? "" : ",", i);
	fprintf(out, "]}");
	len = (size_t)ftell(out);
	fclose(out);
	assert_int_equal(read_text(ecs_parse_tasks, text, len, &r, &seen), 0);
	assert_int_equal(r.tasks, 20000);
	free(seen.text);
	free(text);
}

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
		cmocka_unit_test(test_containers),
		cmocka_unit_test(test_wholes),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_task_fixtures),
		cmocka_unit_test(test_agent_fixtures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
