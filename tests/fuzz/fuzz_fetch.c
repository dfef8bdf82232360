/* SPDX-License-Identifier: ISC
 *
 * Any bytes as an answer to a fetch, over the loopback, in one loop with the
 * server. The first byte says how long the pieces are, and whether lines are
 * wanted. Each run has a server's address of its own in 127/8, so that no
 * port waits for the last one's end.
 */
#include <assert.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "taggerd/fetch.h"

#define MAX_BODY 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct event_base *base;
static struct fetcher *fetcher;
static int port;
static const uint8_t *answer;
static size_t left, piece;
static unsigned done;

static void
on_written(struct bufferevent *bev, void *arg)
{
	size_t n = left < piece ? left : piece;

	(void)arg;
	if (left == 0) {
		bufferevent_free(bev);
		return;
	}
	bufferevent_write(bev, answer, n);
	answer += n;
	left -= n;
}

static void
on_gone(struct bufferevent *bev, short what, void *arg)
{
	(void)what;
	(void)arg;
	bufferevent_free(bev);
}

/* The request is read, so that the end is no reset. */
static void
on_request(struct bufferevent *bev, void *arg)
{
	struct evbuffer *in = bufferevent_get_input(bev);

	evbuffer_drain(in, evbuffer_get_length(in));
	bufferevent_setcb(bev, NULL, on_written, on_gone, NULL);
	on_written(bev, arg);
}

static void
on_accept(struct evconnlistener *listener, evutil_socket_t fd,
    struct sockaddr *sa, int len, void *arg)
{
	struct bufferevent *bev = bufferevent_socket_new(
	    base, fd, BEV_OPT_CLOSE_ON_FREE);

	(void)listener;
	(void)sa;
	(void)len;
	bufferevent_setcb(bev, on_request, NULL, on_gone, arg);
	bufferevent_enable(bev, EV_READ | EV_WRITE);
}

static void
on_line(const char *line, size_t len, void *arg)
{
	(void)line;
	(void)arg;
	assert(len > 0 && len <= MAX_BODY);
}

static void
on_done(const struct fetch_answer *a, void *arg)
{
	(void)arg;
	done++;
	assert(a->body != NULL && a->len <= MAX_BODY);
	assert(a->status != 0 || (a->why[0] != '\0' && a->len == 0));
	event_base_loopbreak(base);
}

static void
start(void)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_ANY) };
	socklen_t len = sizeof(sin);
	struct evconnlistener *listener;

	signal(SIGPIPE, SIG_IGN);
	base = event_base_new();
	fetcher = fetcher_new(base);
	listener = evconnlistener_new_bind(base, on_accept, NULL,
	    LEV_OPT_CLOSE_ON_FREE, 5, (struct sockaddr *)&sin, sizeof(sin));
	assert(listener != NULL);
	getsockname(
	    evconnlistener_get_fd(listener), (struct sockaddr *)&sin, &len);
	port = ntohs(sin.sin_port);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static unsigned runs;
	struct fetch_request request = { .path = "/",
		.timeout = 2,
		.idle = 2,
		.max_body = MAX_BODY,
		.on_done = on_done };
	char host[32];

	if (base == NULL)
		start();
	if (size == 0)
		return 0;
	answer = data + 1;
	left = size - 1;
	piece = (size_t)(data[0] & 0x7f) * 8 + 1;
	runs++;
	snprintf(host, sizeof(host), "127.%u.%u.%u", runs >> 15 & 0x7f,
	    runs >> 8 & 0x7f, (runs & 0xff) % 254 + 1);
	request.host = host;
	request.port = port;
	if (data[0] & 0x80)
		request.on_line = on_line;
	done = 0;
	fetch_start(fetcher, &request);
	event_base_dispatch(base);
	event_base_loop(base, EVLOOP_NONBLOCK);
	assert(done == 1);
	return 0;
}
