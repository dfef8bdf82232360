/* SPDX-License-Identifier: ISC
 *
 * Tasks and containers of ECS. The agent's list (v1) and the metadata of a
 * task (v2 to v4) name the same things almost alike, so one function reads a
 * container, and takes of it what is there.
 */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/limits.h"
#include "ecs_json.h"
#include "facts.h"
#include "json_list.h"

/* What the pause container of a task with a network of its own is called. */
#define PAUSE_NAME "~internal~ecs~pause"
#define PAUSE_TYPE "CNI_PAUSE"

/* CPU units of one core. */
#define UNITS_PER_CORE 1024.0

/* A task while its containers are read; borrowed from the answer. */
struct task {
	struct ecs_reading *reading;
	struct strview arn;
	struct strview family;
	struct strview version;
};

static const struct {
	const char *status;
	enum container_state state;
} states[] = {
	{ "CREATED", CONTAINER_CREATED },
	{ "RUNNING", CONTAINER_RUNNING },
	{ "RESOURCES_PROVISIONED", CONTAINER_RUNNING },
	{ "STOPPED", CONTAINER_EXITED },
};

static const struct {
	const char *status;
	enum container_health health;
} healths[] = {
	{ "HEALTHY", HEALTH_HEALTHY },
	{ "UNHEALTHY", HEALTH_UNHEALTHY },
};

static bool
is(struct strview text, const char *want)
{
	return strview_equal(text, strview_of(want));
}

static enum container_state
state_of(struct strview status)
{
	size_t i;

	for (i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		if (is(status, states[i].status))
			return states[i].state;
	return CONTAINER_UNKNOWN;
}

static enum container_health
health_of(struct strview status)
{
	size_t i;

	for (i = 0; i < sizeof(healths) / sizeof(healths[0]); i++)
		if (is(status, healths[i].status))
			return healths[i].health;
	return HEALTH_UNKNOWN;
}

/* What a cgroup can have for an id: hex digits, on Fargate with a dash. */
static bool
is_id(struct strview id)
{
	uint32_t i;

	if (id.len == 0 || id.len > LIMIT_CONTAINER_ID)
		return false;
	for (i = 0; i < id.len; i++)
		if (!isxdigit((unsigned char)id.s[i]) && id.s[i] != '-')
			return false;
	return true;
}

/* Keeps a name if it fits and is printable: it goes into logs, and the task's
 * ARN stands for a host name. A cluster's ARN is cut to its last part. */
static void
keep_name(char *out, struct strview text, bool last_part)
{
	uint32_t i, start = 0;

	out[0] = '\0';
	if (text.len >= ECS_NAME_MOST)
		return;
	for (i = 0; i < text.len; i++) {
		if (!isgraph((unsigned char)text.s[i]))
			return;
		if (last_part && text.s[i] == '/')
			start = i + 1;
	}
	snprintf(out, ECS_NAME_MOST, "%.*s", (int)(text.len - start),
	    text.len > start ? text.s + start : "");
}

/* Each address of the container with each of its ports; ports are listed
 * once for each address of the host. */
static void
add_ports(struct facts *facts, struct strview ip, const json_t *ports)
{
	enum address_protocol protocol;
	size_t i, j, n = json_array_size(ports);
	int64_t port;

	for (i = 0; i < n && facts->n_addresses < LIMIT_ADDRESSES; i++) {
		const json_t *p = json_array_get(ports, i);

		port = json_get_integer(p, "ContainerPort");
		if (port < 0 || port > UINT16_MAX)
			continue;
		protocol = is(json_get_string(p, "Protocol"), "udp")
		    ? ADDRESS_UDP
		    : ADDRESS_TCP;
		for (j = 0; j < facts->n_addresses; j++)
			if (facts->addresses[j].port == port &&
			    facts->addresses[j].protocol == protocol &&
			    is(ip, facts->addresses[j].ip))
				break;
		if (j == facts->n_addresses)
			facts_add_address(facts, ip, (int32_t)port, protocol);
	}
	if (n == 0)
		facts_add_address(facts, ip, 0, ADDRESS_TCP);
}

static void
add_addresses(struct facts *facts, const json_t *container)
{
	const json_t *networks = json_get_array(container, "Networks");
	const json_t *ports = json_get_array(container, "Ports");
	size_t i, j;

	for (i = 0; i < json_array_size(networks); i++) {
		const json_t *ips = json_get_array(
		    json_array_get(networks, i), "IPv4Addresses");

		for (j = 0; j < json_array_size(ips); j++) {
			const json_t *ip = json_array_get(ips, j);

			if (json_is_string(ip) &&
			    json_string_length(ip) <= LIMIT_ADDRESS)
				add_ports(facts,
				    strview_of(json_string_value(ip)), ports);
		}
	}
}

/* The share of CPU that the task definition asks for. */
static float
cpu_request_of(const json_t *container)
{
	double units = json_number_value(
	    json_object_get(json_get_object(container, "Limits"), "CPU"));

	if (!isfinite(units) || units <= 0 ||
	    units > UNITS_PER_CORE * LIMIT_CPUS)
		return 0;
	return (float)(100 * units / UNITS_PER_CORE);
}

static void
add_tags(struct facts *facts, const struct task *task, const json_t *container)
{
	facts_add_tag(facts, TAG_TASK_NAME, task->family);
	facts_add_tag(facts, TAG_TASK_VERSION, task->version);
	facts_add_tag(facts, TAG_TASK_ARN, task->arn);
	facts_add_tag(
	    facts, TAG_ECS_CLUSTER, strview_of(task->reading->cluster));
	facts_add_tag(
	    facts, TAG_ECS_CONTAINER_NAME, json_get_string(container, "Name"));
	facts_add_tag(facts, TAG_CONTAINER_NAME,
	    json_get_string(container, "DockerName"));
}

static void
take_container(const struct task *task, const json_t *c)
{
	struct strview id = json_get_string(c, "DockerId");
	struct facts *facts;

	/* A container that is not created yet has none. */
	if (id.len == 0)
		return;
	if (!is_id(id)) {
		task->reading->refused++;
		return;
	}
	facts = facts_new();
	add_tags(facts, task, c);
	facts_set_image(facts, json_get_string(c, "Image"));
	facts_set(&facts->name, json_get_string(c, "DockerName"),
	    LIMIT_CONTAINER_NAME);
	if (task->reading->type != NULL)
		facts_set(&facts->type, strview_of(task->reading->type),
		    LIMIT_CONTAINER_NAME);
	facts->pause = is(json_get_string(c, "Name"), PAUSE_NAME) ||
	    is(json_get_string(c, "Type"), PAUSE_TYPE);
	facts->state = state_of(json_get_string(c, "KnownStatus"));
	facts->health = health_of(
	    json_get_string(json_get_object(c, "Health"), "status"));
	facts->created = json_parse_time(json_get_string(c, "CreatedAt"));
	facts->cpu_request = cpu_request_of(c);
	add_addresses(facts, c);
	task->reading->on_container(id, facts, task->reading->arg);
}

static void
take_task(const struct task *task, const json_t *json)
{
	const json_t *containers = json_get_array(json, "Containers");
	size_t i;

	if (is(json_get_string(json, "KnownStatus"), "STOPPED"))
		return;
	task->reading->tasks++;
	for (i = 0; i < json_array_size(containers); i++)
		take_container(task, json_array_get(containers, i));
}

/* One of the agent's list. */
static void
on_task(const json_t *json, void *arg)
{
	const struct task task = { .reading = arg,
		.arn = json_get_string(json, "Arn"),
		.family = json_get_string(json, "Family"),
		.version = json_get_string(json, "Version") };

	take_task(&task, json);
}

int
ecs_parse_tasks(const char *text, size_t len, struct ecs_reading *r)
{
	uint32_t refused = 0;
	int rv;

	r->tasks = r->refused = 0;
	rv = json_list_each(text, len, "Tasks", on_task, r, &refused, &r->why);
	r->refused += refused;
	return rv;
}

int
ecs_parse_task(const char *text, size_t len, struct ecs_reading *r)
{
	json_t *json = json_parse(text, len, &r->why);
	struct task task = { .reading = r };

	r->tasks = r->refused = 0;
	if (json == NULL)
		return -1;
	task.arn = json_get_string(json, "TaskARN");
	task.family = json_get_string(json, "Family");
	task.version = json_get_string(json, "Revision");
	keep_name(r->cluster, json_get_string(json, "Cluster"), true);
	keep_name(r->task_arn, task.arn, false);
	if (task.arn.len > 0)
		take_task(&task, json);
	else
		r->why = "a task without an ARN";
	json_decref(json);
	return task.arn.len > 0 ? 0 : -1;
}

int
ecs_parse_instance(const char *text, size_t len, struct ecs_reading *r)
{
	json_t *json = json_parse(text, len, &r->why);

	if (json == NULL)
		return -1;
	keep_name(r->cluster, json_get_string(json, "Cluster"), true);
	json_decref(json);
	if (r->cluster[0] != '\0')
		return 0;
	r->why = "no name of a cluster";
	return -1;
}

int
ecs_parse_commands(const char *text, size_t len, struct ecs_reading *r)
{
	json_t *json = json_parse(text, len, &r->why);
	bool has;

	if (json == NULL)
		return -1;
	has = json_get_array(json, "AvailableCommands") != NULL;
	json_decref(json);
	if (!has)
		r->why = "no list of commands: this is no ECS agent";
	return has ? 0 : -1;
}
