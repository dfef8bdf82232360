/* SPDX-License-Identifier: ISC
 *
 * The inside of the Docker source, for docker_state.c (when what is asked),
 * docker.c (what comes back) and docker_take.c (what it says of containers).
 */
#ifndef TAGGERD_DOCKER_PRIVATE_H
#define TAGGERD_DOCKER_PRIVATE_H

#include <event2/util.h>

#include "docker_client.h"
#include "docker_images.h"
#include "docker_json.h"
#include "source.h"

struct event;

enum docker_state {
	DOCKER_WAITING,  /* until the timer: it is not there, or failed */
	DOCKER_MEETING,  /* asked for its version */
	DOCKER_LEARNING, /* asked for events and the first list */
	DOCKER_UP,
};

struct docker {
	struct source_env env;
	char *path;              /* of the socket; owned */
	unsigned cache_duration; /* s */
	struct docker_client *client;
	struct docker_images *images;
	enum docker_state state;
	struct docker_version version;
	bool events;      /* they flow */
	bool subscribed;  /* they are asked for, or were refused */
	bool listing;     /* a list is asked for */
	bool silent;      /* no answer to what the host is called */
	unsigned looking; /* questions about one container each */
	uint32_t unread;  /* containers that could not be read, in the last
			     list and since */

	struct event *timer;
	unsigned backoff;       /* s: the last wait */
	uint64_t waiting_since; /* ns of CLOCK_MONOTONIC */
	bool absent;            /* the socket is not there */
	bool unreachable;       /* nor anybody who answers at it */
	bool complained;        /* the failure is logged */
	char why[128];
};

/* docker_state.c */

/* Asks; id and container may be "". Returns 0, or -1 if too many questions
 * wait. */
int docker_ask(
    struct docker *d, enum broker_op op, const char *id, const char *container);

/* Asks for the list, unless it is asked for. */
void docker_ask_list(struct docker *d);

/* Goes on to a state and asks what belongs there. */
void docker_enter(struct docker *d, enum docker_state state);

/* Waits, with a reason. `error` is an errno where the socket could not be
 * opened, else 0. What is not there from the start is normal; the rest is
 * logged once. */
void docker_fail(struct docker *d, int error, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* The event stream has ended. Docker may have ended with it: the list that
 * is asked for now finds out. */
void docker_lose_events(struct docker *d);

/* Something about a container could not be read: the next list, which may
 * know it, comes sooner. */
void docker_miss(struct docker *d);

/* Whether it failed to answer what the host is called: then it is asked
 * again with the next list, which comes sooner. */
void docker_set_silent(struct docker *d, bool silent);

void docker_on_timer(evutil_socket_t fd, short what, void *arg);

/* docker_take.c: asks about one container. Returns whether it could. */
bool docker_look(struct docker *d, const char *id);

/* Take an answer with a status. The first returns -1 with *why (a constant)
 * when the list is none. */
int docker_take_list(
    struct docker *d, const struct docker_answer *answer, const char **why);
void docker_take_inspected(struct docker *d, const struct docker_query *query,
    const struct docker_answer *answer);
void docker_take_image(struct docker *d, const struct docker_query *query,
    const struct docker_answer *answer);

#endif
