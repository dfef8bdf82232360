/* SPDX-License-Identifier: ISC
 *
 * Docker as a source: what becomes of its answers and events, and what the
 * seam asks of it. When Docker is asked is docker_state.c's to say, what its
 * answers say of containers docker_take.c's.
 */
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/config.h"
#include "common/hostname.h"
#include "common/limits.h"
#include "common/log.h"
#include "docker.h"
#include "docker_private.h"
#include "docker_text.h"
#include "tagstore.h"

/* What it takes to go on. */
static const char *const needed[BROKER_OPS] = {
	[BROKER_VERSION] = "its version",
	[BROKER_LIST] = "the list of containers",
};

static void
on_version(struct docker *d, const struct docker_answer *a)
{
	const char *why;

	if (docker_json_version(a->body, a->len, &d->version, &why) == -1)
		docker_fail(d, 0, "%s: %s", needed[BROKER_VERSION], why);
	else
		docker_enter(d, DOCKER_LEARNING);
}

static void
on_info(struct docker *d, const struct docker_answer *a)
{
	char name[HOSTNAME_MAX + 1] = "";

	docker_set_silent(d, a->status == 0);
	if (a->status == 200)
		docker_json_info(a->body, a->len, name, sizeof(name));
	d->env.on_hostname(
	    OFFER_DOCKER, name[0] != '\0' ? name : NULL, d->env.arg);
}

static void
on_list(struct docker *d, const struct docker_answer *a)
{
	const char *why;

	d->listing = false;
	if (docker_take_list(d, a, &why) == -1)
		docker_fail(d, 0, "%s: %s", needed[BROKER_LIST], why);
	else if (d->state == DOCKER_LEARNING)
		docker_enter(d, DOCKER_UP);
}

/* The ways in which a question can end that concern all of Docker: there is
 * nobody to ask, or no answer that is needed. Returns whether it is so. */
static bool
has_failed(struct docker *d, const struct docker_query *q,
    const struct docker_answer *a)
{
	const char *what = needed[q->op];

	if (a->error != 0)
		docker_fail(d, a->error, "%s", a->why);
	else if (what != NULL && a->status == 0)
		docker_fail(d, 0, "%s: %s", what, a->why);
	else if (what != NULL && a->status != 200)
		docker_fail(d, 0, "%s: status %d", what, a->status);
	else
		return false;
	if (d->absent) /* nobody will say what the host is called */
		d->env.on_hostname(OFFER_DOCKER, NULL, d->env.arg);
	return true;
}

/* Where they are refused, lists have to do. */
static void
on_events_end(struct docker *d, const struct docker_answer *a)
{
	if (a->status == 0)
		docker_lose_events(d);
	else if (d->state == DOCKER_LEARNING)
		docker_ask_list(d);
}

static void
on_answer(
    const struct docker_query *q, const struct docker_answer *a, void *arg)
{
	struct docker *d = arg;

	if (has_failed(d, q, a))
		return;
	switch (q->op) {
	case BROKER_VERSION:
		on_version(d, a);
		return;
	case BROKER_INFO:
		on_info(d, a);
		return;
	case BROKER_LIST:
		on_list(d, a);
		return;
	case BROKER_EVENTS:
		on_events_end(d, a);
		return;
	case BROKER_INSPECT:
		docker_take_inspected(d, q, a);
		return;
	case BROKER_IMAGE:
		docker_take_image(d, q, a);
		return;
	case BROKER_CANCEL:
	case BROKER_OPS:
		return;
	}
}

static void
on_events(void *arg)
{
	struct docker *d = arg;

	d->events = true;
	docker_ask_list(d);
}

static void
on_event(const char *line, size_t len, void *arg)
{
	char id[BROKER_ID + 1];
	struct docker *d = arg;

	if (line == NULL) {
		docker_ask_list(d);
		return;
	}
	switch (docker_json_event(line, len, id)) {
	case DOCKER_EVENT_NONE:
		return;
	case DOCKER_EVENT_CHANGED:
		docker_look(d, id);
		return;
	case DOCKER_EVENT_ENDED:
		tagstore_end(d->env.store, TAGSTORE_DOCKER, TAGSTORE_CONTAINER,
		    strview_of(id), clock_mono_ns(), LIMIT_TAGS_KEPT);
		return;
	}
}

/* A container that nobody knows is a reason to see whether Docker is back,
 * where looking costs nothing. */
static bool
on_miss(void *self, struct strview id, struct strview pod_uid)
{
	struct docker *d = self;
	char text[BROKER_ID + 1];

	(void)pod_uid;
	if (!docker_text_id(text, id))
		return false;
	switch (d->state) {
	case DOCKER_WAITING:
		if (!d->unreachable ||
		    clock_mono_ns() - d->waiting_since <
			LIMIT_SOURCE_BACKOFF_MIN * CLOCK_NS_PER_S)
			return false;
		docker_enter(d, DOCKER_MEETING);
		return true;
	case DOCKER_MEETING:
	case DOCKER_LEARNING:
		return true;
	case DOCKER_UP:
		return docker_look(d, text);
	}
	return false;
}

static bool
is_looking(const void *self)
{
	const struct docker *d = self;

	return d->state == DOCKER_MEETING || d->state == DOCKER_LEARNING ||
	    d->looking > 0;
}

static void
describe_up(const struct docker *d, char *out, size_t size)
{
	const struct docker_version *v = &d->version;
	uint32_t n = tagstore_count(
	    d->env.store, TAGSTORE_DOCKER, TAGSTORE_CONTAINER);
	char unreadable[48] = "";

	if (d->unread > 0)
		snprintf(unreadable, sizeof(unreadable), ", %u unreadable",
		    d->unread);
	snprintf(out, size, "ok: %s %s, API %u.%u, %u container%s%s%s",
	    v->podman ? "podman" : "Docker", v->text, v->api.major,
	    v->api.minor, n, n == 1 ? "" : "s", unreadable,
	    d->events ? "" : ", without events");
}

static void
state(const void *self, char *out, size_t size)
{
	const struct docker *d = self;

	switch (d->state) {
	case DOCKER_WAITING:
		snprintf(out, size, "%s: %s: %s",
		    d->absent && !d->complained ? "absent" : "failing", d->path,
		    d->why);
		return;
	case DOCKER_MEETING:
	case DOCKER_LEARNING:
		snprintf(out, size, "asking %s%s%s", d->path,
		    d->why[0] != '\0' ? ", after: " : "", d->why);
		return;
	case DOCKER_UP:
		describe_up(d, out, size);
		return;
	}
}

static void
docker_free(void *self)
{
	struct docker *d = self;

	docker_client_free(d->client);
	docker_images_free(d->images);
	event_free(d->timer);
	free(d->path);
	free(d);
}

struct source
docker_source(const struct source_env *env)
{
	struct docker *d = xcalloc(1, sizeof(*d));
	const struct docker_client_calls calls = { .on_answer = on_answer,
		.on_events = on_events,
		.on_event = on_event,
		.arg = d };

	d->env = *env;
	d->path = xstrdup(env->config->docker_socket_path);
	d->cache_duration = (unsigned)env->config->container_cache_duration;
	d->images = docker_images_new();
	d->timer = evtimer_new(env->base, docker_on_timer, d);
	if (d->timer == NULL)
		fatalx("out of memory");
	d->client = docker_client_new(env->base, env->broker, &calls);
	d->state = DOCKER_MEETING;
	docker_ask(d, BROKER_VERSION, "", "");
	return (struct source){ .name = "docker",
		.self = d,
		.on_miss = on_miss,
		.is_looking = is_looking,
		.state = state,
		.free = docker_free };
}
