/* SPDX-License-Identifier: ISC
 *
 * One pod after the other. Everything in it is optional, and of whatever
 * type: what is not there, or not as it should be, is unknown.
 */
#include <string.h>

#include "common/limits.h"
#include "facts.h"
#include "json_list.h"
#include "pods.h"

/* Where the specifications of a pod's containers are, and their states. */
static const struct {
	const char *specs;
	const char *statuses;
} kinds[] = {
	{ "containers", "containerStatuses" },
	{ "initContainers", "initContainerStatuses" },
	{ "ephemeralContainers", "ephemeralContainerStatuses" },
};

/* The members that nobody reads, and that make most of a list's bytes. */
static const char *const unread[] = { "managedFields", "env", "envFrom",
	"volumes", "volumeMounts", "tolerations", "affinity", "livenessProbe",
	"readinessProbe", "startupProbe", "securityContext", "lifecycle",
	"lastState", NULL };

/* One pod on its way. All borrowed from the item. */
struct walk {
	const struct pods_calls *calls;
	const json_t *meta;
	const json_t *spec;
	const json_t *status;
	struct strview ip;
	struct pod pod;
};

static bool
is(const json_t *object, const char *name, struct strview value)
{
	return strview_equal(json_get_string(object, name), value);
}

/* The kubelet never learns the state of static pods until their mirrors are
 * made at the API server; they are taken for ready. */
static bool
is_static(const struct walk *w)
{
	const json_t *notes = json_get_object(w->meta, "annotations");
	static const char source[] = "kubernetes.io/config.source";

	return (is(notes, source, SV("file")) ||
		   is(notes, source, SV("http"))) &&
	    json_array_size(json_get_array(w->status, "containerStatuses")) ==
	    0;
}

static bool
is_ready(const struct walk *w)
{
	const json_t *conditions = json_get_array(w->status, "conditions");
	const json_t *condition;
	size_t i;

	if (is(w->status, "phase", SV("Pending")))
		return is_static(w);
	if (!is(w->status, "phase", SV("Running")))
		return false;
	for (i = 0; (condition = json_array_get(conditions, i)) != NULL; i++)
		if (is(condition, "type", SV("Ready")))
			return is(condition, "status", SV("True"));
	return false;
}

static bool
has_ended(const struct walk *w)
{
	return is(w->status, "phase", SV("Succeeded")) ||
	    is(w->status, "phase", SV("Failed"));
}

/* Before ownerReferences, an annotation held JSON that names the owner. */
static void
add_creator(const struct walk *w, struct facts *facts)
{
	const json_t *notes = json_get_object(w->meta, "annotations"), *by;
	struct strview text = json_get_string(
	    notes, "kubernetes.io/created-by");
	const char *why;
	json_t *value;

	if (text.len == 0)
		return;
	value = json_parse(text.s, text.len, &why);
	by = json_get_object(value, "reference");
	pods_add_owner(
	    facts, json_get_string(by, "kind"), json_get_string(by, "name"));
	json_decref(value);
}

static void
add_owners(const struct walk *w, struct facts *facts)
{
	const json_t *owners = json_get_array(w->meta, "ownerReferences");
	const json_t *owner;
	size_t i;

	for (i = 0; (owner = json_array_get(owners, i)) != NULL; i++)
		pods_add_owner(facts, json_get_string(owner, "kind"),
		    json_get_string(owner, "name"));
	if (json_array_size(owners) == 0)
		add_creator(w, facts);
}

static struct facts *
pod_facts(const struct walk *w)
{
	const json_t *notes = json_get_object(w->meta, "annotations");
	struct facts *facts = facts_new();

	facts_set(&facts->space, w->pod.space, LIMIT_CONTAINER_NAME);
	facts_add_tag(facts, TAG_POD, json_get_string(w->meta, "name"));
	facts_add_tag(facts, TAG_NAMESPACE, w->pod.space);
	facts_add_tag(facts, TAG_POD_IP, w->ip);
	add_owners(w, facts);
	facts_add_tag(facts, TAG_OSHIFT_DEPLOYMENT_CONFIG,
	    json_get_string(notes, "openshift.io/deployment-config.name"));
	facts_add_tag(facts, TAG_OSHIFT_DEPLOYMENT,
	    json_get_string(notes, "openshift.io/deployment.name"));
	return facts;
}

/* Its specification, or NULL. */
static const json_t *
find_spec(const json_t *specs, struct strview name)
{
	const json_t *spec;
	size_t i;

	for (i = 0; i < LIMIT_POD_CONTAINERS &&
	     (spec = json_array_get(specs, i)) != NULL;
	     i++)
		if (is(spec, "name", name))
			return spec;
	return NULL;
}

static void
set_state(struct facts *facts, const json_t *state)
{
	const json_t *running = json_get_object(state, "running");
	const json_t *ended = json_get_object(state, "terminated");

	if (running != NULL)
		facts->state = CONTAINER_RUNNING;
	else if (ended != NULL)
		facts->state = CONTAINER_EXITED;
	else if (json_get_object(state, "waiting") != NULL)
		facts->state = CONTAINER_CREATED;
	facts->created = json_parse_time(
	    json_get_string(running != NULL ? running : ended, "startedAt"));
}

static void
set_requests(struct facts *facts, const json_t *spec)
{
	const json_t *requests = json_get_object(
	    json_get_object(spec, "resources"), "requests");
	double memory = pods_parse_quantity(
	    json_get_string(requests, "memory"));

	facts->cpu_request = (float)(pods_parse_quantity(
					 json_get_string(requests, "cpu")) *
	    100);
	facts->memory_request = memory < 1e18 ? (uint64_t)memory : 0;
}

static void
add_ports(struct facts *facts, const json_t *spec, struct strview ip)
{
	const json_t *ports = json_get_array(spec, "ports"), *port;
	int64_t number;
	bool udp;
	size_t i;

	if (ip.len == 0)
		return;
	for (i = 0; (port = json_array_get(ports, i)) != NULL; i++) {
		number = json_get_integer(port, "containerPort");
		udp = is(port, "protocol", SV("UDP"));
		if (number > 0 && number < 65536 &&
		    !is(port, "protocol", SV("SCTP")))
			facts_add_address(facts, ip, (int32_t)number,
			    udp ? ADDRESS_UDP : ADDRESS_TCP);
	}
}

/* The digest of "docker-pullable://redis@sha256:..."; without an '@' it is
 * the image's id on this node. */
static struct strview
digest_of(struct strview image_id)
{
	const char *at = image_id.len > 0
	    ? memrchr(image_id.s, '@', image_id.len)
	    : NULL;

	if (at == NULL)
		return (struct strview){ NULL, 0 };
	at++;
	return (
	    struct strview){ at, (uint32_t)(image_id.s + image_id.len - at) };
}

/* "runtime://id" in two; both are empty when there is no container yet. */
static void
split_id(struct strview text, struct strview *runtime, struct strview *id)
{
	const char *mark = text.len > 0 ? memmem(text.s, text.len, "://", 3)
					: NULL;

	*runtime = *id = (struct strview){ NULL, 0 };
	if (mark == NULL)
		return;
	*runtime = (struct strview){ text.s, (uint32_t)(mark - text.s) };
	*id = (struct strview){ mark + 3, text.len - runtime->len - 3 };
}

/* Kubernetes takes a name without a tag or a digest for the latest. */
static void
set_image(struct facts *facts, struct strview image)
{
	uint32_t i;

	facts_set_image(facts, image);
	if (image.len == 0 || memchr(image.s, '@', image.len) != NULL)
		return;
	for (i = 0; i < facts->n_tags; i++)
		if (facts->tags[i].name == TAG_IMAGE_TAG)
			return;
	facts_add_tag(facts, TAG_IMAGE_TAG, SV("latest"));
}

static void
walk_container(struct walk *w, const json_t *specs, const json_t *status)
{
	struct strview name = json_get_string(status, "name");
	const json_t *spec = find_spec(specs, name);
	const json_t *state = json_get_object(status, "state");
	struct strview runtime, id, image = json_get_string(spec, "image");
	struct facts *facts;

	split_id(json_get_string(status, "containerID"), &runtime, &id);
	if (id.len == 0 || json_get_object(state, "waiting") != NULL)
		w->pod.settled = false;
	if (id.len == 0)
		return;
	if (image.len == 0)
		image = json_get_string(status, "image");
	facts = facts_new();
	facts_set(&facts->type, runtime, LIMIT_CONTAINER_NAME);
	facts_set(&facts->name, name, LIMIT_CONTAINER_NAME);
	facts_set(&facts->pod_uid, w->pod.uid, LIMIT_CONTAINER_ID);
	facts_set(&facts->space, w->pod.space, LIMIT_CONTAINER_NAME);
	set_image(facts, image);
	facts_set(&facts->repo_digest,
	    digest_of(json_get_string(status, "imageID")),
	    LIMIT_CONTAINER_IMAGE);
	facts_add_tag(facts, TAG_CONTAINER_NAME, name);
	set_state(facts, state);
	set_requests(facts, spec);
	add_ports(facts, spec, w->ip);
	w->calls->on_container(id, facts, w->calls->arg);
}

static void
walk_containers(struct walk *w)
{
	const json_t *specs, *statuses, *status;
	size_t i, k;

	w->pod.settled = true;
	for (k = 0; k < sizeof(kinds) / sizeof(*kinds); k++) {
		specs = json_get_array(w->spec, kinds[k].specs);
		statuses = json_get_array(w->status, kinds[k].statuses);
		if (json_array_size(statuses) < json_array_size(specs))
			w->pod.settled = false;
		for (i = 0; i < LIMIT_POD_CONTAINERS &&
		     (status = json_array_get(statuses, i)) != NULL;
		     i++)
			walk_container(w, specs, status);
	}
}

static void
on_item(const json_t *item, void *arg)
{
	struct walk w = { .calls = arg,
		.meta = json_get_object(item, "metadata"),
		.spec = json_get_object(item, "spec"),
		.status = json_get_object(item, "status") };
	bool host_network = json_get_bool(w.spec, "hostNetwork");

	w.pod.uid = json_get_string(w.meta, "uid");
	if (w.pod.uid.len == 0)
		return;
	if (has_ended(&w)) {
		w.calls->on_ended(w.pod.uid, w.calls->arg);
		return;
	}
	w.pod.space = json_get_string(w.meta, "namespace");
	w.pod.node = json_get_string(w.spec, "nodeName");
	w.pod.labels = json_object_get(w.meta, "labels");
	if (!json_is_object(w.pod.labels))
		w.pod.labels = NULL;
	w.pod.takes_services = !host_network && is_ready(&w);
	w.ip = json_get_string(w.status, "podIP");
	if (w.ip.len == 0 && host_network)
		w.ip = json_get_string(w.status, "hostIP");
	walk_containers(&w);
	w.calls->on_pod(&w.pod, pod_facts(&w), w.calls->arg);
}

int
pods_parse(const char *text, size_t len, const struct pods_calls *calls,
    uint32_t *refused, const char **why)
{
	struct pods_calls copy = *calls;
	struct json_walk walk = { .name = "items",
		.member = "kind",
		.unread = unread,
		.on_item = on_item,
		.arg = &copy };
	int rc = json_walk_list(&walk, text, len);

	*refused = walk.refused;
	*why = walk.why;
	if (rc == 0 && walk.value != NULL &&
	    (!json_is_string(walk.value) ||
		strcmp(json_string_value(walk.value), "PodList") != 0)) {
		*why = "not a list of pods";
		rc = -1;
	}
	json_decref(walk.value);
	return rc;
}
