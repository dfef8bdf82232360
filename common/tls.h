/* SPDX-License-Identifier: ISC
 *
 * TLS towards a server: at least 1.2, the chain and the name verified,
 * errors in words. What OpenSSL is told, it is told here.
 */
#ifndef COMMON_TLS_H
#define COMMON_TLS_H

#include <stdbool.h>
#include <stddef.h>

struct ssl_st;
struct tls;

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

/* Why the connection of ssl failed; `code` is OpenSSL's error, or what
 * libevent has in its place. */
void tls_explain(
    struct ssl_st *ssl, unsigned long code, char *out, size_t size);

/* "TLSv1.3 TLS_AES_256_GCM_SHA384", and ", not verified" when it was not. */
void tls_describe(struct ssl_st *ssl, char *out, size_t size);

#endif
