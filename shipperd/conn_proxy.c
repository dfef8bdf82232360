/* SPDX-License-Identifier: ISC
 *
 * The way through a proxy. The parsers of its answers are http.c and
 * socks5.c; here is which comes after which. Bytes behind an answer belong
 * to nobody, as the endpoint has not been spoken to: who sends them has the
 * connection closed.
 */
#include <event2/buffer.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/config.h"
#include "common/log.h"
#include "conn_private.h"
#include "proxy.h"
#include "socks5.h"
#include "stream.h"

enum conn_state
conn_proxy_state(const struct conn *c)
{
	if (c->via->scheme == CONFIG_PROXY_SOCKS5)
		return CONN_SOCKS_METHOD;
	return c->target.tls ? CONN_PROXY_CONNECT : CONN_WRITING;
}

void
conn_proxy_say(struct conn *c)
{
	struct buf out = { 0 };

	if (c->state == CONN_PROXY_CONNECT) {
		http_response_start(&c->response, clock_wall_ms() / 1000, 0);
		c->response.head_only = true;
		proxy_write_connect(
		    c->via, c->target.host, c->target.port, &out);
	} else if (c->state == CONN_SOCKS_METHOD)
		socks5_write_greeting(&out, c->via->user != NULL);
	else if (c->state == CONN_SOCKS_LOGIN)
		socks5_write_login(&out, c->via->user, c->via->password);
	else
		socks5_write_request(&out, c->target.host, c->target.port);
	if (evbuffer_add(stream_output(c->stream), out.data, out.len) == -1)
		fatalx("out of memory");
	explicit_bzero(out.data, out.len);
	buf_free(&out);
	stream_send(c->stream);
}

/* The proxy has done its part. */
static void
go_on(struct conn *c)
{
	if (evbuffer_get_length(stream_input(c->stream)) > 0)
		conn_fail(c, "it sends bytes behind its answer");
	else
		conn_enter(c, c->target.tls ? CONN_TLS : CONN_WRITING);
}

static void
hear_connect(struct conn *c, const void *data, size_t len)
{
	struct http_response *r = &c->response;
	char text[128];

	evbuffer_drain(
	    stream_input(c->stream), http_response_feed(r, data, len));
	if (r->state == HTTP_BAD)
		conn_fail(c, r->why);
	else if (r->state == HTTP_DONE && r->status / 100 != 2) {
		proxy_explain_status(c->via, r->status, text, sizeof(text));
		conn_fail(c, text);
	} else if (r->state == HTTP_DONE)
		go_on(c);
}

static void
hear_socks(struct conn *c, const void *data, size_t len)
{
	bool login = false;
	const char *why = NULL;
	ssize_t used;

	if (c->state == CONN_SOCKS_METHOD)
		used = socks5_take_method(
		    data, len, c->via->user != NULL, &login, &why);
	else if (c->state == CONN_SOCKS_LOGIN)
		used = socks5_take_login(data, len, &why);
	else
		used = socks5_take_reply(data, len, &why);
	if (used == -1) {
		conn_fail(c, why);
		return;
	}
	if (used == 0)
		return;
	evbuffer_drain(stream_input(c->stream), (size_t)used);
	if (c->state == CONN_SOCKS_REQUEST)
		go_on(c);
	else
		conn_enter(c, login ? CONN_SOCKS_LOGIN : CONN_SOCKS_REQUEST);
}

void
conn_proxy_hear(struct conn *c)
{
	struct evbuffer *in = stream_input(c->stream);
	size_t len = evbuffer_get_length(in);
	const void *data = evbuffer_pullup(in, -1);

	if (data == NULL)
		fatalx("out of memory");
	if (c->state == CONN_PROXY_CONNECT)
		hear_connect(c, data, len);
	else
		hear_socks(c, data, len);
}

void
conn_proxy_blame(const struct conn *c, const char *why, char *out, size_t size)
{
	if (c->via != NULL && c->report.step <= STEP_PROXY)
		snprintf(out, size, "proxy %s: %s", c->via->text, why);
	else
		snprintf(out, size, "%s", why);
}
