/* SPDX-License-Identifier: ISC
 *
 * The bytes of one connection: a connected socket with up to two layers of
 * TLS on it, one to the proxy and one inside that to the endpoint. It knows
 * nothing of what the bytes mean. It always reads before it writes, and
 * goes on reading when it cannot write any more: who refuses a request in
 * the middle of it has mostly said why.
 */
#ifndef SHIPPERD_STREAM_H
#define SHIPPERD_STREAM_H

#include <stdbool.h>

struct evbuffer;
struct event_base;
struct ssl_st;
struct stream;

enum stream_end {
	STREAM_OPEN,
	STREAM_CLOSED, /* by the other side, in good order */
	STREAM_BROKEN,
};

/* Something has moved: input, output, a handshake, the end. It is the last
 * thing that the stream does in a turn, so that stream_free() may be called
 * from here. */
typedef void stream_moved(void *arg);

/* Takes over fd, which is connected and does not block. Fatal without
 * memory, as all of these. */
struct stream *stream_new(
    struct event_base *base, int fd, stream_moved *moved, void *arg);

/* Says good-bye where that takes no waiting. NULL is fine. */
void stream_free(struct stream *s);

/* Puts a layer of TLS, whose handshake begins, on top of what is there, and
 * takes over ssl. At most two; each after the one below is secured. */
void stream_add_tls(struct stream *s, struct ssl_st *ssl);

/* Whether the uppermost handshake is through; so it is without TLS. */
bool stream_is_secured(const struct stream *s);

/* The uppermost layer, borrowed; NULL without TLS. */
struct ssl_st *stream_ssl(const struct stream *s);

/* What has come, to be drained by the caller. */
struct evbuffer *stream_input(const struct stream *s);

/* What is to go: add to it, then call stream_send(). */
struct evbuffer *stream_output(const struct stream *s);
void stream_send(struct stream *s);

/* Whether all output is with the kernel. */
bool stream_is_sent(const struct stream *s);

/* Whether and how it has ended; *why says more when it is broken, and is
 * valid until the stream is freed. Input may be left. */
enum stream_end stream_end(const struct stream *s, const char **why);

#endif
