/* SPDX-License-Identifier: ISC
 *
 * How ECS is asked, one question at a time: which place answers, what the
 * cluster is, which tasks there are. A failure begins again with finding the
 * place, as what an agent's address was may be no longer.
 */
#include <event2/http.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/limits.h"
#include "common/runtime.h"
#include "ecs_private.h"
#include "fetch.h"
#include "incontainer.h"
#include "route.h"
#include "tagstore.h"

static void on_answer(const struct fetch_answer *answer, void *arg);

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

static void
ask_place(struct ecs *e)
{
	ask(e,
	    e->places.v[e->at].kind == ECS_AGENT ? ECS_ASKS_COMMANDS
						 : ECS_ASKS_FIRST_TASK);
}

void
ecs_ask(struct ecs *e)
{
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

bool
ecs_is_listing(const struct ecs *e)
{
	return e->state == ECS_ASKS_TASKS || e->state == ECS_ASKS_FIRST_TASK ||
	    e->state == ECS_ASKS_TASK;
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
		ecs_succeed(e);
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
		ecs_fail(e);
}

void
ecs_ask_init(struct ecs *e)
{
	e->reading.on_container = on_container;
	e->reading.arg = e;
	e->reading.type = runtime_is_fargate(e->env.config) ? "ecs" : NULL;
}
