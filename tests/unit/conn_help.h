/* SPDX-License-Identifier: ISC
 *
 * What the tests of connections share: a connection, and the peers that it
 * comes to, in one loop. Time stands still but for what a test lets pass.
 */
#ifndef TESTS_CONN_HELP_H
#define TESTS_CONN_HELP_H

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <event2/event.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/config.h"
#include "common/dns.h"
#include "common/limits.h"
#include "common/log.h"
#include "peer.h"
#include "shipperd/conn_private.h"
#include "shipperd/payload.h"
#include "shipperd/proxy.h"
#include "still_clock.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define STEPS        24         /* of a script, with its end */
#define LARGE        (1u << 20) /* bytes: more than the sockets take */

#define HEAD  "POST / HTTP/1.1\r\n\r\n"
#define TAKEN HEAR("!") /* a whole request */
#define OK    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"

/* A way to an endpoint, and what the peer does to get there. The endpoint is
 * ENDPOINT_PORT of a proxy's, or the listener itself. */
#define ENDPOINT_PORT 443

struct way {
	const char *name;
	enum config_proxy_scheme scheme;
	bool login; /* of a user "u" with the password "p" */
	bool tls;
	struct peer_step script[10];
};

#define GREETING     HEAR("\x05\x01\x00")
#define GREETING_TWO HEAR("\x05\x02\x00\x02")
#define METHOD       SAY("\x05\x00")
#define METHOD_LOGIN SAY("\x05\x02")
#define LOGIN        HEAR("\x01\x01u\x01p")
#define LOGIN_OK     SAY("\x01\x00")
#define REQUEST      HEAR("\x05\x01\x00\x01\x7f\x00\x00\x01\x01\xbb")
#define REPLY        SAY("\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00")
#define CONNECT      HEAR("CONNECT 127.0.0.1:443 HTTP/1.1\r\n")
#define CONNECT_AUTH HEAR("Proxy-Authorization: Basic dTpw\r\n")
#define BLANK        HEAR("\r\n\r\n")
#define CONNECTED    SAY("HTTP/1.1 200 OK\r\n\r\n")

enum {
	HTTP,
	HTTPS,
	PROXY_HTTP,
	PROXY_HTTPS,
	PROXY_LOGIN,
	TLS_PROXY_HTTP,
	TLS_PROXY_HTTPS,
	SOCKS_HTTP,
	SOCKS_HTTPS,
	SOCKS_LOGIN,
	WAYS,
};

static const struct way ways[WAYS] = {
	[HTTP] = { "http", 0, false, false, { { 0 } } },
	[HTTPS] = { "https", 0, false, true, { TLS } },
	[PROXY_HTTP] = { "http by a proxy", CONFIG_PROXY_HTTP, false, false,
	    { { 0 } } },
	[PROXY_HTTPS] = { "https by a proxy", CONFIG_PROXY_HTTP, false, true,
	    { CONNECT, BLANK, CONNECTED, TLS } },
	[PROXY_LOGIN] = { "https by a proxy with a login", CONFIG_PROXY_HTTP,
	    true, true, { CONNECT, CONNECT_AUTH, CONNECTED, TLS } },
	[TLS_PROXY_HTTP] = { "http by a TLS proxy", CONFIG_PROXY_HTTPS, false,
	    false, { TLS } },
	[TLS_PROXY_HTTPS] = { "https by a TLS proxy", CONFIG_PROXY_HTTPS, false,
	    true, { TLS, CONNECT, BLANK, CONNECTED, TLS } },
	[SOCKS_HTTP] = { "http by SOCKS", CONFIG_PROXY_SOCKS5, false, false,
	    { GREETING, METHOD, REQUEST, REPLY } },
	[SOCKS_HTTPS] = { "https by SOCKS", CONFIG_PROXY_SOCKS5, false, true,
	    { GREETING, METHOD, REQUEST, REPLY, TLS } },
	[SOCKS_LOGIN] = { "https by SOCKS with a login", CONFIG_PROXY_SOCKS5,
	    true, true,
	    { GREETING_TWO, METHOD_LOGIN, LOGIN, LOGIN_OK, REQUEST, REPLY,
		TLS } },
};

struct fixture {
	const char *name; /* of the case, for what is said of it */
	struct conn *conn;
	struct proxy *proxy;
	int listener; /* of the endpoint or its proxy */
	int port;
	/* What each connection meets, the last one all that follow. */
	struct peer_step scripts[4][STEPS];
	unsigned n_scripts;
	struct peer *peers[8];
	unsigned n_peers;
	struct payload *payload;

	/* What came. */
	unsigned done;
	unsigned again; /* requests that are made from the callback */
	int status;     /* 0: failed */
	char text[512]; /* the body, or why */
};

static struct event_base *base;
static struct dns *dns;
static SSL_CTX *ctx;
static struct tls *tls;
static struct buf head = { .data = (char[]){ HEAD }, .len = sizeof(HEAD) - 1 };

/* Turns all sides until cond is true; gives up when long nothing moves. */
#define UNTIL(x, cond)                                                      \
	do {                                                                \
		unsigned turns_ = 0;                                        \
		while (!(cond)) {                                           \
			if (++turns_ > 20000)                               \
				fail_msg("%s: never " #cond ", but %s",     \
				    (x)->name, conn_state_name((x)->conn)); \
			turn(x);                                            \
		}                                                           \
	} while (0)

static inline void
accept_one(struct fixture *x)
{
	unsigned i = x->n_peers < x->n_scripts ? x->n_peers : x->n_scripts - 1;
	int fd = x->listener == -1
	    ? -1
	    : accept4(x->listener, NULL, NULL, SOCK_NONBLOCK);

	if (fd == -1)
		return;
	if (x->n_peers == COUNT(x->peers))
		fail_msg("%s: too many connections", x->name);
	x->peers[x->n_peers++] = peer_new(ctx, fd, x->scripts[i]);
}

static inline bool
turn_peers(struct fixture *x)
{
	bool moved = false;
	unsigned i;

	accept_one(x);
	for (i = 0; i < x->n_peers; i++)
		moved = peer_turn(x->peers[i]) || moved;
	return moved;
}

static inline void
turn(struct fixture *x)
{
	bool moved = turn_peers(x);

	event_base_loop(base, EVLOOP_NONBLOCK);
	if (!moved)
		usleep(200);
}

static inline void
turn_often(struct fixture *x)
{
	int i;

	for (i = 0; i < 20; i++)
		turn(x);
}

static inline void
pass(struct fixture *x, long ms)
{
	still_clock_pass(ms);
	turn_often(x);
}

static inline void
on_done(const struct http_response *response, const char *why, void *arg)
{
	struct fixture *x = arg;

	x->done++;
	x->status = response != NULL ? response->status : 0;
	if (response == NULL)
		snprintf(x->text, sizeof(x->text), "%s", why);
	else
		snprintf(x->text, sizeof(x->text), "%.*s",
		    (int)response->body.len,
		    response->body.len > 0 ? response->body.data : "");
	if (x->again > 0) {
		x->again--;
		conn_request(x->conn, &head, x->payload);
	}
}

static inline void
send_request(struct fixture *x)
{
	x->done = 0;
	conn_request(x->conn, &head, x->payload);
}

static inline struct payload *
new_payload(size_t len)
{
	struct payload *payload = payload_new_empty();

	payload->data = xcalloc(1, len);
	memset(payload->data, 'x', len - 1);
	payload->data[len - 1] = '!'; /* and nowhere else */
	payload->len = len;
	return payload;
}

static inline struct proxy *
new_proxy(const struct way *way, int port)
{
	const struct config_proxy config = { .scheme = way->scheme,
		.host = (char[]){ "127.0.0.1" },
		.port = port,
		.user = way->login ? (char[]){ "u" } : NULL,
		.password = way->login ? (char[]){ "p" } : NULL };

	return proxy_new(&config);
}

static inline unsigned
append(struct peer_step *out, unsigned at, const struct peer_step *steps)
{
	for (; steps->act != PEER_HOLD; steps++)
		out[at++] = *steps;
	out[at] = (struct peer_step){ 0 };
	return at;
}

/* The next connection's script: the way, and what follows. Returns its
 * steps. */
static inline unsigned
add_script(
    struct fixture *x, const struct way *way, const struct peer_step *then)
{
	struct peer_step *out = x->scripts[x->n_scripts++];

	return append(out, append(out, 0, way->script), then);
}

static inline void
open_way(struct fixture *x, const char *name, const struct way *way)
{
	struct conn_target to = { "127.0.0.1", ENDPOINT_PORT, way->tls };

	*x = (struct fixture){ .name = name };
	x->listener = peer_listen(&x->port, 4096);
	x->payload = new_payload(100);
	x->proxy = new_proxy(way, x->port);
	if (x->proxy == NULL)
		to.port = x->port;
	x->conn = conn_new(base, dns, &to, on_done, x);
	conn_set_way(x->conn, tls, x->proxy);
}

static inline void
teardown(struct fixture *x)
{
	conn_free(x->conn);
	while (x->n_peers > 0)
		peer_free(x->peers[--x->n_peers]);
	proxy_unref(x->proxy);
	payload_unref(x->payload);
	close(x->listener);
}

static inline void
check_done(struct fixture *x, int status, const char *text)
{
	if (x->done != 1 || x->status != status || strcmp(x->text, text) != 0)
		fail_msg("%s: got %u answers, %d \"%s\", want 1, %d \"%s\"",
		    x->name, x->done, x->status, x->text, status, text);
}

static inline void
check_state(struct fixture *x, enum conn_state want)
{
	if (x->conn->state != want)
		fail_msg(
		    "%s: got state %d, want %d", x->name, x->conn->state, want);
}

/* Opens the way up to a step, what follows, and has a request made. */
static inline void
open_at(struct fixture *x, const char *name, int way, unsigned steps,
    bool large, const struct peer_step *then)
{
	struct way part = ways[way];

	if (steps < COUNT(part.script))
		part.script[steps] = (struct peer_step){ 0 };
	open_way(x, name, &part);
	if (large) {
		payload_unref(x->payload);
		x->payload = new_payload(LARGE);
	}
	add_script(x, &part, then);
	send_request(x);
}

/* "why" as it is told: a proxy is named where it is to blame. */
static inline void
check_failed(struct fixture *x, const char *why, enum endpoint_step step)
{
	char want[256] = "";

	if (x->proxy != NULL && step <= STEP_PROXY)
		snprintf(want, sizeof(want), "proxy %s: ", x->proxy->text);
	snprintf(want + strlen(want), sizeof(want) - strlen(want), "%s", why);
	check_done(x, 0, want);
	check_state(x, CONN_CLOSED);
	if (conn_report(x->conn)->step != step)
		fail_msg("%s: got step %d, want %d", x->name,
		    conn_report(x->conn)->step, step);
}

static inline int
group_setup(void **state)
{
	(void)state;
	signal(SIGPIPE, SIG_IGN); /* as the daemons do */
	base = event_base_new();
	dns = dns_new(base);
	ctx = peer_context(&tls);
	return 0;
}

static inline int
group_teardown(void **state)
{
	(void)state;
	tls_free(tls);
	SSL_CTX_free(ctx);
	dns_free(dns);
	event_base_free(base);
	return 0;
}

#endif
