/* SPDX-License-Identifier: ISC
 *
 * The inside of the broker's client, for docker_client.c (questions: queued,
 * asked, ended) and docker_reply.c (what the broker sends).
 */
#ifndef TAGGERD_DOCKER_CLIENT_PRIVATE_H
#define TAGGERD_DOCKER_CLIENT_PRIVATE_H

#include <event2/util.h>
#include <stdbool.h>
#include <sys/queue.h>

#include "common/http.h"
#include "docker_client.h"

struct event;

struct ask {
	TAILQ_ENTRY(ask) entry;
	struct docker_client *client;
	struct docker_query query;
	uint32_t number;  /* 0: waits in the queue */
	unsigned timeout; /* s, 0 none */
	bool again;       /* its first broker died */
	struct event *timer;
	struct http_response response;
	bool streaming;  /* BROKER_EVENTS with status 200 */
	struct buf line; /* an unfinished event */
	bool too_long;   /* the rest of it is passed over */
};
TAILQ_HEAD(asks, ask);

struct docker_client {
	int fd;    /* borrowed */
	bool gone; /* the broker and its keeper: nobody is at the other end */
	struct docker_client_calls calls;
	struct event *event;
	struct event *later; /* answers that nobody has to wait for */
	struct event_base *base;
	struct asks asked;
	struct asks queue;
	unsigned n_asked;
	unsigned n_queued;
	uint32_t last_number;
};

/* docker_client.c */

/* Sends a packet; query may be NULL. Returns 0, or -1: the broker has not
 * got it. */
int docker_client_send(struct docker_client *c, enum broker_op op,
    uint32_t number, const struct docker_query *query);

/* Asks what waits while there are connections. */
void docker_client_pump(struct docker_client *c);

/* Takes back into the queue what was asked of a broker that died before it
 * answered. */
void docker_client_again(struct docker_client *client);

/* End a question, with an answer or without one (error: an errno where the
 * socket could not be opened, else 0), and free it. */
void docker_client_finish(struct ask *ask, const struct docker_answer *answer);
void docker_client_fail(struct ask *ask, const char *why, int error);

/* docker_reply.c: the event callback of the pair's descriptor. */
void docker_client_read(evutil_socket_t fd, short what, void *arg);

/* docker_reply.c: ends what waits now, because nobody will ever answer. */
void docker_client_give_up(struct docker_client *c);

#endif
