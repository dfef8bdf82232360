/* SPDX-License-Identifier: ISC
 *
 * taggerd's end of the broker: questions are queued, asked as connections
 * become free, their answers' HTTP is parsed and each ends in time. What
 * the answers say is docker_json.c's to find out.
 */
#ifndef TAGGERD_DOCKER_CLIENT_H
#define TAGGERD_DOCKER_CLIENT_H

#include <stddef.h>
#include <stdint.h>

#include "broker.h"

struct docker_client;
struct event_base;

/* Version of the Docker API, as 1.43; major 0: none yet. */
struct docker_api {
	uint8_t major;
	uint8_t minor;
};

struct docker_query {
	enum broker_op op;
	struct docker_api api;
	char id[BROKER_ID + 1]; /* of a container or image, else "" */
	/* The asker's own. BROKER_IMAGE: the container that it is asked for;
	 * BROKER_INSPECT: its own id when its image was asked for. */
	char container[BROKER_ID + 1];
};

/* Borrowed for the call. */
struct docker_answer {
	int status;       /* HTTP's; 0: there was no whole answer, or it was
			     too long */
	const char *body; /* never NULL; empty for BROKER_EVENTS */
	size_t len;
	const char *why; /* status 0: what went wrong, in words */
	int error;       /* status 0: errno where the socket could not be
			    opened, else 0 */
};

struct docker_client_calls {
	/* A question has ended; exactly once for each, never from within
	 * docker_client_ask(), not after docker_client_drop(). The client may
	 * not be freed from here. */
	void (*on_answer)(const struct docker_query *query,
	    const struct docker_answer *answer, void *arg);
	/* The event stream has begun, with status 200. */
	void (*on_events)(void *arg);
	/* One event, without its newline; NULL: one that was longer than
	 * LIMIT_JSON_ITEM. */
	void (*on_event)(const char *line, size_t len, void *arg);
	void *arg;
};

/* Borrows fd, which is broker_start()'s. Fatal without memory. */
struct docker_client *docker_client_new(
    struct event_base *base, int fd, const struct docker_client_calls *calls);
void docker_client_free(struct docker_client *client); /* NULL is fine */

/* Queues a question, of which it makes a copy; `timeout` s are allowed from
 * when it is asked to its whole answer, 0 for any time. Returns 0, or -1 if
 * LIMIT_DOCKER_QUEUE of them wait already. */
int docker_client_ask(struct docker_client *client,
    const struct docker_query *query, unsigned timeout);

/* Forgets all questions, asked or not; no on_answer for them. Not to be
 * called from on_events and on_event. */
void docker_client_drop(struct docker_client *client);

#endif
