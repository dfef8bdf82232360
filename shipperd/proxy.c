/* SPDX-License-Identifier: ISC
 *
 * Basic authentication (RFC 7617) takes any bytes, as they are encoded; what
 * it cannot carry (a ':' in the user) the configuration has refused.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "common/log.h"
#include "common/schema.h"
#include "common/version.h"
#include "proxy.h"
#include "request.h"

static const char *const schemes[] = {
	[CONFIG_PROXY_HTTP] = "http",
	[CONFIG_PROXY_HTTPS] = "https",
	[CONFIG_PROXY_SOCKS5] = "socks5",
};

static void
free_secret(char *secret)
{
	if (secret != NULL)
		explicit_bzero(secret, strlen(secret));
	free(secret);
}

/* "Basic " and user:password in base64; owned. */
static char *
make_authorization(const char *user, const char *password)
{
	static const char basic[] = "Basic ";
	char *plain, *out;
	int len = asprintf(&plain, "%s:%s", user, password);

	if (len == -1)
		fatalx("out of memory");
	out = xcalloc(1, sizeof(basic) + ((size_t)len + 2) / 3 * 4);
	memcpy(out, basic, sizeof(basic) - 1);
	EVP_EncodeBlock((unsigned char *)out + sizeof(basic) - 1,
	    (const unsigned char *)plain, len);
	free_secret(plain);
	return out;
}

struct proxy *
proxy_new(const struct config_proxy *config)
{
	struct proxy *p;
	bool v6;

	if (config->scheme == CONFIG_PROXY_NONE)
		return NULL;
	p = xcalloc(1, sizeof(*p));
	v6 = strchr(config->host, ':') != NULL;
	p->scheme = config->scheme;
	p->host = xstrdup(config->host);
	p->port = config->port;
	if (config->user != NULL) {
		p->user = xstrdup(config->user);
		p->password = xstrdup(
		    config->password != NULL ? config->password : "");
		p->authorization = make_authorization(p->user, p->password);
	}
	if (asprintf(&p->text, "%s://%s%s%s:%d", schemes[p->scheme],
		v6 ? "[" : "", p->host, v6 ? "]" : "", p->port) == -1)
		fatalx("out of memory");
	p->refs = 1;
	return p;
}

struct proxy *
proxy_ref(struct proxy *p)
{
	if (p != NULL)
		p->refs++;
	return p;
}

void
proxy_unref(struct proxy *p)
{
	if (p == NULL || --p->refs > 0)
		return;
	free(p->host);
	free_secret(p->user);
	free_secret(p->password);
	free_secret(p->authorization);
	free(p->text);
	free(p);
}

void
proxy_aim(const struct proxy *p, struct request_target *target)
{
	bool reads = p != NULL && p->scheme != CONFIG_PROXY_SOCKS5;

	target->absolute = reads && !target->tls;
	target->authorization = reads && !target->tls ? p->authorization : NULL;
}

static void
add_text(struct buf *out, const char *text)
{
	buf_append(out, text, strlen(text));
}

void
proxy_write_connect(
    const struct proxy *p, const char *host, int port, struct buf *out)
{
	bool v6 = strchr(host, ':') != NULL;
	char authority[300];

	snprintf(authority, sizeof(authority), "%s%s%s:%d", v6 ? "[" : "", host,
	    v6 ? "]" : "", port);
	add_text(out, "CONNECT ");
	add_text(out, authority);
	add_text(out, " HTTP/1.1\r\nHost: ");
	add_text(out, authority);
	add_text(out, "\r\nUser-Agent: datadog-agent/" VERSION "\r\n");
	if (p->authorization != NULL) {
		add_text(out, "Proxy-Authorization: ");
		add_text(out, p->authorization);
		add_text(out, "\r\n");
	}
	add_text(out, "\r\n");
}

void
proxy_explain_status(const struct proxy *p, int status, char *out, size_t size)
{
	bool login = p->authorization != NULL;
	const char *text;

	switch (status) {
	case 401: /* of tinyproxy */
	case 407:
		text = login ? "it refuses the user or the password"
			     : "it wants a user and a password";
		break;
	case 403:
		text = "it forbids the connection to the endpoint";
		break;
	case 502:
	case 503:
	case 504:
		text = "it cannot reach the endpoint";
		break;
	default:
		text = "it makes no connection";
		break;
	}
	snprintf(out, size, "%s (status %d)", text, status);
}
