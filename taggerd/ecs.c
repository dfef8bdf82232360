/* SPDX-License-Identifier: ISC
 *
 * When ECS is looked at, and what is said of it. Nothing that was learnt is
 * forgotten for a failure.
 */
#include <event2/event.h>
#include <stdlib.h>

#include "common/clock.h"
#include "common/config.h"
#include "common/limits.h"
#include "common/log.h"
#include "common/runtime.h"
#include "ecs.h"
#include "ecs_private.h"
#include "fetch.h"
#include "retry.h"

static void
rest(struct ecs *e, unsigned seconds)
{
	e->state = ECS_RESTING;
	retry_wait(e->timer, seconds);
}

static void
end_look(struct ecs *e)
{
	e->urgent = false;
	e->env.on_looked(e->env.arg);
}

/* From the start, or from where we know ECS to be. */
static void
look(struct ecs *e)
{
	event_del(e->timer);
	e->looked = clock_mono_ns();
	ecs_ask(e);
}

void
ecs_fail(struct ecs *e)
{
	bool first = e->failing_since == 0 && (e->found || e->places.expected);

	if (first) {
		e->failing_since = e->looked;
		log_warnx("ecs: %s", e->why);
	}
	e->found = false;
	e->again = false;
	e->backoff = retry_longer(e->backoff, LIMIT_SOURCE_BACKOFF_MAX);
	rest(e, e->backoff);
	end_look(e);
}

void
ecs_succeed(struct ecs *e)
{
	const struct ecs_place *place = &e->places.v[e->at];
	char name[sizeof("fargate_task:") + ECS_NAME_MOST];

	if (!e->found || e->failing_since != 0)
		log_info("ecs: cluster %s, by http://%s:%d%s",
		    e->reading.cluster, place->host, place->port, place->path);
	if (!e->found && runtime_is_fargate(e->env.config)) {
		snprintf(
		    name, sizeof(name), "fargate_task:%s", e->reading.task_arn);
		e->env.on_hostname(OFFER_FARGATE, name, e->env.arg);
	}
	e->found = true;
	e->failing_since = 0;
	e->backoff = 0;
	if (e->again) {
		e->again = false;
		look(e);
		return;
	}
	rest(e, LIMIT_SOURCE_POLL);
	end_look(e);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	look(arg);
}

/* Where no ECS was found, new containers are a reason to look again, but not
 * each of them. */
static bool
on_miss(void *self, struct strview id, struct strview pod_uid)
{
	struct ecs *e = self;

	(void)id;
	(void)pod_uid;
	if (e->fetch != NULL)
		e->again = ecs_is_listing(e);
	else if (e->found ||
	    clock_mono_ns() - e->looked >= LIMIT_SOURCE_POLL * CLOCK_NS_PER_S)
		look(e);
	e->urgent = e->fetch != NULL;
	return e->urgent;
}

static bool
is_looking(const void *self)
{
	const struct ecs *e = self;

	return e->urgent;
}

static void
describe_ok(const struct ecs *e, char *out, size_t size)
{
	const struct ecs_place *place = &e->places.v[e->at];
	const struct ecs_reading *r = &e->reading;
	char refused[32] = "";

	if (r->refused > 0)
		snprintf(refused, sizeof(refused), ", %u left out", r->refused);
	snprintf(out, size, "ok: cluster %s, %u task%s%s, by %s:%d", r->cluster,
	    r->tasks, r->tasks == 1 ? "" : "s", refused, place->host,
	    place->port);
}

static void
state(const void *self, char *out, size_t size)
{
	const struct ecs *e = self;

	if (e->failing_since != 0)
		snprintf(out, size, "failing for %lld s: %s",
		    (long long)((clock_mono_ns() - e->failing_since) /
			CLOCK_NS_PER_S),
		    e->why);
	else if (!e->found)
		snprintf(out, size, "%s",
		    e->places.expected && e->backoff == 0 ? "looking"
							  : "absent");
	else
		describe_ok(e, out, size);
}

static void
ecs_free(void *self)
{
	struct ecs *e = self;

	fetch_cancel(e->fetch);
	event_free(e->timer);
	ecs_places_clear(&e->places);
	free(e);
}

bool
ecs_check(const struct config *config, FILE *out)
{
	return ecs_places_check(config, out);
}

struct source
ecs_source(const struct source_env *env)
{
	struct ecs *e = xcalloc(1, sizeof(*e));

	e->env = *env;
	ecs_ask_init(e);
	e->timer = evtimer_new(env->base, on_timer, e);
	if (e->timer == NULL)
		fatalx("out of memory");
	look(e);
	e->urgent = e->fetch != NULL;
	return (struct source){ .name = "ecs",
		.self = e,
		.on_miss = on_miss,
		.is_looking = is_looking,
		.state = state,
		.free = ecs_free };
}
