/* SPDX-License-Identifier: ISC
 *
 * Questions to the broker: a queue, the few that are asked at a time, and
 * their end, which comes in time and with a reason.
 */
#include <event2/event.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/clock.h"
#include "common/log.h"
#include "docker_client_private.h"

static void
free_ask(struct ask *ask)
{
	if (ask->timer != NULL)
		event_free(ask->timer);
	http_response_free(&ask->response);
	buf_free(&ask->line);
	free(ask);
}

/* Takes it out of its list. */
static void
unlist(struct docker_client *c, struct ask *ask)
{
	if (ask->number != 0) {
		TAILQ_REMOVE(&c->asked, ask, entry);
		c->n_asked--;
	} else {
		TAILQ_REMOVE(&c->queue, ask, entry);
		c->n_queued--;
	}
}

/* Returns 0, or -1: the broker has not got it. */
int
docker_client_send(struct docker_client *c, enum broker_op op, uint32_t number,
    const struct docker_query *query)
{
	struct broker_request r = { .number = number, .op = (uint8_t)op };

	if (query != NULL) {
		r.major = query->api.major;
		r.minor = query->api.minor;
		if (query->id[0] != '\0')
			memcpy(r.id, query->id, BROKER_ID);
	}
	return send(c->fd, &r, sizeof(r), MSG_NOSIGNAL) == sizeof(r) ? 0 : -1;
}

/* Ends a question with its answer. */
void
docker_client_finish(struct ask *ask, const struct docker_answer *answer)
{
	struct docker_client *c = ask->client;

	unlist(c, ask);
	c->calls.on_answer(&ask->query, answer, c->calls.arg);
	free_ask(ask);
	event_active(c->later, 0, 0);
}

void
docker_client_fail(struct ask *ask, const char *why, int error)
{
	const struct docker_answer answer = {
		.body = "", .why = why, .error = error
	};

	docker_client_finish(ask, &answer);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct ask *ask = arg;

	(void)fd;
	(void)what;
	docker_client_send(ask->client, BROKER_CANCEL, ask->number, NULL);
	docker_client_fail(ask, "no whole answer in time", 0);
}

static size_t
max_body(enum broker_op op)
{
	switch (op) {
	case BROKER_LIST:
		return LIMIT_SOURCE_BODY;
	case BROKER_EVENTS: /* what one packet brings, taken out at once */
		return LIMIT_BROKER_READ;
	case BROKER_VERSION:
	case BROKER_INFO:
	case BROKER_INSPECT:
	case BROKER_IMAGE:
	case BROKER_CANCEL:
	case BROKER_OPS:
		return LIMIT_JSON_ITEM;
	}
	return 0;
}

/* Asks what waits while there are connections. A broker that does not take
 * what it is sent is no broker: then the asker comes back later. */
void
docker_client_pump(struct docker_client *c)
{
	struct timeval tv = { 0 };
	struct ask *ask;

	while (c->n_asked < LIMIT_BROKER_CONNECTIONS &&
	    (ask = TAILQ_FIRST(&c->queue)) != NULL) {
		if (++c->last_number == 0)
			c->last_number = 1;
		if (docker_client_send(
			c, ask->query.op, c->last_number, &ask->query) == -1) {
			docker_client_fail(
			    ask, "the broker takes no questions", 0);
			return;
		}
		unlist(c, ask);
		ask->number = c->last_number;
		TAILQ_INSERT_TAIL(&c->asked, ask, entry);
		c->n_asked++;
		http_response_start(&ask->response, clock_wall_ms() / 1000,
		    max_body(ask->query.op));
		tv.tv_sec = (time_t)ask->timeout;
		if (ask->timeout > 0)
			event_add(ask->timer, &tv);
	}
}

/* The first time only: a question that kills brokers is not to kill them
 * all. */
void
docker_client_again(struct docker_client *client)
{
	struct ask *ask = TAILQ_LAST(&client->asked, asks), *before;

	for (; ask != NULL; ask = before) {
		before = TAILQ_PREV(ask, asks, entry);
		if (ask->again || ask->response.header_bytes > 0)
			continue;
		unlist(client, ask);
		event_del(ask->timer);
		ask->number = 0;
		ask->again = true;
		TAILQ_INSERT_HEAD(&client->queue, ask, entry);
		client->n_queued++;
	}
}

int
docker_client_ask(struct docker_client *client,
    const struct docker_query *query, unsigned timeout)
{
	struct ask *ask;

	if (client->n_queued >= LIMIT_DOCKER_QUEUE)
		return -1;
	ask = xcalloc(1, sizeof(*ask));
	ask->client = client;
	ask->query = *query;
	ask->timeout = timeout;
	ask->timer = evtimer_new(client->base, on_timer, ask);
	if (ask->timer == NULL)
		fatalx("out of memory");
	TAILQ_INSERT_TAIL(&client->queue, ask, entry);
	client->n_queued++;
	event_active(client->later, 0, 0);
	return 0;
}

static void
drop_list(struct docker_client *c, struct asks *list)
{
	struct ask *ask, *next;

	for (ask = TAILQ_FIRST(list); ask != NULL; ask = next) {
		next = TAILQ_NEXT(ask, entry);
		if (ask->number != 0)
			docker_client_send(c, BROKER_CANCEL, ask->number, NULL);
		unlist(c, ask);
		free_ask(ask);
	}
}

void
docker_client_drop(struct docker_client *client)
{
	drop_list(client, &client->queue);
	drop_list(client, &client->asked);
}

/* Asks from the loop, so that no answer comes from within asking. */
static void
on_later(evutil_socket_t fd, short what, void *arg)
{
	struct docker_client *c = arg;

	(void)fd;
	(void)what;
	if (c->gone)
		docker_client_give_up(c);
	else
		docker_client_pump(c);
}

struct docker_client *
docker_client_new(
    struct event_base *base, int fd, const struct docker_client_calls *calls)
{
	struct docker_client *c = xcalloc(1, sizeof(*c));

	/* The client before this one, of a former configuration, may have
	 * left answers: they are not to look like ours. */
	evutil_secure_rng_get_bytes(&c->last_number, sizeof(c->last_number));
	c->last_number &= INT32_MAX;
	c->fd = fd;
	c->base = base;
	c->calls = *calls;
	TAILQ_INIT(&c->asked);
	TAILQ_INIT(&c->queue);
	c->event = event_new(
	    base, fd, EV_READ | EV_PERSIST, docker_client_read, c);
	c->later = event_new(base, -1, 0, on_later, c);
	if (c->event == NULL || c->later == NULL ||
	    event_add(c->event, NULL) == -1)
		fatalx("out of memory");
	return c;
}

void
docker_client_free(struct docker_client *client)
{
	if (client == NULL)
		return;
	docker_client_drop(client);
	event_free(client->event);
	event_free(client->later);
	free(client);
}
