/* SPDX-License-Identifier: ISC
 *
 * Two questions, one after the other. Who answers that there is no such name
 * is not asked again; who fails is, with longer and longer waits.
 */
#include <event2/event.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "clustername.h"
#include "common/config.h"
#include "common/hostname.h"
#include "common/limits.h"
#include "common/log.h"
#include "common/tls.h"
#include "fetch.h"
#include "json_list.h"
#include "kubeapi.h"
#include "retry.h"
#include "source.h"

/* Google's, and where it is in each of its networks. */
#define METADATA_HOST "169.254.169.254"
#define METADATA_PATH "/computeMetadata/v1/instance/attributes/cluster-name"

enum step {
	STEP_IDLE,     /* nobody has asked yet */
	STEP_NODE,     /* the API server is asked for the node */
	STEP_METADATA, /* Google's server is asked */
	STEP_WAITING,  /* to begin again */
	STEP_OVER,     /* it is known, or never will be */
};

struct clustername {
	const struct source_env *env; /* borrowed */
	struct kubeapi *api;          /* borrowed */
	void (*on_known)(void *arg);
	void *arg;
	enum step step;
	struct fetch *fetch;
	struct tls *tls;
	struct event *timer;
	bool renewed;                /* had to read the token anew */
	bool failed;                 /* who may know the name did not answer */
	unsigned backoff;            /* s: the last wait */
	char node[HOSTNAME_MAX + 1]; /* empty: it has no good name */
	char name[LIMIT_CLUSTER_NAME];
};

static void ask_node(struct clustername *c);
static void ask_metadata(struct clustername *c);

/* Of ASCII only: what else there is stays. */
static void
set_name(struct clustername *c, struct strview name)
{
	uint32_t i;

	if (name.len >= sizeof(c->name))
		name.len = sizeof(c->name) - 1;
	for (i = 0; i < name.len; i++)
		c->name[i] = name.s[i] >= 'A' && name.s[i] <= 'Z'
		    ? (char)(name.s[i] - 'A' + 'a')
		    : name.s[i];
	c->name[name.len] = '\0';
	c->step = STEP_OVER;
}

static void
learn(struct clustername *c, struct strview name, const char *from)
{
	set_name(c, name);
	log_info("the cluster's name is %s, by %s", c->name, from);
	c->on_known(c->arg);
}

/* Nobody said a name. */
static void
give_up(struct clustername *c)
{
	if (!c->failed) {
		c->step = STEP_OVER;
		return;
	}
	c->step = STEP_WAITING;
	c->backoff = retry_longer(c->backoff, LIMIT_SOURCE_BACKOFF_MAX);
	retry_wait(c->timer, c->backoff);
}

/* A label of the node, or empty. */
static struct strview
find_label(const json_t *node)
{
	/* The first is for people to set; eksctl sets the other. */
	static const char *const names[] = { "ad.datadoghq.com/cluster-name",
		"alpha.eksctl.io/cluster-name" };
	const json_t *labels = json_get_object(
	    json_get_object(node, "metadata"), "labels");
	struct strview name = { NULL, 0 };
	size_t i;

	for (i = 0; i < 2 && name.len == 0; i++)
		name = json_get_string(labels, names[i]);
	return name;
}

/* Returns whether there is a name in it. */
static bool
take_node(struct clustername *c, const struct fetch_answer *answer)
{
	const char *why;
	json_t *node = json_parse(answer->body, answer->len, &why);
	struct strview name = find_label(node);

	if (node == NULL)
		c->failed = true;
	if (name.len > 0)
		learn(c, name, "a label of the node");
	json_decref(node);
	return name.len > 0;
}

static void
on_node(const struct fetch_answer *answer, void *arg)
{
	struct clustername *c = arg;

	c->fetch = NULL;
	if (answer->status == 200) {
		if (take_node(c, answer))
			return;
	} else if (answer->status == 401 && !c->renewed &&
	    kubeapi_renew(c->api)) {
		c->renewed = true;
		ask_node(c);
		return;
	} else if (answer->status != 403 && answer->status != 404) {
		c->failed = true;
	}
	ask_metadata(c);
}

static void
on_metadata(const struct fetch_answer *answer, void *arg)
{
	struct clustername *c = arg;
	struct strview name = { answer->body, (uint32_t)answer->len };

	c->fetch = NULL;
	if (answer->status == 200 && name.len > 0)
		learn(c, name, "the instance's metadata");
	else
		give_up(c);
}

/* Keeps the node's name if it can stand in a path as it is. */
static void
set_node(struct clustername *c, struct strview node)
{
	if (node.len == 0 || node.len >= sizeof(c->node) || node.s[0] == '.')
		return;
	memcpy(c->node, node.s, node.len);
	c->node[node.len] = '\0';
	if (strspn(c->node, "abcdefghijklmnopqrstuvwxyz0123456789-.") !=
	    node.len)
		c->node[0] = '\0';
}

static void
ask_node(struct clustername *c)
{
	char path[sizeof("/api/v1/nodes/") + HOSTNAME_MAX], why[256];
	struct fetch_request request = { .path = path,
		.timeout = LIMIT_SOURCE_TIMEOUT,
		.max_body = LIMIT_JSON_ITEM,
		.on_done = on_node,
		.arg = c };

	if (c->api == NULL || c->node[0] == '\0') {
		ask_metadata(c);
		return;
	}
	c->step = STEP_NODE;
	snprintf(path, sizeof(path), "/api/v1/nodes/%s", c->node);
	c->fetch = kubeapi_get(
	    c->api, c->env->fetcher, &request, &c->tls, why, sizeof(why));
	if (c->fetch == NULL) {
		c->failed = true;
		ask_metadata(c);
	}
}

static void
ask_metadata(struct clustername *c)
{
	const struct fetch_request request = { .host = METADATA_HOST,
		.port = 80,
		.path = METADATA_PATH,
		.header = "Metadata-Flavor: Google",
		.timeout = LIMIT_SOURCE_DETECT,
		.max_body = LIMIT_CLUSTER_NAME,
		.on_done = on_metadata,
		.arg = c };

	c->step = STEP_METADATA;
	c->fetch = fetch_start(c->env->fetcher, &request);
}

static void
begin(struct clustername *c)
{
	c->failed = c->renewed = false;
	tls_free(c->tls);
	c->tls = NULL;
	ask_node(c);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	begin(arg);
}

void
clustername_look(struct clustername *c, struct strview node)
{
	if (c->step != STEP_IDLE)
		return;
	set_node(c, node);
	begin(c);
}

const char *
clustername_get(const struct clustername *c)
{
	return c->name;
}

struct clustername *
clustername_new(const struct source_env *env, struct kubeapi *api,
    void (*on_known)(void *arg), void *arg)
{
	struct clustername *c = xcalloc(1, sizeof(*c));

	c->env = env;
	c->api = api;
	c->on_known = on_known;
	c->arg = arg;
	c->timer = evtimer_new(env->base, on_timer, c);
	if (c->timer == NULL)
		fatalx("out of memory");
	if (env->config->cluster_name != NULL)
		set_name(c, strview_of(env->config->cluster_name));
	return c;
}

void
clustername_free(struct clustername *c)
{
	if (c == NULL)
		return;
	fetch_cancel(c->fetch);
	event_free(c->timer);
	tls_free(c->tls);
	free(c);
}
