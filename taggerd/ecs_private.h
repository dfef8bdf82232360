/* SPDX-License-Identifier: ISC
 *
 * The inside of the source of ECS, for ecs.c (when it looks) and ecs_ask.c
 * (what it asks where).
 */
#ifndef TAGGERD_ECS_PRIVATE_H
#define TAGGERD_ECS_PRIVATE_H

#include "ecs_json.h"
#include "ecs_places.h"
#include "source.h"

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

/* For a zeroed one with its env. */
void ecs_ask_init(struct ecs *e);

/* Begins to ask: from the start, or where we know ECS to be. It ends, later,
 * with ecs_succeed() or ecs_fail(); without a place to ask in nothing. */
void ecs_ask(struct ecs *e);

/* Whether what has been asked for is a list of containers. One that is on its
 * way may be from before a container. */
bool ecs_is_listing(const struct ecs *e);

/* What the place lists is in the store. */
void ecs_succeed(struct ecs *e);
/* Every place has been asked, or the one that we knew fails; see why. */
void ecs_fail(struct ecs *e);

#endif
