/* SPDX-License-Identifier: ISC
 *
 * What the broker sends: bytes of answers, whose HTTP is taken apart here,
 * and news of itself. The broker is trusted no more than what is behind it:
 * a packet that is none is passed over, numbers that nobody asked under are
 * cancelled, and sizes are bounded here.
 */
#include <errno.h>
#include <event2/event.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "common/log.h"
#include "docker_client_private.h"

/* Packets taken in one turn of the loop: 1 MiB. */
#define PACKETS_A_TURN 64

static void
finish_response(struct ask *ask)
{
	const struct http_response *r = &ask->response;
	struct docker_answer answer = { .body = "" };

	if (r->state == HTTP_BAD)
		answer.why = r->why;
	else if (ask->streaming)
		answer.why = "the event stream ended";
	else if (r->body_cut)
		answer.why = "the answer is too long";
	else
		answer.status = r->status;
	if (answer.status != 0 && r->body.len > 0) {
		answer.body = r->body.data;
		answer.len = r->body.len;
	}
	docker_client_finish(ask, &answer);
}

/* Hands over the events that are whole. */
static void
take_lines(struct ask *ask)
{
	const struct docker_client_calls *calls = &ask->client->calls;
	const char *p = ask->response.body.data, *end;
	size_t left = ask->response.body.len, n;

	ask->response.body.len = 0;
	while (left > 0) {
		end = memchr(p, '\n', left);
		n = end != NULL ? (size_t)(end - p) : left;
		if (ask->line.len + n > LIMIT_JSON_ITEM)
			ask->too_long = true;
		if (ask->too_long)
			buf_free(&ask->line);
		else
			buf_append(&ask->line, p, n);
		if (end == NULL)
			return;
		if (ask->too_long)
			calls->on_event(NULL, 0, calls->arg);
		else if (ask->line.len > 0)
			calls->on_event(
			    ask->line.data, ask->line.len, calls->arg);
		ask->line.len = 0;
		ask->too_long = false;
		p += n + 1;
		left -= n + 1;
	}
}

static void
take_data(struct ask *ask, const char *data, size_t len)
{
	struct http_response *r = &ask->response;

	http_response_feed(r, data, len);
	if (ask->query.op == BROKER_EVENTS && !ask->streaming &&
	    r->state != HTTP_BAD && r->state > HTTP_HEADERS &&
	    r->status == 200) {
		ask->streaming = true;
		ask->client->calls.on_events(ask->client->calls.arg);
	}
	if (ask->streaming)
		take_lines(ask);
	if (r->state != HTTP_DONE && r->state != HTTP_BAD)
		return;
	docker_client_send(ask->client, BROKER_CANCEL, ask->number, NULL);
	finish_response(ask);
}

/* All that were asked are lost, unless docker_client_again() took them back.
 * Numbers rise along the list; what a callback asks comes behind. */
static void
lose_asked(struct docker_client *c, const char *why)
{
	const uint32_t last = c->last_number;
	struct ask *ask;

	while ((ask = TAILQ_FIRST(&c->asked)) != NULL && ask->number <= last)
		docker_client_fail(ask, why, 0);
}

/* As many as wait now: what a callback asks comes behind. */
void
docker_client_give_up(struct docker_client *c)
{
	unsigned n = c->n_queued;
	struct ask *ask;

	while (n-- > 0 && (ask = TAILQ_FIRST(&c->queue)) != NULL)
		docker_client_fail(ask, "the broker is gone", 0);
}

static struct ask *
find_asked(struct docker_client *c, uint32_t number)
{
	struct ask *ask;

	TAILQ_FOREACH(ask, &c->asked, entry)
		if (ask->number == number)
			break;
	return ask;
}

/* status: how the broker before this one ended, 0 if there was none. */
static void
log_death(int status)
{
	if (WIFSIGNALED(status))
		log_warnx("the Docker broker was ended by signal %d and is "
			  "started anew",
		    WTERMSIG(status));
	else if (status != 0)
		log_warnx("the Docker broker ended and is started anew");
}

static void
take_reply(struct docker_client *c, const struct broker_reply *head,
    const char *data, size_t len)
{
	struct ask *ask;

	if (head->kind == BROKER_STARTED) {
		log_death(head->error);
		docker_client_again(c);
		lose_asked(c, "the broker died and was started anew");
		docker_client_pump(c);
		return;
	}
	if ((ask = find_asked(c, head->number)) == NULL) {
		/* Asked of a broker that is dead, answered by this one. */
		if (head->kind == BROKER_DATA)
			docker_client_send(
			    c, BROKER_CANCEL, head->number, NULL);
		return;
	}
	switch ((enum broker_reply_kind)head->kind) {
	case BROKER_STARTED:
		return;
	case BROKER_DATA:
		take_data(ask, data, len);
		return;
	case BROKER_END:
		http_response_end(&ask->response);
		finish_response(ask);
		return;
	case BROKER_FAILED:
		docker_client_fail(ask, strerror(head->error), head->error);
		return;
	}
}

static void
lose_broker(struct docker_client *c)
{
	log_warnx("the Docker broker and its keeper are gone: only a restart "
		  "brings them back");
	event_del(c->event);
	c->gone = true;
	lose_asked(c, "the broker is gone");
	event_active(c->later, 0, 0);
}

void
docker_client_read(evutil_socket_t fd, short what, void *arg)
{
	struct docker_client *c = arg;
	struct {
		struct broker_reply head;
		char data[LIMIT_BROKER_READ];
	} packet;
	ssize_t n;
	int i;

	(void)what;
	for (i = 0; i < PACKETS_A_TURN && !c->gone; i++) {
		n = recv(fd, &packet, sizeof(packet), MSG_DONTWAIT);
		if (n == -1 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n <= 0)
			lose_broker(c);
		else if (n >= (ssize_t)sizeof(packet.head))
			take_reply(c, &packet.head, packet.data,
			    (size_t)n - sizeof(packet.head));
	}
}
