/* SPDX-License-Identifier: ISC
 *
 * The inside of a connection, for conn.c (its states) and conn_proxy.c (what
 * is said to a proxy).
 */
#ifndef SHIPPERD_CONN_PRIVATE_H
#define SHIPPERD_CONN_PRIVATE_H

#include "common/http.h"
#include "common/tls.h"
#include "conn.h"

struct buf;
struct dial;
struct event;
struct stream;

enum conn_state {
	CONN_CLOSED,
	CONN_CONNECTING,
	CONN_PROXY_TLS,
	CONN_PROXY_CONNECT,
	CONN_SOCKS_METHOD,
	CONN_SOCKS_LOGIN,
	CONN_SOCKS_REQUEST,
	CONN_TLS,
	CONN_WRITING, /* an answer may come before the request is out */
	CONN_READING,
	CONN_IDLE,
};

struct conn {
	enum conn_state state;
	struct event_base *base; /* borrowed */
	struct dns *dns;         /* borrowed */
	struct tls *tls;         /* borrowed */
	struct proxy *proxy;     /* for the next connection; a reference */
	struct proxy *via;       /* of this connection; a reference */
	struct conn_target target;
	conn_done *done;
	void *arg;

	struct event *timer;
	struct dial *dial;     /* CONNECTING */
	struct stream *stream; /* after that */
	struct tls_session proxy_session;
	struct tls_session session;

	const struct buf *head;        /* borrowed; NULL without a request */
	struct payload *payload;       /* borrowed */
	struct http_response response; /* of the request, or to CONNECT */
	bool reused; /* the connection has carried a request before */
	bool retire; /* not to be kept after this request */
	struct conn_report report;
};

/* conn.c */
void conn_enter(struct conn *c, enum conn_state state);
void conn_fail(struct conn *c, const char *why);

/* conn_proxy.c */

/* The state that begins talking to the proxy: when the socket, or TLS to it,
 * is there. */
enum conn_state conn_proxy_state(const struct conn *c);
/* What is said on entering a state. */
void conn_proxy_say(struct conn *c);
/* What is made of the input in it. */
void conn_proxy_hear(struct conn *c);
/* Puts the proxy's name before why, where it failed and not the endpoint. */
void conn_proxy_blame(
    const struct conn *c, const char *why, char *out, size_t size);

#endif
