/* SPDX-License-Identifier: ISC
 *
 * Containers of the Docker API, listed or inspected, to facts. Both ways
 * give the same facts, so that what is learnt twice is no news. A parser of
 * foreign text, pure: members of the wrong type are not there, ids have the
 * one form that they have.
 */
#include <string.h>

#include "docker_json.h"
#include "docker_text.h"
#include "facts.h"
#include "json_list.h"

/* Without "sha256:". */
static struct strview
digits_of(struct strview id)
{
	const struct strview kind = SV("sha256:");

	if (docker_text_starts(id, kind)) {
		id.s += kind.len;
		id.len -= kind.len;
	}
	return id;
}

static enum container_state
state_of(struct strview text)
{
	static const struct {
		const char *name;
		enum container_state state;
	} states[] = {
		{ "created", CONTAINER_CREATED },
		{ "restarting", CONTAINER_RESTARTING },
		{ "running", CONTAINER_RUNNING },
		{ "paused", CONTAINER_PAUSED },
		{ "exited", CONTAINER_EXITED },
		{ "dead", CONTAINER_DEAD },
	};
	size_t i;

	for (i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		if (strview_equal(text, strview_of(states[i].name)))
			return states[i].state;
	return CONTAINER_UNKNOWN;
}

static enum container_health
health_of(struct strview text)
{
	if (strview_equal(text, SV("healthy")))
		return HEALTH_HEALTHY;
	if (strview_equal(text, SV("unhealthy")))
		return HEALTH_UNHEALTHY;
	if (strview_equal(text, SV("starting")))
		return HEALTH_STARTING;
	return HEALTH_UNKNOWN;
}

/* "Up 2 hours (healthy)", "Up 1 second (health: starting)" */
static enum container_health
health_in_status(struct strview status)
{
	const struct strview prefix = SV("health: ");
	uint32_t i = status.len;
	struct strview word;

	if (i == 0 || status.s[i - 1] != ')')
		return HEALTH_UNKNOWN;
	while (i > 0 && status.s[i - 1] != '(')
		i--;
	word = (struct strview){ status.s + i, status.len - i - 1 };
	if (docker_text_starts(word, prefix)) {
		word.s += prefix.len;
		word.len -= prefix.len;
	}
	return health_of(word);
}

/* One that a list calls paused as well as up still has its processes. */
static bool
is_over(enum container_state state)
{
	return state == CONTAINER_CREATED || state == CONTAINER_EXITED ||
	    state == CONTAINER_DEAD;
}

static void
take_name(struct facts *facts, struct strview name)
{
	if (name.len > 0 && name.s[0] == '/') {
		name.s++;
		name.len--;
	}
	facts_set(&facts->name, name, LIMIT_CONTAINER_NAME);
	facts_add_tag(facts, TAG_CONTAINER_NAME, name);
}

/* The name that is the container's own: those of links have more parts. */
static struct strview
pick_name(const json_t *names)
{
	struct strview name;
	size_t i;

	for (i = 0; i < json_array_size(names); i++) {
		name = docker_text_item(names, i);
		if (name.len > 1 &&
		    memchr(name.s + 1, '/', name.len - 1) == NULL)
			return name;
	}
	return docker_text_item(names, 0);
}

/* What the kubelet writes on the containers that it has Docker start. */
static void
take_labels(struct facts *facts, const json_t *labels, struct strview name)
{
	struct strview kube = json_get_string(
	    labels, "io.kubernetes.container.name");

	facts->pause = strview_equal(kube, SV("POD")) ||
	    strview_equal(json_get_string(labels, "io.kubernetes.docker.type"),
		SV("podsandbox"));
	take_name(facts, kube.len > 0 && !facts->pause ? kube : name);
	facts_add_tag(
	    facts, TAG_POD, json_get_string(labels, "io.kubernetes.pod.name"));
	facts_set(&facts->space,
	    json_get_string(labels, "io.kubernetes.pod.namespace"), LIMIT_TAG);
	facts_add_tag(facts, TAG_NAMESPACE,
	    json_get_string(labels, "io.kubernetes.pod.namespace"));
	facts_set(&facts->pod_uid,
	    json_get_string(labels, "io.kubernetes.pod.uid"),
	    LIMIT_CONTAINER_ID);
}

/*
 * `name` is what the container was started from, `id` the image behind it.
 * A name that is the id, or the beginning of it, names nothing.
 */
static void
take_image(struct docker_container *c, struct strview name, struct strview id)
{
	struct strview digits = digits_of(name), digest;

	id = digits_of(id);
	if (name.len == 0)
		return;
	if (digits.len != name.len || docker_text_starts(id, digits)) {
		docker_text_id(c->image_id, id.len > 0 ? id : digits);
		return;
	}
	digest = docker_text_cut(name, '@');
	if (digest.len < name.len)
		facts_set(&c->facts->repo_digest,
		    (struct strview){
			name.s + digest.len + 1, name.len - digest.len - 1 },
		    LIMIT_CONTAINER_IMAGE);
	facts_set_image(c->facts, name);
}

/* One that is on the host's network has no address of its own. */
static void
take_addresses(struct facts *facts, const json_t *root, const json_t *ports)
{
	const json_t *host = json_get_object(root, "HostConfig");
	const json_t *net = json_get_object(root, "NetworkSettings");

	if (!strview_equal(json_get_string(host, "NetworkMode"), SV("host")))
		docker_ports_add(
		    facts, ports, json_get_object(net, "Networks"));
}

/* For each item of a list. */
struct list {
	const char *type;
	void (*on_container)(const struct docker_container *, void *);
	void *arg;
	uint32_t bad_ids;
};

static void
take_item(const json_t *item, void *arg)
{
	struct list *list = arg;
	struct docker_container c = { 0 };

	if (!docker_text_id(c.id, json_get_string(item, "Id"))) {
		list->bad_ids++;
		return;
	}
	c.facts = facts_new();
	facts_set(&c.facts->type, strview_of(list->type), LIMIT_TAG);
	take_labels(c.facts, json_get_object(item, "Labels"),
	    pick_name(json_get_array(item, "Names")));
	c.facts->state = state_of(json_get_string(item, "State"));
	c.facts->health = health_in_status(json_get_string(item, "Status"));
	c.facts->created = json_get_integer(item, "Created");
	c.ended = is_over(c.facts->state);
	take_addresses(c.facts, item, json_get_array(item, "Ports"));
	take_image(&c, json_get_string(item, "Image"),
	    json_get_string(item, "ImageID"));
	list->on_container(&c, list->arg);
}

int
docker_json_list(const char *text, size_t len, const char *type,
    void (*on_container)(const struct docker_container *container, void *arg),
    void *arg, uint32_t *refused, const char **why)
{
	struct list list = { type, on_container, arg, 0 };
	int rv = json_list_each(
	    text, len, NULL, take_item, &list, refused, why);

	*refused += list.bad_ids;
	return rv;
}

static void
take_inspected(const json_t *root, const char *type, struct docker_container *c)
{
	const json_t *config = json_get_object(root, "Config");
	const json_t *state = json_get_object(root, "State");
	const json_t *net = json_get_object(root, "NetworkSettings");

	c->facts = facts_new();
	facts_set(&c->facts->type, strview_of(type), LIMIT_TAG);
	take_labels(c->facts, json_get_object(config, "Labels"),
	    json_get_string(root, "Name"));
	c->facts->state = state_of(json_get_string(state, "Status"));
	c->facts->health = health_of(
	    json_get_string(json_get_object(state, "Health"), "Status"));
	c->facts->created = json_parse_time(json_get_string(root, "Created"));
	c->ended = is_over(c->facts->state);
	take_addresses(c->facts, root, json_get_object(net, "Ports"));
	take_image(c, json_get_string(config, "Image"),
	    json_get_string(root, "Image"));
}

int
docker_json_container(const char *text, size_t len, const char *type,
    struct docker_container *out)
{
	const char *why;
	json_t *root = json_parse(text, len, &why);
	int rv = -1;

	memset(out, 0, sizeof(*out));
	if (root == NULL)
		return -1;
	if (docker_text_id(out->id, json_get_string(root, "Id"))) {
		take_inspected(root, type, out);
		rv = 0;
	}
	json_decref(root);
	return rv;
}
