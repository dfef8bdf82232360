/* SPDX-License-Identifier: ISC
 *
 * One connection to an endpoint: looked up, connected, led through a proxy,
 * encrypted, kept alive. It carries one request at a time. Every wait has a
 * time-out from limits.h; what fails says why in words. With a proxy there
 * is never a connection without it.
 */
#ifndef SHIPPERD_CONN_H
#define SHIPPERD_CONN_H

#include <stdbool.h>

#include "common/schema.h"

struct conn;
struct dns;
struct event_base;
struct http_response;
struct payload;
struct proxy;
struct tls;

/* Where to. host is borrowed and must outlive the connection. */
struct conn_target {
	const char *host; /* a name, or an address without brackets */
	int port;
	bool tls;
};

/* How the last try to connect and ask went. */
struct conn_report {
	enum endpoint_step step; /* the one reached, or failed at */
	char address[64];        /* whom we connected to; "" nobody */
	char tls[64];            /* of the last handshake with the endpoint,
				    "" before or without TLS */
};

/*
 * A request has ended: with a whole response, or with NULL and why. Both are
 * borrowed until the callback returns. After a response the next
 * conn_request() may be made from here; conn_free() may not.
 */
typedef void conn_done(
    const struct http_response *response, const char *why, void *arg);

struct conn *conn_new(struct event_base *base, struct dns *dns,
    const struct conn_target *target, conn_done *done, void *arg);
void conn_free(struct conn *conn);

/* The way of the connections to come: the context, borrowed, and the proxy
 * (NULL: direct). An idle connection is closed, one that works ends with its
 * request, and none before it is resumed. */
void conn_set_way(struct conn *conn, struct tls *tls, struct proxy *proxy);

/* Sends head and the payload behind it. Both are borrowed until done is
 * called, which may be before this returns. One request at a time. */
void conn_request(
    struct conn *conn, const struct buf *head, struct payload *payload);

/* "connecting", "sending", ...: what it does now; a constant. */
const char *conn_state_name(const struct conn *conn);

/* Borrowed until the next call. */
const struct conn_report *conn_report(const struct conn *conn);

#endif
