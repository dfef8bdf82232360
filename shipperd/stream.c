/* SPDX-License-Identifier: ISC
 *
 * Each layer of TLS stands between two memory BIOs, so that a layer inside
 * another one is nothing special: bytes rise from the socket through all of
 * them to `input`, and sink from `output` to `wire`. (libevent's filters
 * would do the same, but lose wake-ups and the order of reading and writing
 * when they are stacked.)
 */
#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/limits.h"
#include "common/log.h"
#include "stream.h"
#include "common/tls.h"

#define LAYERS   2
#define PIECE    16384        /* bytes: a TLS record */
#define WIRE_MAX (8 * PIECE)  /* bytes encrypted ahead of the socket */
#define TURN     (16 * PIECE) /* bytes read before others have a turn */

struct layer {
	SSL *ssl; /* owned, with its BIOs */
	BIO *in;
	BIO *out;
	bool closed; /* the other side has said good-bye */
};

struct stream {
	int fd;
	struct event *readable;
	struct event *writable; /* pending while wire is not empty */
	struct layer layers[LAYERS];
	unsigned n_layers;
	struct evbuffer *input;
	struct evbuffer *output;
	struct evbuffer *wire;
	bool cut;  /* nothing more will come from the socket */
	bool deaf; /* nothing more can be written to it */
	bool broken;
	char why[160];
	stream_moved *moved;
	void *arg;
};

static void
break_off(struct stream *s, const char *why)
{
	if (!s->broken)
		snprintf(s->why, sizeof(s->why), "%s", why);
	s->broken = true;
}

static void
break_layer(struct stream *s, const struct layer *l)
{
	char text[128];

	tls_explain(l->ssl, ERR_peek_error(), text, sizeof(text));
	ERR_clear_error();
	break_off(s, text);
}

/* Bytes from below layer i, or from below the input when there is none. */
static void
rise(struct stream *s, unsigned i, const void *data, int len)
{
	if (i < s->n_layers) {
		if (BIO_write(s->layers[i].in, data, len) != len)
			fatalx("out of memory");
	} else if (evbuffer_add(s->input, data, (size_t)len) == -1)
		fatalx("out of memory");
}

/* Takes out of layer i what can be decrypted; that makes the handshake, too. */
static void
rise_through(struct stream *s, unsigned i)
{
	struct layer *l = &s->layers[i];
	char data[PIECE];
	int n;

	while (!l->closed) {
		ERR_clear_error();
		n = SSL_read(l->ssl, data, sizeof(data));
		if (n > 0) {
			rise(s, i + 1, data, n);
			continue;
		}
		switch (SSL_get_error(l->ssl, n)) {
		case SSL_ERROR_WANT_READ:
			return;
		case SSL_ERROR_ZERO_RETURN:
			l->closed = true;
			return;
		default:
			break_layer(s, l);
			return;
		}
	}
}

/* Also through what is above a layer that breaks: first what came before. */
static void
rise_all(struct stream *s)
{
	unsigned i;

	if (s->broken)
		return;
	for (i = 0; i < s->n_layers; i++)
		rise_through(s, i);
}

/* From layer i to the one below it, or to the wire. */
static void
sink(struct stream *s, unsigned i, const void *data, int len)
{
	if (i == 0) {
		if (evbuffer_add(s->wire, data, (size_t)len) == -1)
			fatalx("out of memory");
		return;
	}
	ERR_clear_error();
	if (SSL_write(s->layers[i - 1].ssl, data, len) != len)
		break_layer(s, &s->layers[i - 1]);
}

/* Whether the lowest n layers take bytes: they are through their handshakes,
 * and not within a message of TLS 1.3 that came in part. */
static bool
take_bytes(const struct stream *s, unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++)
		if (!SSL_is_init_finished(s->layers[i].ssl))
			return false;
	return true;
}

/* What has to wait for a layer below goes when that has read on. */
static void
sink_all(struct stream *s)
{
	char data[PIECE];
	unsigned i;
	int n;

	for (i = s->n_layers; i-- > 0;)
		while (take_bytes(s, i) &&
		    (n = BIO_read(s->layers[i].out, data, sizeof(data))) > 0)
			sink(s, i, data, n);
}

/* The next piece of the output, into the uppermost layer. */
static void
sink_output(struct stream *s)
{
	size_t len = evbuffer_get_length(s->output);
	const unsigned char *data;

	if (len > PIECE)
		len = PIECE;
	if (s->n_layers == 0) {
		if (evbuffer_remove_buffer(s->output, s->wire, len) == -1)
			fatalx("out of memory");
		return;
	}
	data = evbuffer_pullup(s->output, (ev_ssize_t)len);
	if (data == NULL)
		fatalx("out of memory");
	sink(s, s->n_layers, data, (int)len);
	evbuffer_drain(s->output, len);
	sink_all(s);
}

static void
write_socket(struct stream *s)
{
	while (!s->deaf && evbuffer_get_length(s->wire) > 0) {
		if (evbuffer_write(s->wire, s->fd) > 0 || errno == EINTR)
			continue;
		if (errno == EAGAIN)
			return;
		s->deaf = true;
	}
}

void
stream_send(struct stream *s)
{
	sink_all(s);
	write_socket(s);
	while (!s->broken && !s->deaf && take_bytes(s, s->n_layers) &&
	    evbuffer_get_length(s->output) > 0 &&
	    evbuffer_get_length(s->wire) < WIRE_MAX) {
		sink_output(s);
		write_socket(s);
	}
	if (!s->deaf && evbuffer_get_length(s->wire) > 0)
		event_add(s->writable, NULL);
	else
		event_del(s->writable);
}

static void
read_socket(struct stream *s)
{
	char data[PIECE], text[128];
	size_t total = 0;
	ssize_t n;

	while (!s->cut && total < TURN) {
		n = recv(s->fd, data, sizeof(data), 0);
		if (n > 0) {
			rise(s, 0, data, (int)n);
			total += (size_t)n;
			continue;
		}
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1 && errno == EAGAIN)
			return;
		s->cut = true;
		event_del(s->readable);
		if (n == 0)
			return;
		snprintf(text, sizeof(text), "the connection broke: %s",
		    strerror(errno));
		rise_all(s); /* first what came before */
		break_off(s, text);
	}
}

/* A layer that was cut off without a good-bye, by the end of what is below
 * it, is a broken one: somebody may have cut the answer short. */
static void
check_cut(struct stream *s)
{
	const struct layer *top;
	unsigned n = s->n_layers;

	if (n == 0 || !(s->cut || (n > 1 && s->layers[n - 2].closed)))
		return;
	top = &s->layers[n - 1];
	if (!top->closed)
		break_off(s,
		    SSL_is_init_finished(top->ssl)
			? "the connection was cut"
			: "the connection was cut in the TLS handshake");
}

static void
on_socket(evutil_socket_t fd, short what, void *arg)
{
	struct stream *s = arg;

	(void)fd;
	(void)what; /* when it is both, libevent tells of writable first */
	read_socket(s);
	rise_all(s);
	check_cut(s);
	stream_send(s);
	s->moved(s->arg);
}

static struct event *
new_event(struct stream *s, struct event_base *base, short what)
{
	struct event *ev = event_new(
	    base, s->fd, what | EV_PERSIST, on_socket, s);

	if (ev == NULL)
		fatalx("out of memory");
	return ev;
}

struct stream *
stream_new(struct event_base *base, int fd, stream_moved *moved, void *arg)
{
	struct stream *s = xcalloc(1, sizeof(*s));

	s->fd = fd;
	s->moved = moved;
	s->arg = arg;
	s->input = evbuffer_new();
	s->output = evbuffer_new();
	s->wire = evbuffer_new();
	if (s->input == NULL || s->output == NULL || s->wire == NULL)
		fatalx("out of memory");
	s->readable = new_event(s, base, EV_READ);
	s->writable = new_event(s, base, EV_WRITE);
	event_add(s->readable, NULL);
	return s;
}

void
stream_free(struct stream *s)
{
	unsigned i;

	if (s == NULL)
		return;
	for (i = s->n_layers; i-- > 0;)
		if (!s->broken && SSL_is_init_finished(s->layers[i].ssl)) {
			SSL_shutdown(s->layers[i].ssl);
			sink_all(s);
		}
	write_socket(s);
	for (i = 0; i < s->n_layers; i++)
		SSL_free(s->layers[i].ssl);
	ERR_clear_error();
	event_free(s->readable);
	event_free(s->writable);
	evbuffer_free(s->input);
	evbuffer_free(s->output);
	evbuffer_free(s->wire);
	close(s->fd);
	free(s);
}

void
stream_add_tls(struct stream *s, SSL *ssl)
{
	struct layer *l = &s->layers[s->n_layers];

	*l = (struct layer){ .ssl = ssl,
		.in = BIO_new(BIO_s_mem()),
		.out = BIO_new(BIO_s_mem()) };
	if (l->in == NULL || l->out == NULL)
		fatalx("out of memory");
	SSL_set_bio(ssl, l->in, l->out);
	SSL_set_connect_state(ssl);
	s->n_layers++;
	rise_all(s);
	check_cut(s); /* no event will come that could tell */
	stream_send(s);
}

bool
stream_is_secured(const struct stream *s)
{
	return s->n_layers == 0 ||
	    SSL_is_init_finished(s->layers[s->n_layers - 1].ssl);
}

SSL *
stream_ssl(const struct stream *s)
{
	return s->n_layers > 0 ? s->layers[s->n_layers - 1].ssl : NULL;
}

struct evbuffer *
stream_input(const struct stream *s)
{
	return s->input;
}

struct evbuffer *
stream_output(const struct stream *s)
{
	return s->output;
}

bool
stream_is_sent(const struct stream *s)
{
	return !s->deaf && evbuffer_get_length(s->output) == 0 &&
	    evbuffer_get_length(s->wire) == 0;
}

enum stream_end
stream_end(const struct stream *s, const char **why)
{
	*why = s->why;
	/* Behind a good-bye nothing is missing, whatever breaks below it. */
	if (s->n_layers > 0 && s->layers[s->n_layers - 1].closed)
		return STREAM_CLOSED;
	if (s->broken)
		return STREAM_BROKEN;
	return s->n_layers == 0 && s->cut ? STREAM_CLOSED : STREAM_OPEN;
}
