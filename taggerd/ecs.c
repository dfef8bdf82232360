/* SPDX-License-Identifier: ISC
 *
 * One question at a time: which place answers, what the cluster is, which
 * tasks there are. A failure begins again with finding the place, as what an
 * agent's address was may be no longer; nothing that was learnt is forgotten
 * for that.
 */
#include <event2/event.h>
#include <event2/http.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/config.h"
#include "common/limits.h"
#include "common/log.h"
#include "common/runtime.h"
#include "ecs.h"
#include "ecs_json.h"
#include "ecs_places.h"
#include "facts.h"
#include "fetch.h"
#include "incontainer.h"
#include "retry.h"
#include "route.h"
#include "tagstore.h"

enum ecs_state {
	ECS_RESTING,         /* until the timer */
	ECS_ASKS_COMMANDS,   /* is there an agent at the place? */
	ECS_ASKS_INSTANCE,   /* what cluster is it of? */
	ECS_ASKS_TASKS,      /* the agent's list */
	ECS_ASKS_FIRST_TASK, /* is there metadata of a task at the place? */
	ECS_ASKS_TASK,       /* the metadata of our task, again */
};

/* What came of a question that failed; more explains more. */
enum ecs_heard {
	ECS_HEARD_NOTHING, /* none has failed */
	ECS_HEARD_LITTLE,  /* no whole answer, or that of another server */
	ECS_HEARD_ANSWER,  /* but not a good one */
};

struct ecs {
	struct source_env env;
	struct ecs_places places;
	unsigned at; /* the place that is asked */
	bool found;  /* it has answered */
	enum ecs_state state;
	struct fetch *fetch; /* NULL: nothing is asked */
	struct event *timer;
	bool urgent;            /* somebody may be waiting for this look */
	bool again;             /* a container came up while it was under way */
	unsigned backoff;       /* s: the last wait, 0 after a success */
	uint64_t looked;        /* ns of CLOCK_MONOTONIC: began looking */
	uint64_t failing_since; /* the same clock, 0: it does not fail */
	enum ecs_heard heard;   /* at most, in this look */
	char why[256];          /* of the last failure, with its place */
	struct ecs_reading reading;
};

static void ask(struct ecs *e, enum ecs_state state);
static void on_answer(const struct fetch_answer *answer, void *arg);

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

static void
find_places(struct ecs *e)
{
	char text[LIMIT_ROUTES];
	struct in_addr gateway;
	bool has_gateway = false;
	ssize_t n;
	int fd = open("/proc/net/route", O_RDONLY | O_CLOEXEC);

	if (fd != -1) {
		n = read(fd, text, sizeof(text));
		close(fd);
		has_gateway = n > 0 &&
		    route_parse_gateway(text, (size_t)n, &gateway) == 0;
	}
	ecs_places_clear(&e->places);
	ecs_places_find(&e->places, e->env.config, incontainer(e->env.config),
	    has_gateway ? &gateway : NULL);
}

static void
ask_place(struct ecs *e)
{
	ask(e,
	    e->places.v[e->at].kind == ECS_AGENT ? ECS_ASKS_COMMANDS
						 : ECS_ASKS_FIRST_TASK);
}

/* From the start, or from where we know ECS to be. */
static void
look(struct ecs *e)
{
	event_del(e->timer);
	e->looked = clock_mono_ns();
	e->heard = ECS_HEARD_NOTHING;
	if (e->found) {
		ask(e,
		    e->places.v[e->at].kind == ECS_AGENT ? ECS_ASKS_TASKS
							 : ECS_ASKS_TASK);
		return;
	}
	find_places(e);
	e->at = 0;
	if (e->places.n > 0)
		ask_place(e);
}

static void
ask(struct ecs *e, enum ecs_state state)
{
	const struct ecs_place *place = &e->places.v[e->at];
	struct fetch_request request = { .host = place->host,
		.port = place->port,
		.timeout = LIMIT_SOURCE_TIMEOUT,
		.max_body = LIMIT_JSON_ITEM,
		.on_done = on_answer,
		.arg = e };
	char path[512];

	e->state = state;
	switch (state) {
	case ECS_RESTING:
		return;
	case ECS_ASKS_COMMANDS:
		snprintf(path, sizeof(path), "%s/", place->path);
		request.timeout = LIMIT_SOURCE_DETECT;
		break;
	case ECS_ASKS_INSTANCE:
		snprintf(path, sizeof(path), "%s/v1/metadata", place->path);
		break;
	case ECS_ASKS_TASKS:
		snprintf(path, sizeof(path), "%s/v1/tasks", place->path);
		request.max_body = LIMIT_SOURCE_BODY;
		break;
	case ECS_ASKS_FIRST_TASK:
		request.timeout = LIMIT_SOURCE_DETECT;
		/* FALLTHROUGH */
	case ECS_ASKS_TASK:
		snprintf(path, sizeof(path), "%s", place->path);
		break;
	}
	request.path = path;
	e->fetch = fetch_start(e->env.fetcher, &request);
}

/* Every place has been asked, or the one that we knew fails. */
static void
fail(struct ecs *e)
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

static void
succeed(struct ecs *e)
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
on_container(struct strview id, struct facts *facts, void *arg)
{
	struct ecs *e = arg;

	tagstore_put(e->env.store, TAGSTORE_ECS, TAGSTORE_CONTAINER, id, facts);
}

/* Takes an answer that lists. A list that ended early ends nothing. */
static int
take_list(struct ecs *e, const struct fetch_answer *answer,
    int (*parse)(const char *, size_t, struct ecs_reading *))
{
	tagstore_list_begin(e->env.store, TAGSTORE_ECS);
	if (parse(answer->body, answer->len, &e->reading) == -1)
		return -1;
	tagstore_list_end(
	    e->env.store, TAGSTORE_ECS, clock_mono_ns(), LIMIT_TAGS_KEPT);
	return 0;
}

/* Returns 0 when the answer is what was asked for. */
static int
take(struct ecs *e, const struct fetch_answer *answer)
{
	switch (e->state) {
	case ECS_RESTING:
		break;
	case ECS_ASKS_COMMANDS:
		return ecs_parse_commands(
		    answer->body, answer->len, &e->reading);
	case ECS_ASKS_INSTANCE:
		return ecs_parse_instance(
		    answer->body, answer->len, &e->reading);
	case ECS_ASKS_TASKS:
		return take_list(e, answer, ecs_parse_tasks);
	case ECS_ASKS_FIRST_TASK:
	case ECS_ASKS_TASK:
		return take_list(e, answer, ecs_parse_task);
	}
	return -1;
}

/* What follows from a good answer. */
static void
go_on(struct ecs *e)
{
	switch (e->state) {
	case ECS_RESTING:
		break;
	case ECS_ASKS_COMMANDS:
		ask(e, ECS_ASKS_INSTANCE);
		break;
	case ECS_ASKS_INSTANCE:
		ask(e, ECS_ASKS_TASKS);
		break;
	case ECS_ASKS_TASKS:
	case ECS_ASKS_FIRST_TASK:
	case ECS_ASKS_TASK:
		succeed(e);
		break;
	}
}

/* Of places that fail alike, the first is where ECS was most to be expected.
 */
static void
note_why(struct ecs *e, const struct fetch_answer *answer)
{
	const struct ecs_place *place = &e->places.v[e->at];
	char status[32];
	const char *why = e->reading.why;
	bool little = answer->status == 0 || answer->status == HTTP_NOTFOUND;
	enum ecs_heard heard = little ? ECS_HEARD_LITTLE : ECS_HEARD_ANSWER;

	if (heard <= e->heard)
		return;
	e->heard = heard;
	if (answer->status == 0)
		why = answer->why;
	else if (answer->status != HTTP_OK) {
		snprintf(status, sizeof(status), "status %d", answer->status);
		why = status;
	}
	snprintf(
	    e->why, sizeof(e->why), "%s:%d: %s", place->host, place->port, why);
}

static void
on_answer(const struct fetch_answer *answer, void *arg)
{
	struct ecs *e = arg;
	bool detecting = e->state == ECS_ASKS_COMMANDS ||
	    e->state == ECS_ASKS_FIRST_TASK;

	e->fetch = NULL;
	if (answer->status == HTTP_OK && take(e, answer) == 0) {
		go_on(e);
		return;
	}
	note_why(e, answer);
	if (detecting && e->at + 1 < e->places.n) {
		e->at++;
		ask_place(e);
	} else
		fail(e);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	look(arg);
}

/* A list that is on its way may be from before the container. */
static bool
is_listing(enum ecs_state state)
{
	return state == ECS_ASKS_TASKS || state == ECS_ASKS_FIRST_TASK ||
	    state == ECS_ASKS_TASK;
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
		e->again = is_listing(e->state);
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
	e->reading.on_container = on_container;
	e->reading.arg = e;
	e->reading.type = runtime_is_fargate(env->config) ? "ecs" : NULL;
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
