/* SPDX-License-Identifier: ISC
 *
 * What is made of the ECS agent's answers and of task metadata: good ones,
 * odd ones, hostile ones.
 */
#include "ecs_help.h"

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_containers),
		cmocka_unit_test(test_wholes),
		cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
