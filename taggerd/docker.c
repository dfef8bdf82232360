/* SPDX-License-Identifier: ISC
 *
 * How Docker is asked. First for its version; then for events, and once
 * they flow for a list, so that nothing falls between the two. From there on
 * events say which container to inspect and which has ended; the list is
 * repeated now and then in case one was lost. Whatever breaks, all of it
 * begins anew after a while. What is known stays known meanwhile.
 */
#include <errno.h>
#include <event2/event.h>
#include <stdarg.h>
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
#include "retry.h"
#include "tagstore.h"

static void enter(struct docker *d, enum docker_state state);

int
docker_ask(
    struct docker *d, enum broker_op op, const char *id, const char *container)
{
	/* Some servers begin an event stream with its first event. */
	static const unsigned timeouts[BROKER_OPS] = {
		[BROKER_VERSION] = LIMIT_SOURCE_DETECT,
		[BROKER_INFO] = LIMIT_SOURCE_TIMEOUT,
		[BROKER_LIST] = LIMIT_SOURCE_TIMEOUT,
		[BROKER_INSPECT] = LIMIT_SOURCE_TIMEOUT,
		[BROKER_IMAGE] = LIMIT_SOURCE_TIMEOUT,
		[BROKER_EVENTS] = 0,
	};
	struct docker_query query = { .op = op, .api = d->version.api };

	memcpy(query.id, id, strlen(id) + 1);
	memcpy(query.container, container, strlen(container) + 1);
	return docker_client_ask(d->client, &query, timeouts[op]);
}

static void
ask_list(struct docker *d)
{
	if (!d->listing)
		d->listing = docker_ask(d, BROKER_LIST, "", "") == 0;
}

/* With events a list is only for what they may have missed. */
static unsigned
list_interval(const struct docker *d)
{
	unsigned s = d->cache_duration > 0 ? d->cache_duration : 1;

	return d->events && s < LIMIT_DOCKER_RELIST ? LIMIT_DOCKER_RELIST : s;
}

/* The wait doubles. For a socket that is not there it stays short. */
static void
wait_longer(struct docker *d)
{
	unsigned most = d->unreachable ? LIMIT_DOCKER_ABSENT
				       : LIMIT_SOURCE_BACKOFF_MAX;

	d->backoff = retry_longer(d->backoff, most);
	retry_wait(d->timer, d->backoff);
}

static void
enter(struct docker *d, enum docker_state state)
{
	d->state = state;
	switch (state) {
	case DOCKER_WAITING:
		docker_client_drop(d->client);
		d->events = d->listing = false;
		d->looking = 0;
		d->waiting_since = clock_mono_ns();
		wait_longer(d);
		break;
	case DOCKER_MEETING:
		event_del(d->timer);
		d->version.api = (struct docker_api){ 0 };
		docker_ask(d, BROKER_VERSION, "", "");
		break;
	case DOCKER_LEARNING:
		docker_images_clear(d->images);
		docker_ask(d, BROKER_EVENTS, "", "");
		docker_ask(d, BROKER_INFO, "", "");
		/* It lists when events flow, at the latest by then. */
		retry_wait(d->timer, LIMIT_SOURCE_DETECT);
		break;
	case DOCKER_UP:
		d->backoff = 0;
		if (d->complained)
			log_info("Docker: %s answers again", d->path);
		d->complained = d->unreachable = d->absent = false;
		retry_wait(d->timer, list_interval(d));
		break;
	}
	d->env.on_looked(d->env.arg);
}

/* `error` is an errno where the socket could not be opened, else 0. What is
 * not there from the start is normal; the rest is said once. */
static void
fail(struct docker *d, int error, const char *fmt, ...)
{
	bool was_up = d->state == DOCKER_UP;
	va_list ap;

	d->absent = error == ENOENT;
	d->unreachable = error != 0;

	va_start(ap, fmt);
	vsnprintf(d->why, sizeof(d->why), fmt, ap);
	va_end(ap);
	if (!d->complained && (was_up || !d->absent)) {
		log_warnx("Docker: %s: %s", d->path, d->why);
		d->complained = true;
	}
	enter(d, DOCKER_WAITING);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct docker *d = arg;

	(void)fd;
	(void)what;
	switch (d->state) {
	case DOCKER_WAITING:
		enter(d, DOCKER_MEETING);
		return;
	case DOCKER_MEETING:
		return;
	case DOCKER_LEARNING:
		ask_list(d);
		return;
	case DOCKER_UP:
		ask_list(d);
		retry_wait(d->timer, list_interval(d));
		return;
	}
}

static void
on_version(struct docker *d, const struct docker_answer *a)
{
	const char *why;

	if (docker_json_version(a->body, a->len, &d->version, &why) == -1)
		fail(d, 0, "/version: %s", why);
	else
		enter(d, DOCKER_LEARNING);
}

static void
on_info(struct docker *d, const struct docker_answer *a)
{
	char name[HOSTNAME_MAX + 1] = "";

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
		fail(d, 0, "the list of containers: %s", why);
	else if (d->state == DOCKER_LEARNING)
		enter(d, DOCKER_UP);
}

/* The ways in which a question can end that no answer's text explains.
 * Returns whether there is nothing more to do about it. */
static bool
has_failed(struct docker *d, const struct docker_query *q,
    const struct docker_answer *a)
{
	if (a->status == 0) {
		fail(d, a->error, "%s", a->why);
		if (d->absent) /* nobody will say what the host is called */
			d->env.on_hostname(OFFER_DOCKER, NULL, d->env.arg);
		return true;
	}
	if (a->status != 200 &&
	    (q->op == BROKER_VERSION || q->op == BROKER_LIST)) {
		fail(d, 0, "it answers with status %d", a->status);
		return true;
	}
	return false;
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
	case BROKER_EVENTS: /* not to be had: lists have to do */
		if (d->state == DOCKER_LEARNING)
			ask_list(d);
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
	ask_list(d);
}

static void
on_event(const char *line, size_t len, void *arg)
{
	char id[BROKER_ID + 1];
	struct docker *d = arg;

	if (line == NULL) {
		ask_list(d);
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
		enter(d, DOCKER_MEETING);
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

	if (d->refused > 0)
		snprintf(unreadable, sizeof(unreadable), ", %u unreadable",
		    d->refused);
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
	d->timer = evtimer_new(env->base, on_timer, d);
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
