/* SPDX-License-Identifier: ISC
 *
 * TLS towards a server: at least 1.2, keys and signatures that hold, the
 * chain and the name verified, errors in words. What OpenSSL is told, it is
 * told here.
 */
#ifndef COMMON_TLS_H
#define COMMON_TLS_H

#include <stdbool.h>
#include <stddef.h>

struct ssl_session_st;
struct ssl_st;
struct tls;

/* What the next connection to the same peer may resume; owned. Starts as
 * zero. It belongs to one peer's name and one context: clear it when either
 * changes, or nobody would look at a certificate again. */
struct tls_session {
	struct ssl_session_st *session; /* NULL without one */
};

/*
 * A context that trusts the certificates of ca_file (NULL: the system's
 * bundle). With `insecure` nothing is verified; the caller warns of it.
 * Returns NULL with an error in why, as "FILE: reason".
 */
struct tls *tls_new(const char *ca_file, bool insecure, char *why, size_t size);
void tls_free(struct tls *tls);

/* The certificate that servers are shown, with its key: both are PEM files.
 * Returns 0, or -1 with an error in why, as "FILE: reason". */
int tls_set_certificate(struct tls *tls, const char *crt_file,
    const char *key_file, char *why, size_t size);

/* A client's side for one connection to host, a name or a literal address:
 * names get SNI. Owned by the caller. Fatal without memory. */
struct ssl_st *tls_client_new(struct tls *tls, const char *host);

/* Has ssl, whose handshake has not begun, resume the session in slot if there
 * is one, and put the new ones there; slot must outlive ssl. A session of
 * TLS 1.3 is used once, so that nobody can link the connections (RFC 8446). */
void tls_client_resume(struct ssl_st *ssl, struct tls_session *slot);
void tls_session_clear(struct tls_session *slot);

/* Why the connection of ssl failed; `code` is OpenSSL's error, or what
 * libevent has in its place. */
void tls_explain(
    struct ssl_st *ssl, unsigned long code, char *out, size_t size);

/* "TLSv1.3 TLS_AES_256_GCM_SHA384", ", resumed" when no certificate was
 * needed, and ", not verified" when none is looked at. */
void tls_describe(struct ssl_st *ssl, char *out, size_t size);

#endif
