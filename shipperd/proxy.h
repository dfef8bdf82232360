/* SPDX-License-Identifier: ISC
 *
 * The proxy that stands between us and an endpoint: who it is, and what is
 * said to one that speaks HTTP. It holds the proxy's user and password,
 * which go to the proxy and nowhere else.
 */
#ifndef SHIPPERD_PROXY_H
#define SHIPPERD_PROXY_H

#include <stdbool.h>
#include <stddef.h>

#include "common/config.h"

struct buf;
struct request_target;

/* Counted, as a connection may outlive the configuration that named it. The
 * strings are owned. */
struct proxy {
	enum config_proxy_scheme scheme; /* never NONE */
	char *host;                      /* an address without brackets */
	int port;
	char *user;          /* NULL without one */
	char *password;      /* not NULL when user is not */
	char *authorization; /* value of Proxy-Authorization; NULL */
	char *text;          /* "http://prx:3128": for people, no secret */
	unsigned refs;
};

/* Copies what it needs. Returns it with one reference, the caller's; NULL
 * for no proxy. */
struct proxy *proxy_new(const struct config_proxy *config);
struct proxy *proxy_ref(struct proxy *proxy); /* NULL is fine */
void proxy_unref(struct proxy *proxy);        /* NULL is fine */

/* Aims the requests of a target at the proxy (NULL: none) where that takes
 * requests for http endpoints itself, or at the endpoint. Its login is borrowed
 * from the proxy. */
void proxy_aim(const struct proxy *proxy, struct request_target *target);

/* Appends the request for a way through to host (an address without
 * brackets) and port. */
void proxy_write_connect(
    const struct proxy *proxy, const char *host, int port, struct buf *out);

/* Says in out what a status other than 2xx to that means. */
void proxy_explain_status(
    const struct proxy *proxy, int status, char *out, size_t size);

#endif
