/* SPDX-License-Identifier: ISC
 *
 * One SSL_CTX, shared by all connections until the next reload; a
 * connection keeps the one it began with. Sessions are kept by those who
 * will resume them, not in the context.
 */
#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "tls.h"

/* OpenSSL's level: RSA of 2048 bits, no signatures with SHA-1. */
#define SECURITY_LEVEL 2

struct tls {
	SSL_CTX *ctx;
};

static void
explain_code(unsigned long code, char *out, size_t size)
{
	const char *reason = ERR_SYSTEM_ERROR(code)
	    ? strerror(ERR_GET_REASON(code))
	    : ERR_reason_error_string(code);

	if (reason != NULL)
		snprintf(out, size, "%s", reason);
	else
		snprintf(out, size, "TLS error %#lx", code);
}

static int
load_trust(SSL_CTX *ctx, const char *ca_file, char *why, size_t size)
{
	char reason[128];

	if (ca_file == NULL) {
		if (SSL_CTX_set_default_verify_paths(ctx) == 1)
			return 0;
		ca_file = "the system's certificates";
	} else if (SSL_CTX_load_verify_file(ctx, ca_file) == 1)
		return 0;
	explain_code(ERR_peek_error(), reason, sizeof(reason));
	snprintf(why, size, "%s: %s", ca_file, reason);
	ERR_clear_error();
	return -1;
}

/* OpenSSL has a session that may be resumed: TLS 1.3 sends several of them
 * after the handshake, of which the last one is kept. It is kept as a copy,
 * because OpenSSL marks its own as useless when the connection breaks. */
static int
on_session(SSL *ssl, SSL_SESSION *session)
{
	struct tls_session *slot = SSL_get_app_data(ssl);

	if (slot == NULL)
		return 0;
	tls_session_clear(slot);
	slot->session = SSL_SESSION_dup(session);
	return 0;
}

static SSL_CTX *
new_context(void)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	if (ctx == NULL ||
	    SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1)
		fatalx("OpenSSL cannot be used");
	if (SSL_CTX_get_security_level(ctx) < SECURITY_LEVEL)
		SSL_CTX_set_security_level(ctx, SECURITY_LEVEL);
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION);
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_session_cache_mode(
	    ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(ctx, on_session);
	return ctx;
}

struct tls *
tls_new(const char *ca_file, bool insecure, char *why, size_t size)
{
	struct tls *tls = xcalloc(1, sizeof(*tls));

	tls->ctx = new_context();
	if (insecure) {
		SSL_CTX_set_verify(tls->ctx, SSL_VERIFY_NONE, NULL);
		return tls;
	}
	SSL_CTX_set_verify(tls->ctx, SSL_VERIFY_PEER, NULL);
	if (load_trust(tls->ctx, ca_file, why, size) == -1) {
		tls_free(tls);
		return NULL;
	}
	return tls;
}

int
tls_set_certificate(struct tls *tls, const char *crt_file, const char *key_file,
    char *why, size_t size)
{
	const char *file = crt_file;
	char reason[128];

	if (SSL_CTX_use_certificate_chain_file(tls->ctx, crt_file) == 1) {
		file = key_file;
		if (SSL_CTX_use_PrivateKey_file(
			tls->ctx, key_file, SSL_FILETYPE_PEM) == 1)
			return 0;
	}
	explain_code(ERR_peek_error(), reason, sizeof(reason));
	snprintf(why, size, "%s: %s", file, reason);
	ERR_clear_error();
	return -1;
}

void
tls_free(struct tls *tls)
{
	if (tls == NULL)
		return;
	SSL_CTX_free(tls->ctx);
	free(tls);
}

static bool
is_address(const char *host)
{
	unsigned char bin[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, host, bin) == 1 ||
	    inet_pton(AF_INET6, host, bin) == 1;
}

/* Names are held against DNS names, addresses against IP addresses of the
 * certificate; never one against the other. */
SSL *
tls_client_new(struct tls *tls, const char *host)
{
	SSL *ssl = SSL_new(tls->ctx);
	X509_VERIFY_PARAM *param;
	int ok;

	if (ssl == NULL)
		fatalx("out of memory");
	param = SSL_get0_param(ssl);
	X509_VERIFY_PARAM_set_hostflags(param,
	    X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS |
		X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
	if (is_address(host))
		ok = X509_VERIFY_PARAM_set1_ip_asc(param, host);
	else
		ok = X509_VERIFY_PARAM_set1_host(param, host, 0) &&
		    SSL_set_tlsext_host_name(ssl, host);
	if (!ok)
		fatalx("%s cannot be verified", host);
	return ssl;
}

void
tls_client_resume(SSL *ssl, struct tls_session *slot)
{
	SSL_set_app_data(ssl, slot);
	if (slot->session == NULL)
		return;
	SSL_set_session(ssl, slot->session);
	if (SSL_SESSION_get_protocol_version(slot->session) >= TLS1_3_VERSION)
		tls_session_clear(slot);
}

void
tls_session_clear(struct tls_session *slot)
{
	SSL_SESSION_free(slot->session);
	slot->session = NULL;
}

/* libevent gives numbers of SSL_get_error() as well; those, and no number,
 * all mean that there was an end and no word. A refused certificate ends the
 * handshake, whatever else OpenSSL has to say. */
void
tls_explain(SSL *ssl, unsigned long code, char *out, size_t size)
{
	bool verifies = SSL_get_verify_mode(ssl) != SSL_VERIFY_NONE;
	long verify = SSL_get_verify_result(ssl);
	int reason = ERR_GET_LIB(code) == ERR_LIB_SSL ? ERR_GET_REASON(code)
						      : 0;

	if (verifies && verify != X509_V_OK)
		snprintf(out, size, "certificate refused: %s",
		    X509_verify_cert_error_string(verify));
	else if (ERR_GET_LIB(code) == 0 ||
	    reason == SSL_R_UNEXPECTED_EOF_WHILE_READING)
		snprintf(out, size, "the connection was cut%s",
		    SSL_is_init_finished(ssl) || SSL_in_before(ssl)
			? ""
			: " in the TLS handshake");
	else if (reason == SSL_R_WRONG_VERSION_NUMBER)
		snprintf(out, size,
		    "what answers does not speak TLS (wrong version number)");
	else
		explain_code(code, out, size);
}

void
tls_describe(SSL *ssl, char *out, size_t size)
{
	bool verified = SSL_get_verify_mode(ssl) != SSL_VERIFY_NONE;

	snprintf(out, size, "%s %s%s%s", SSL_get_version(ssl),
	    SSL_get_cipher_name(ssl),
	    SSL_session_reused(ssl) ? ", resumed" : "",
	    verified ? "" : ", not verified");
}
