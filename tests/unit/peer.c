/* SPDX-License-Identifier: ISC */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/log.h"
#include "common/tls.h"
#include "peer.h"

static X509 *
new_certificate(EVP_PKEY *key)
{
	X509 *x = X509_new();
	X509_NAME *name = X509_get_subject_name(x);
	X509_EXTENSION *san = X509V3_EXT_conf_nid(
	    NULL, NULL, NID_subject_alt_name, "IP:127.0.0.1");

	X509_set_version(x, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	X509_gmtime_adj(X509_getm_notBefore(x), -86400);
	X509_gmtime_adj(X509_getm_notAfter(x), 86400);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
	    (const unsigned char *)"a peer", -1, -1, 0);
	X509_set_issuer_name(x, name);
	X509_set_pubkey(x, key);
	X509_add_ext(x, san, -1);
	X509_EXTENSION_free(san);
	if (X509_sign(x, key, EVP_sha256()) == 0)
		fatalx("no certificate");
	return x;
}

SSL_CTX *
peer_context(struct tls **client)
{
	char ca_file[] = "/tmp/test_peer.XXXXXX", why[128];
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = new_certificate(key);
	int fd = mkstemp(ca_file);
	FILE *f = fdopen(fd, "w");

	if (f == NULL || PEM_write_X509(f, cert) != 1 || fclose(f) != 0)
		fatal("%s", ca_file);
	if (SSL_CTX_use_certificate(ctx, cert) != 1 ||
	    SSL_CTX_use_PrivateKey(ctx, key) != 1)
		fatalx("no server's context");
	SSL_CTX_set_mode(ctx,
	    SSL_MODE_ENABLE_PARTIAL_WRITE |
		SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	X509_free(cert);
	EVP_PKEY_free(key);
	*client = tls_new(ca_file, false, why, sizeof(why));
	if (*client == NULL)
		fatalx("%s: %s", ca_file, why);
	unlink(ca_file);
	return ctx;
}

struct peer *
peer_new(SSL_CTX *ctx, int fd, const struct peer_step *script)
{
	struct peer *p = xcalloc(1, sizeof(*p));
	int on = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	p->ctx = ctx;
	p->fd = fd;
	p->step = script;
	return p;
}

void
peer_free(struct peer *p)
{
	if (p == NULL)
		return;
	while (p->n_layers > 0)
		SSL_free(p->layers[--p->n_layers]);
	if (p->fd != -1)
		close(p->fd);
	buf_free(&p->got);
	free(p);
}

bool
peer_is_through(const struct peer *p)
{
	return p->step->act == PEER_HOLD;
}

/* A layer above another one has that as its BIO. */
static void
add_layer(struct peer *p)
{
	SSL *ssl = SSL_new(p->ctx);
	BIO *bio;

	if (p->n_layers == 0)
		SSL_set_fd(ssl, p->fd);
	else {
		bio = BIO_new(BIO_f_ssl());
		BIO_set_ssl(bio, p->layers[p->n_layers - 1], BIO_NOCLOSE);
		SSL_set_bio(ssl, bio, bio);
	}
	SSL_set_accept_state(ssl);
	p->layers[p->n_layers++] = ssl;
}

static bool
shake_hands(struct peer *p)
{
	if (p->progress == 0)
		add_layer(p);
	p->progress = 1;
	ERR_clear_error();
	return SSL_accept(p->layers[p->n_layers - 1]) == 1;
}

/* Reads above so many layers. Returns the bytes, 0 at an end in good order,
 * -1 when there is nothing. */
static ssize_t
take_above(struct peer *p, unsigned layers, char *data, size_t size)
{
	ssize_t n;
	int error;

	if (layers == 0) {
		n = recv(p->fd, data, size, 0);
		if (n == 0 || (n == -1 && errno != EAGAIN))
			p->ended = true;
		return n;
	}
	ERR_clear_error();
	n = SSL_read(p->layers[layers - 1], data, (int)size);
	if (n > 0)
		return n;
	error = SSL_get_error(p->layers[layers - 1], (int)n);
	if (error == SSL_ERROR_ZERO_RETURN)
		return 0;
	if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE)
		p->ended = true;
	return -1;
}

/* Returns whether more has come. */
static bool
take(struct peer *p, size_t most)
{
	char data[4096];
	ssize_t n = take_above(
	    p, p->n_layers, data, most < sizeof(data) ? most : sizeof(data));

	if (n > 0)
		buf_append(&p->got, data, (size_t)n);
	return n > 0;
}

/* What was searched is not searched again: it may be a mebibyte. */
static bool
hear(struct peer *p)
{
	size_t len = p->step->len, from;
	const char *at;

	do {
		from = p->heard + p->progress;
		if (p->got.len < from + len)
			continue;
		at = memmem(
		    p->got.data + from, p->got.len - from, p->step->data, len);
		if (at != NULL) {
			p->heard = (size_t)(at - p->got.data) + len;
			return true;
		}
		p->progress = p->got.len - p->heard - len + 1;
	} while (take(p, SIZE_MAX));
	return false;
}

static bool
take_all(struct peer *p)
{
	size_t want = p->heard + p->step->len;

	while (p->got.len < want)
		if (!take(p, want - p->got.len))
			return false;
	p->heard = want;
	return true;
}

static bool
say_above(struct peer *p, unsigned layers)
{
	const char *data = p->step->data + p->progress;
	size_t left = p->step->len - p->progress;
	ssize_t n;

	ERR_clear_error();
	n = layers == 0 ? send(p->fd, data, left, MSG_NOSIGNAL)
			: SSL_write(p->layers[layers - 1], data, (int)left);
	if (n > 0)
		p->progress += (size_t)n;
	return p->progress == p->step->len;
}

static bool
close_socket(struct peer *p, bool reset)
{
	const struct linger none = { .l_onoff = 1 };

	if (reset)
		setsockopt(p->fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
	close(p->fd);
	p->fd = -1;
	return true;
}

/* Good-byes are counted from the uppermost layer down. */
static bool
hear_end(struct peer *p)
{
	char data[4096];
	ssize_t n;

	while (!p->ended) {
		n = take_above(p, p->n_layers - p->byes, data, sizeof(data));
		if (n == -1)
			break;
		if (n == 0 && p->byes < p->n_layers)
			p->byes++;
		if (n > 0 && p->byes == 0)
			buf_append(&p->got, data, (size_t)n);
	}
	return p->ended;
}

static bool
do_step(struct peer *p)
{
	switch (p->step->act) {
	case PEER_HOLD:
		return false;
	case PEER_TLS:
		return shake_hands(p);
	case PEER_HEAR:
		return hear(p);
	case PEER_TAKE:
		return take_all(p);
	case PEER_SAY:
		return say_above(p, p->n_layers);
	case PEER_RAW:
		return say_above(p, 0);
	case PEER_BYE:
		return SSL_shutdown(p->layers[p->n_layers - 1]) >= 0;
	case PEER_BYE_BELOW:
		return SSL_shutdown(p->layers[0]) >= 0;
	case PEER_FIN:
		return shutdown(p->fd, SHUT_WR) == 0;
	case PEER_CLOSE:
		return close_socket(p, false);
	case PEER_RESET:
		return close_socket(p, true);
	case PEER_END:
		return hear_end(p);
	}
	return false;
}

bool
peer_turn(struct peer *p)
{
	size_t before = p->got.len + p->progress;
	bool moved = false;

	while (do_step(p)) {
		p->step++;
		p->progress = 0;
		moved = true;
	}
	return moved || p->got.len + p->progress != before;
}

int
peer_listen(int *port, int rcvbuf)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(sin);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	if (rcvbuf > 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &rcvbuf, sizeof(rcvbuf));
	if (bind(fd, (struct sockaddr *)&sin, sizeof(sin)) == -1 ||
	    listen(fd, 8) == -1 ||
	    getsockname(fd, (struct sockaddr *)&sin, &len) == -1)
		fatal("a listener");
	*port = ntohs(sin.sin_port);
	return fd;
}
