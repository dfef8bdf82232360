/* SPDX-License-Identifier: ISC
 *
 * The connection's states. conn_enter() is all of them: each begins there
 * with its time-out and what it does; the others only decide which comes
 * next.
 */
#include <event2/buffer.h>
#include <event2/event.h>
#include <stdlib.h>

#include "common/clock.h"
#include "common/config.h"
#include "common/limits.h"
#include "common/log.h"
#include "conn_private.h"
#include "dial.h"
#include "payload.h"
#include "proxy.h"
#include "stream.h"

static void hear_response(struct conn *c);
static void hear_nothing(struct conn *c);

static const struct state_info {
	const char *name;
	int timeout; /* s, 0 none */
	const char *late;
	enum endpoint_step step;      /* what it is part of */
	void (*hear)(struct conn *c); /* what it makes of input */
} states[] = {
	[CONN_CLOSED] = { "closed", 0, NULL, STEP_NONE, NULL },
	/* dial.c has a time-out of its own */
	[CONN_CONNECTING] = { "connecting", 0, NULL, STEP_LOOKUP, NULL },
	[CONN_PROXY_TLS] = { "TLS handshake with the proxy", LIMIT_TLS_TIMEOUT,
	    "the TLS handshake timed out", STEP_PROXY, hear_nothing },
	[CONN_PROXY_CONNECT] = { "asking the proxy", LIMIT_PROXY_TIMEOUT,
	    "no whole answer in time", STEP_PROXY, conn_proxy_hear },
	[CONN_SOCKS_METHOD] = { "asking the proxy", LIMIT_PROXY_TIMEOUT,
	    "no whole answer in time", STEP_PROXY, conn_proxy_hear },
	[CONN_SOCKS_LOGIN] = { "asking the proxy", LIMIT_PROXY_TIMEOUT,
	    "no answer to user and password in time", STEP_PROXY,
	    conn_proxy_hear },
	[CONN_SOCKS_REQUEST] = { "asking the proxy", LIMIT_PROXY_TIMEOUT,
	    "it does not connect in time", STEP_PROXY, conn_proxy_hear },
	[CONN_TLS] = { "TLS handshake", LIMIT_TLS_TIMEOUT,
	    "the TLS handshake timed out", STEP_TLS, hear_nothing },
	[CONN_WRITING] = { "sending", LIMIT_REQUEST_TIMEOUT,
	    "the request was not taken in time", STEP_ANSWER, hear_response },
	[CONN_READING] = { "awaiting answer", LIMIT_REPLY_TIMEOUT,
	    "no whole answer in time", STEP_ANSWER, hear_response },
	[CONN_IDLE] = { "connected", LIMIT_KEEPALIVE_IDLE, NULL, STEP_ANSWER,
	    hear_nothing },
};

static void
forget_sessions(struct conn *c)
{
	tls_session_clear(&c->proxy_session);
	tls_session_clear(&c->session);
}

/* Whatever there is of a connection. One that goes another way than the next
 * leaves no session behind, or that would be resumed unverified. */
static void
tear_down(struct conn *c)
{
	event_del(c->timer);
	dial_cancel(c->dial);
	c->dial = NULL;
	stream_free(c->stream);
	c->stream = NULL;
	proxy_unref(c->via);
	c->via = NULL;
	if (c->retire)
		forget_sessions(c);
	c->reused = c->retire = false;
	c->state = CONN_CLOSED;
}

/*
 * The end of the request in a connection that failed. A kept connection
 * that the other side has closed meanwhile is nobody's fault: the request
 * goes out again, once, because the new connection is not a reused one. But
 * not another way than the request was written for.
 */
void
conn_fail(struct conn *c, const char *why)
{
	bool stale = c->reused && !c->retire && c->response.status == 0 &&
	    c->response.header_bytes == 0;
	char text[384];

	conn_proxy_blame(c, why != NULL ? why : "", text, sizeof(text));
	if (c->state == CONN_PROXY_TLS)
		tls_session_clear(&c->proxy_session);
	if (c->state == CONN_TLS)
		tls_session_clear(&c->session);
	tear_down(c);
	if (c->head == NULL)
		return;
	if (stale) {
		conn_enter(c, CONN_CONNECTING);
		return;
	}
	c->head = NULL;
	c->done(NULL, text, c->arg);
}

/* The response is whole. One that comes before the request is out can refuse
 * it, but cannot mean that it was taken. */
static void
finish(struct conn *c)
{
	bool sent = stream_is_sent(c->stream);
	bool keep = c->response.keep_alive && !c->retire && sent &&
	    evbuffer_get_length(stream_input(c->stream)) == 0;

	if (!sent && c->response.status < 300) {
		conn_fail(c, "it was answered before it was sent");
		return;
	}
	conn_enter(c, keep ? CONN_IDLE : CONN_CLOSED);
	c->head = NULL;
	c->done(&c->response, NULL, c->arg);
}

static void
hear_response(struct conn *c)
{
	struct evbuffer *in = stream_input(c->stream);
	struct http_response *r = &c->response;
	size_t len;

	while ((len = evbuffer_get_contiguous_space(in)) > 0 &&
	    r->state != HTTP_DONE && r->state != HTTP_BAD)
		evbuffer_drain(in,
		    http_response_feed(
			r, evbuffer_pullup(in, (ev_ssize_t)len), len));
	if (r->state == HTTP_DONE)
		finish(c);
	else if (r->state == HTTP_BAD)
		conn_fail(c, r->why);
}

static void
hear_nothing(struct conn *c)
{
	conn_fail(c, "it speaks before it was asked");
}

/* Whether the head of an answer is whole, and says no: of a refusal only that
 * counts, and what a reset takes from its body nobody misses. */
static bool
is_refusal(const struct http_response *r)
{
	return r->status >= 300 && r->state >= HTTP_BODY_LENGTH &&
	    r->state <= HTTP_TRAILERS;
}

/* The other side has ended the connection. */
static void
hear_end(struct conn *c, enum stream_end end, const char *why)
{
	struct http_response *r = &c->response;
	bool hears = states[c->state].hear == hear_response;

	if (hears && is_refusal(r)) {
		r->keep_alive = false;
		finish(c);
		return;
	}
	if (end == STREAM_CLOSED && hears) {
		http_response_end(r);
		if (r->state == HTTP_DONE) {
			finish(c);
			return;
		}
		why = r->why;
	} else if (end == STREAM_CLOSED)
		why = "the connection was closed";
	conn_fail(c, why);
}

/* A handshake is through. */
static void
secure(struct conn *c)
{
	if (c->state == CONN_PROXY_TLS) {
		conn_enter(c, conn_proxy_state(c));
		return;
	}
	tls_describe(
	    stream_ssl(c->stream), c->report.tls, sizeof(c->report.tls));
	conn_enter(c, CONN_WRITING);
}

/* Looks at what has moved, and takes one step from state to state, or none. */
static void
advance(struct conn *c)
{
	const enum conn_state was = c->state;
	const char *why;
	enum stream_end end;

	if ((was == CONN_PROXY_TLS || was == CONN_TLS) &&
	    stream_is_secured(c->stream)) {
		secure(c);
		return;
	}
	if (evbuffer_get_length(stream_input(c->stream)) > 0) {
		states[was].hear(c);
		if (c->state != was)
			return;
	}
	end = stream_end(c->stream, &why);
	if (end != STREAM_OPEN)
		hear_end(c, end, why);
	else if (was == CONN_WRITING && stream_is_sent(c->stream))
		conn_enter(c, CONN_READING);
}

static void
on_moved(void *arg)
{
	struct conn *c = arg;
	enum conn_state was;

	do {
		was = c->state;
		advance(c);
	} while (c->stream != NULL && c->state != was);
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
on_dialed(int fd, bool found, const char *why, void *arg)
{
	struct conn *c = arg;

	c->dial = NULL;
	if (found)
		c->report.step = STEP_CONNECT;
	if (fd == -1) {
		conn_fail(c, why);
		return;
	}
	dial_describe_peer(fd, c->report.address, sizeof(c->report.address));
	c->stream = stream_new(c->base, fd, on_moved, c);
	if (c->via == NULL)
		conn_enter(c, c->target.tls ? CONN_TLS : CONN_WRITING);
	else if (c->via->scheme == CONFIG_PROXY_HTTPS)
		conn_enter(c, CONN_PROXY_TLS);
	else
		conn_enter(c, conn_proxy_state(c));
	on_moved(c);
}

static void
on_payload_sent(const void *data, size_t len, void *arg)
{
	(void)data;
	(void)len;
	payload_unref(arg);
}

static void
write_request(struct conn *c)
{
	struct evbuffer *out = stream_output(c->stream);

	http_response_start(
	    &c->response, clock_wall_ms() / 1000, LIMIT_REPLY_BODY);
	if (evbuffer_add(out, c->head->data, c->head->len) == -1)
		fatalx("out of memory");
	if (c->payload->len > 0 &&
	    evbuffer_add_reference(out, c->payload->data, c->payload->len,
		on_payload_sent, payload_ref(c->payload)) == -1)
		fatalx("out of memory");
	stream_send(c->stream);
}

/* A layer of TLS to host, on what is there. */
static void
secure_to(struct conn *c, const char *host, struct tls_session *session)
{
	struct ssl_st *ssl = tls_client_new(c->tls, host);

	tls_client_resume(ssl, session);
	stream_add_tls(c->stream, ssl);
}

void
conn_enter(struct conn *c, enum conn_state state)
{
	struct timeval tv = { .tv_sec = states[state].timeout };

	c->state = state;
	if (states[state].step != STEP_NONE)
		c->report.step = states[state].step;
	if (tv.tv_sec > 0)
		event_add(c->timer, &tv);
	switch (state) {
	case CONN_CLOSED:
		tear_down(c);
		return;
	case CONN_CONNECTING:
		c->report.address[0] = '\0';
		c->via = proxy_ref(c->proxy);
		c->dial = dial_start(c->base, c->dns,
		    c->via != NULL ? c->via->host : c->target.host,
		    c->via != NULL ? c->via->port : c->target.port, on_dialed,
		    c);
		return;
	case CONN_PROXY_TLS:
		secure_to(c, c->via->host, &c->proxy_session);
		return;
	case CONN_PROXY_CONNECT:
	case CONN_SOCKS_METHOD:
	case CONN_SOCKS_LOGIN:
	case CONN_SOCKS_REQUEST:
		conn_proxy_say(c);
		return;
	case CONN_TLS:
		secure_to(c, c->target.host, &c->session);
		return;
	case CONN_WRITING:
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
	proxy_unref(c->proxy);
	forget_sessions(c);
	event_free(c->timer);
	http_response_free(&c->response);
	free(c);
}

void
conn_set_way(struct conn *c, struct tls *tls, struct proxy *proxy)
{
	struct proxy *old = c->proxy;

	c->tls = tls;
	c->proxy = proxy_ref(proxy);
	proxy_unref(old);
	forget_sessions(c);
	c->retire = c->state != CONN_CLOSED;
	if (c->state == CONN_IDLE)
		tear_down(c);
}

void
conn_request(struct conn *c, const struct buf *head, struct payload *payload)
{
	c->head = head;
	c->payload = payload;
	if (c->state == CONN_IDLE) {
		conn_enter(c, CONN_WRITING);
		on_moved(c);
	} else
		conn_enter(c, CONN_CONNECTING);
}

const char *
conn_state_name(const struct conn *c)
{
	return states[c->state].name;
}

const struct conn_report *
conn_report(const struct conn *c)
{
	return &c->report;
}
