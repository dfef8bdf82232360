/* SPDX-License-Identifier: ISC
 *
 * When Docker is asked what. First for its version; then for events, and
 * once they flow for a list, so that nothing falls between the two. From
 * there on the list is repeated now and then, in case an event was lost, and
 * more often when events do not flow or something could not be read. When
 * Docker is gone, or answers neither for its version nor with a list, all of
 * it begins anew after a while. What is known stays known meanwhile.
 */
#include <errno.h>
#include <event2/event.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/limits.h"
#include "common/log.h"
#include "docker_private.h"
#include "retry.h"

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

void
docker_ask_list(struct docker *d)
{
	if (!d->listing)
		d->listing = docker_ask(d, BROKER_LIST, "", "") == 0;
}

static void
subscribe(struct docker *d)
{
	if (!d->subscribed)
		d->subscribed = docker_ask(d, BROKER_EVENTS, "", "") == 0;
}

/* With events a list is only for what they may have missed. */
static void
set_list_timer(struct docker *d)
{
	unsigned s = d->cache_duration > 0 ? d->cache_duration : 1;

	if (d->events && d->unread == 0 && !d->silent &&
	    s < LIMIT_DOCKER_RELIST)
		s = LIMIT_DOCKER_RELIST;
	retry_wait(d->timer, s);
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

void
docker_enter(struct docker *d, enum docker_state state)
{
	d->state = state;
	switch (state) {
	case DOCKER_WAITING:
		docker_client_drop(d->client);
		d->events = d->subscribed = d->listing = false;
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
		subscribe(d);
		docker_ask(d, BROKER_INFO, "", "");
		/* It lists when events flow, at the latest by then. */
		retry_wait(d->timer, LIMIT_SOURCE_DETECT);
		break;
	case DOCKER_UP:
		d->backoff = 0;
		if (d->complained)
			log_info("Docker: %s answers again", d->path);
		d->complained = d->unreachable = d->absent = false;
		set_list_timer(d);
		break;
	}
	d->env.on_looked(d->env.arg);
}

void
docker_fail(struct docker *d, int error, const char *fmt, ...)
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
	docker_enter(d, DOCKER_WAITING);
}

void
docker_lose_events(struct docker *d)
{
	d->events = d->subscribed = false;
	docker_ask_list(d);
	if (d->state == DOCKER_UP)
		set_list_timer(d);
}

void
docker_miss(struct docker *d)
{
	if (d->unread++ == 0 && d->state == DOCKER_UP)
		set_list_timer(d);
}

void
docker_set_silent(struct docker *d, bool silent)
{
	const bool news = silent && !d->silent;

	d->silent = silent;
	if (news && d->state == DOCKER_UP)
		set_list_timer(d);
}

void
docker_on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct docker *d = arg;

	(void)fd;
	(void)what;
	switch (d->state) {
	case DOCKER_WAITING:
		docker_enter(d, DOCKER_MEETING);
		return;
	case DOCKER_MEETING:
		return;
	case DOCKER_LEARNING:
		docker_ask_list(d);
		return;
	case DOCKER_UP:
		subscribe(d);
		docker_ask_list(d);
		if (d->silent)
			docker_ask(d, BROKER_INFO, "", "");
		set_list_timer(d);
		return;
	}
}
