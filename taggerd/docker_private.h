/* SPDX-License-Identifier: ISC
 *
 * The inside of the Docker source, for docker.c (when what is asked) and
 * docker_take.c (what becomes of the answers).
 */
#ifndef TAGGERD_DOCKER_PRIVATE_H
#define TAGGERD_DOCKER_PRIVATE_H

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
	bool listing;     /* a list is asked for */
	unsigned looking; /* questions about one container each */
	uint32_t refused; /* containers of the last list that could not be
			     read */

	struct event *timer;
	unsigned backoff;       /* s: the last wait */
	uint64_t waiting_since; /* ns of CLOCK_MONOTONIC */
	bool absent;            /* the socket is not there */
	bool unreachable;       /* nor anybody who answers at it */
	bool complained;        /* the failure is logged */
	char why[128];
};

/* docker.c: asks; id and container may be "". Returns 0, or -1 if too many
 * questions wait. */
int docker_ask(
    struct docker *d, enum broker_op op, const char *id, const char *container);

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
