/* SPDX-License-Identifier: ISC
 *
 * What the tests of streams share: a stream and its peer in one loop, over a
 * loopback connection whose buffers are small.
 */
#ifndef TESTS_STREAM_HELP_H
#define TESTS_STREAM_HELP_H

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <fcntl.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/log.h"
#include "common/tls.h"
#include "peer.h"
#include "shipperd/stream.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct fixture {
	struct stream *s;
	struct peer *peer;
	unsigned moved; /* how often the stream said so */
	bool free_it;   /* when it does so next */

	/* What the stream had the first time. */
	size_t first_input;
	enum stream_end first_end;
};

/* The same for all: nothing here changes them. */
static struct event_base *base;
static SSL_CTX *ctx;
static struct tls *tls;

/* Turns both sides until cond is true; gives up when long nothing moves. */
#define UNTIL(x, name, cond)                                          \
	do {                                                          \
		unsigned turns_ = 0;                                  \
		while (!(cond)) {                                     \
			if (++turns_ > 20000)                         \
				fail_msg("%s: never " #cond, (name)); \
			turn(x);                                      \
		}                                                     \
	} while (0)

static inline void
turn(struct fixture *x)
{
	bool moved = peer_turn(x->peer);

	event_base_loop(base, EVLOOP_NONBLOCK);
	if (!moved)
		usleep(500);
}

static inline void
turn_often(struct fixture *x)
{
	int i;

	for (i = 0; i < 20; i++)
		turn(x);
}

static inline void
on_moved(void *arg)
{
	struct fixture *x = arg;
	const char *why;

	if (x->moved++ == 0) {
		x->first_input = evbuffer_get_length(stream_input(x->s));
		x->first_end = stream_end(x->s, &why);
	}
	if (x->free_it) {
		stream_free(x->s);
		x->s = NULL;
	}
}

static inline void
connect_both(struct fixture *x, const struct peer_step *script)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int port, small = 4096, listener = peer_listen(&port, small);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	sin.sin_port = htons((uint16_t)port);
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
	assert_int_equal(connect(fd, (struct sockaddr *)&sin, sizeof(sin)), 0);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	*x = (struct fixture){ 0 };
	x->s = stream_new(base, fd, on_moved, x);
	fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
	assert_int_not_equal(fd, -1);
	x->peer = peer_new(ctx, fd, script);
	close(listener);
}

/* Each layer but the first waits for the one below. */
static inline void
add_layers(struct fixture *x, const char *name, unsigned layers)
{
	unsigned i;

	for (i = 0; i < layers; i++) {
		UNTIL(x, name, stream_is_secured(x->s));
		stream_add_tls(x->s, tls_client_new(tls, "127.0.0.1"));
	}
}

static inline void
teardown(struct fixture *x)
{
	stream_free(x->s);
	peer_free(x->peer);
}

static inline void
check_input(const char *name, struct fixture *x, const char *want)
{
	struct evbuffer *in = stream_input(x->s);
	size_t len = evbuffer_get_length(in);
	const void *got = evbuffer_pullup(in, -1);

	if (len != strlen(want) || (len > 0 && memcmp(got, want, len) != 0))
		fail_msg("%s: got input \"%.*s\", want \"%s\"", name, (int)len,
		    len > 0 ? (const char *)got : "", want);
}

static inline int
group_setup(void **state)
{
	(void)state;
	signal(SIGPIPE, SIG_IGN); /* as the daemons do */
	base = event_base_new();
	ctx = peer_context(&tls);
	return 0;
}

static inline int
group_teardown(void **state)
{
	(void)state;
	tls_free(tls);
	SSL_CTX_free(ctx);
	event_base_free(base);
	return 0;
}

#endif
