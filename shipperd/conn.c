/* SPDX-License-Identifier: ISC
 *
 * The connection's states. conn_enter() is all of them: each begins there
 * with its time-out and what it does; callbacks only decide which comes
 * next. A proxy will be more states between CONNECTING and TLS.
 */
#include <event2/buffer.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/http.h"
#include "common/limits.h"
#include "common/log.h"
#include "common/tls.h"
#include "conn.h"
#include "dial.h"
#include "payload.h"

enum conn_state {
	CONN_CLOSED,
	CONN_CONNECTING,
	CONN_TLS,
	CONN_WRITING, /* an answer may come before the request is out */
	CONN_READING,
	CONN_IDLE,
};

static const struct state_info {
	const char *name;
	int timeout; /* s, 0 none */
	const char *late;
} states[] = {
	[CONN_CLOSED] = { "closed", 0, NULL },
	[CONN_CONNECTING] = { "connecting", 0, NULL }, /* dial.c has its own */
	[CONN_TLS] = { "TLS handshake", LIMIT_TLS_TIMEOUT,
	    "the TLS handshake timed out" },
	[CONN_WRITING] = { "sending", LIMIT_REQUEST_TIMEOUT,
	    "the request was not taken in time" },
	[CONN_READING] = { "awaiting answer", LIMIT_REPLY_TIMEOUT,
	    "no whole answer in time" },
	[CONN_IDLE] = { "connected", LIMIT_KEEPALIVE_IDLE, NULL },
};

struct conn {
	enum conn_state state;
	struct event_base *base; /* borrowed */
	struct dns *dns;         /* borrowed */
	struct tls *tls;         /* borrowed; NULL without TLS */
	struct conn_target target;
	conn_done *done;
	void *arg;

	struct event *timer;
	struct dial *dial;       /* CONNECTING */
	int fd;                  /* connected, but not in bev yet; else -1 */
	struct bufferevent *bev; /* TLS and later; owns its descriptor */

	const struct buf *head;  /* borrowed; NULL without a request */
	struct payload *payload; /* borrowed */
	struct http_response response;
	bool reused; /* the connection has carried a request before */
	bool retire; /* not to be kept after this request */
	char tls_text[64];
};

static void conn_enter(struct conn *c, enum conn_state state);

/* Whatever there is of a connection. */
static void
tear_down(struct conn *c)
{
	SSL *ssl;

	event_del(c->timer);
	dial_cancel(c->dial);
	c->dial = NULL;
	if (c->bev != NULL) {
		ssl = bufferevent_openssl_get_ssl(c->bev);
		if (ssl != NULL && SSL_is_init_finished(ssl))
			SSL_shutdown(ssl);
		ERR_clear_error();
		bufferevent_free(c->bev);
	}
	c->bev = NULL;
	c->reused = c->retire = false;
	c->state = CONN_CLOSED;
}

/*
 * The end of the request in a connection that failed. A kept connection
 * that the other side has closed meanwhile is nobody's fault: the request
 * goes out again, once, because the new connection is not a reused one.
 */
static void
conn_fail(struct conn *c, const char *why)
{
	bool stale = c->reused && c->response.status == 0 &&
	    c->response.header_bytes == 0;

	tear_down(c);
	if (c->head == NULL)
		return;
	if (stale) {
		conn_enter(c, CONN_CONNECTING);
		return;
	}
	c->head = NULL;
	c->done(NULL, why, c->arg);
}

/* The response is whole. */
static void
conn_finish(struct conn *c)
{
	bool keep = c->response.keep_alive && !c->retire &&
	    c->state == CONN_READING &&
	    evbuffer_get_length(bufferevent_get_input(c->bev)) == 0;

	conn_enter(c, keep ? CONN_IDLE : CONN_CLOSED);
	c->head = NULL;
	c->done(&c->response, NULL, c->arg);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct conn *c = arg;

	(void)fd;
	(void)what;
	c->reused = false; /* who is late is not gone */
	conn_fail(c, states[c->state].late);
}

static void
on_dialed(int fd, const char *why, void *arg)
{
	struct conn *c = arg;

	c->dial = NULL;
	if (fd == -1) {
		conn_fail(c, why);
		return;
	}
	c->fd = fd;
	conn_enter(c, c->target.tls ? CONN_TLS : CONN_WRITING);
}

static void
on_read(struct bufferevent *bev, void *arg)
{
	struct conn *c = arg;
	struct evbuffer *in = bufferevent_get_input(bev);
	size_t used;

	if (c->state == CONN_IDLE) {
		conn_fail(c, NULL);
		return;
	}
	while (evbuffer_get_length(in) > 0 && c->response.state != HTTP_DONE &&
	    c->response.state != HTTP_BAD) {
		used = http_response_feed(&c->response,
		    evbuffer_pullup(
			in, (ev_ssize_t)evbuffer_get_contiguous_space(in)),
		    evbuffer_get_contiguous_space(in));
		evbuffer_drain(in, used);
	}
	if (c->response.state == HTTP_DONE)
		conn_finish(c);
	else if (c->response.state == HTTP_BAD)
		conn_fail(c, c->response.why);
}

static void
on_written(struct bufferevent *bev, void *arg)
{
	struct conn *c = arg;

	if (c->state == CONN_WRITING &&
	    evbuffer_get_length(bufferevent_get_output(bev)) == 0)
		conn_enter(c, CONN_READING);
}

/* The connection ended in the middle of something. */
static void
on_end(struct conn *c, short what)
{
	SSL *ssl = bufferevent_openssl_get_ssl(c->bev);
	char text[256];

	if (c->state != CONN_TLS && (what & BEV_EVENT_EOF)) {
		http_response_end(&c->response);
		if (c->response.state == HTTP_DONE) {
			conn_finish(c);
			return;
		}
		snprintf(text, sizeof(text), "%s", c->response.why);
	} else if (ssl != NULL)
		tls_explain(ssl, bufferevent_get_openssl_error(c->bev), text,
		    sizeof(text));
	else
		snprintf(text, sizeof(text), "the connection broke: %s",
		    evutil_socket_error_to_string(EVUTIL_SOCKET_ERROR()));
	conn_fail(c, text);
}

static void
on_event(struct bufferevent *bev, short what, void *arg)
{
	struct conn *c = arg;

	if (what & BEV_EVENT_CONNECTED) {
		tls_describe(bufferevent_openssl_get_ssl(bev), c->tls_text,
		    sizeof(c->tls_text));
		conn_enter(c, CONN_WRITING);
	} else if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) {
		if (c->state == CONN_IDLE)
			conn_fail(c, NULL);
		else
			on_end(c, what);
	}
}

/* The connected socket becomes a bufferevent. */
static void
open_stream(struct conn *c, bool tls)
{
	if (tls)
		c->bev = bufferevent_openssl_socket_new(c->base, c->fd,
		    tls_client_new(c->tls, c->target.host),
		    BUFFEREVENT_SSL_CONNECTING, BEV_OPT_CLOSE_ON_FREE);
	else
		c->bev = bufferevent_socket_new(
		    c->base, c->fd, BEV_OPT_CLOSE_ON_FREE);
	if (c->bev == NULL)
		fatalx("out of memory");
	c->fd = -1;
	bufferevent_setcb(c->bev, on_read, on_written, on_event, c);
	bufferevent_setwatermark(c->bev, EV_READ, 0, LIMIT_HTTP_HEADER);
	bufferevent_enable(c->bev, EV_READ | EV_WRITE);
}

static void
on_sent(const void *data, size_t len, void *arg)
{
	(void)data;
	(void)len;
	payload_unref(arg);
}

static void
write_request(struct conn *c)
{
	struct evbuffer *out = bufferevent_get_output(c->bev);

	http_response_start(
	    &c->response, clock_wall_ms() / 1000, LIMIT_REPLY_BODY);
	if (evbuffer_add(out, c->head->data, c->head->len) == -1 ||
	    evbuffer_add_reference(out, c->payload->data, c->payload->len,
		on_sent, payload_ref(c->payload)) == -1)
		fatalx("out of memory");
}

static void
conn_enter(struct conn *c, enum conn_state state)
{
	struct timeval tv = { .tv_sec = states[state].timeout };

	c->state = state;
	if (tv.tv_sec > 0)
		event_add(c->timer, &tv);
	switch (state) {
	case CONN_CLOSED:
		tear_down(c);
		return;
	case CONN_CONNECTING:
		c->dial = dial_start(c->base, c->dns, c->target.host,
		    c->target.port, on_dialed, c);
		return;
	case CONN_TLS:
		open_stream(c, true);
		return;
	case CONN_WRITING:
		if (c->bev == NULL)
			open_stream(c, false);
		write_request(c);
		return;
	case CONN_READING:
		return;
	case CONN_IDLE:
		c->reused = true;
		return;
	}
}

struct conn *
conn_new(struct event_base *base, struct dns *dns,
    const struct conn_target *target, conn_done *done, void *arg)
{
	struct conn *c = xcalloc(1, sizeof(*c));

	c->base = base;
	c->dns = dns;
	c->target = *target;
	c->done = done;
	c->arg = arg;
	c->fd = -1;
	c->timer = evtimer_new(base, on_timer, c);
	if (c->timer == NULL)
		fatalx("out of memory");
	return c;
}

void
conn_free(struct conn *c)
{
	if (c == NULL)
		return;
	tear_down(c);
	event_free(c->timer);
	http_response_free(&c->response);
	free(c);
}

void
conn_set_tls(struct conn *c, struct tls *tls)
{
	c->tls = tls;
	c->retire = c->state != CONN_CLOSED;
	if (c->state == CONN_IDLE)
		tear_down(c);
}

void
conn_request(struct conn *c, const struct buf *head, struct payload *payload)
{
	c->head = head;
	c->payload = payload;
	conn_enter(c, c->state == CONN_IDLE ? CONN_WRITING : CONN_CONNECTING);
}

const char *
conn_state_name(const struct conn *c)
{
	return states[c->state].name;
}

const char *
conn_tls_text(const struct conn *c)
{
	return c->tls_text;
}
