/* SPDX-License-Identifier: ISC
 *
 * A server of canned bytes in the same loop.
 */
#ifndef TESTS_UNIT_FETCH_HELP_H
#define TESTS_UNIT_FETCH_HELP_H

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <netinet/in.h>

#include "common/clock.h"
#include "common/limits.h"
#include "common/log.h"
#include "taggerd/fetch.h"

#define OK "HTTP/1.1 200 OK\r\n"

/* What the server does behind its text. */
enum then {
	CLOSE,
	HOLD,
	REPEAT, /* the last piece, without an end */
};

struct fixture {
	struct event_base *base;
	struct fetcher *fetcher;
	struct evconnlistener *listener;
	struct bufferevent *peer; /* the last one */
	int port;
	/* The answer: pieces, with '|' between them. */
	const char *text;
	enum then then;
	char request[1024];

	/* What came. */
	struct fetch *fetch;
	unsigned done;
	int status;
	char body[256];
	size_t len;
	char why[128];
	char lines[256];
	unsigned n_lines;
	bool cancel_at_line;
};

static inline void
send_piece(struct fixture *x)
{
	struct evbuffer *out = bufferevent_get_output(x->peer);
	size_t n = strcspn(x->text, "|");

	if (*x->text == '\0') {
		if (x->then == CLOSE) {
			bufferevent_free(x->peer);
			x->peer = NULL;
		}
		return;
	}
	evbuffer_add(out, x->text, n);
	if (x->text[n] == '|')
		x->text += n + 1;
	else if (x->then != REPEAT)
		x->text += n;
}

static inline void
on_sent(struct bufferevent *bev, void *arg)
{
	struct fixture *x = arg;

	if (x->peer == bev && x->request[0] != '\0')
		send_piece(x);
}

static inline void
on_request(struct bufferevent *bev, void *arg)
{
	struct fixture *x = arg;
	size_t have = strlen(x->request);
	ssize_t n = evbuffer_remove(bufferevent_get_input(bev),
	    x->request + have, sizeof(x->request) - 1 - have);

	if (n > 0)
		x->request[have + (size_t)n] = '\0';
	if (have == 0)
		send_piece(x);
}

static inline void
on_gone(struct bufferevent *bev, short what, void *arg)
{
	struct fixture *x = arg;

	(void)what;
	if (x->peer == bev)
		x->peer = NULL;
	bufferevent_free(bev);
}

static inline void
on_accept(struct evconnlistener *listener, evutil_socket_t fd,
    struct sockaddr *sa, int len, void *arg)
{
	struct fixture *x = arg;

	(void)listener;
	(void)sa;
	(void)len;
	if (x->peer != NULL)
		bufferevent_free(x->peer);
	x->peer = bufferevent_socket_new(x->base, fd, BEV_OPT_CLOSE_ON_FREE);
	bufferevent_setcb(x->peer, on_request, on_sent, on_gone, x);
	bufferevent_enable(x->peer, EV_READ | EV_WRITE);
}

static inline void
setup(struct fixture *x)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(sin);

	*x = (struct fixture){ 0 };
	x->base = event_base_new();
	x->fetcher = fetcher_new(x->base);
	x->listener = evconnlistener_new_bind(x->base, on_accept, x,
	    LEV_OPT_CLOSE_ON_FREE, 5, (struct sockaddr *)&sin, sizeof(sin));
	assert_non_null(x->listener);
	getsockname(
	    evconnlistener_get_fd(x->listener), (struct sockaddr *)&sin, &len);
	x->port = ntohs(sin.sin_port);
}

static inline void
teardown(struct fixture *x)
{
	fetcher_free(x->fetcher);
	if (x->peer != NULL)
		bufferevent_free(x->peer);
	if (x->listener != NULL)
		evconnlistener_free(x->listener);
	event_base_loop(x->base, EVLOOP_NONBLOCK);
	event_base_free(x->base);
}

static inline void
on_done(const struct fetch_answer *answer, void *arg)
{
	struct fixture *x = arg;

	x->done++;
	x->status = answer->status;
	x->len = answer->len;
	snprintf(x->body, sizeof(x->body), "%.*s",
	    (int)(answer->len < 200 ? answer->len : 200), answer->body);
	if (answer->status == 0)
		snprintf(x->why, sizeof(x->why), "%s", answer->why);
	x->fetch = NULL;
	event_base_loopbreak(x->base);
}

static inline void
on_line(const char *line, size_t len, void *arg)
{
	struct fixture *x = arg;
	size_t have = strlen(x->lines);

	x->n_lines++;
	snprintf(x->lines + have, sizeof(x->lines) - have, "%.*s,",
	    (int)(len < 20 ? len : 20), line);
	if (x->cancel_at_line) {
		fetch_cancel(x->fetch);
		event_base_loopbreak(x->base);
	}
}

static inline void
start(struct fixture *x, const char *host, bool lines)
{
	const struct fetch_request request = { .host = host,
		.port = x->port,
		.path = "/pods?x=1",
		.token = "abc",
		.header = "X-More: yes",
		.timeout = 1,
		.idle = 1,
		.max_body = 1000,
		.on_line = lines ? on_line : NULL,
		.on_done = on_done,
		.arg = x };

	x->fetch = fetch_start(x->fetcher, &request);
}

#endif
