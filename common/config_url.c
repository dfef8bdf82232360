/* SPDX-License-Identifier: ISC
 *
 * Taking the URL of an endpoint or a proxy apart. Pure. It refuses what it
 * does not understand, as what is left of a half-understood URL would be a
 * host that nobody meant.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config_private.h"

/* Percent-decodes a user or password; NULL where it is malformed. */
static char *
percent_decode(const char *s, size_t len)
{
	char *out = xcalloc(len + 1, 1), *p = out;

	for (size_t i = 0; i < len; i++) {
		if (s[i] != '%') {
			*p++ = s[i];
			continue;
		}
		if (i + 2 >= len || !isxdigit((unsigned char)s[i + 1]) ||
		    !isxdigit((unsigned char)s[i + 2]) ||
		    strncmp(s + i, "%00", 3) == 0) {
			free(out);
			return NULL;
		}
		*p++ = (char)strtol(
		    (char[]){ s[i + 1], s[i + 2], '\0' }, NULL, 16);
		i += 2;
	}
	return out;
}

/* "user:password", both percent-encoded. */
static int
parse_userinfo(const char *s, size_t len, struct config_url *url)
{
	const char *colon = memchr(s, ':', len);
	size_t user = colon != NULL ? (size_t)(colon - s) : len;

	url->user = percent_decode(s, user);
	if (url->user == NULL)
		return -1;
	if (colon == NULL)
		return 0;
	url->password = percent_decode(colon + 1, len - user - 1);
	return url->password != NULL ? 0 : -1;
}

static int
parse_port(const char *s, size_t len, int *port)
{
	int n = 0;

	if (len == 0 || len > 5)
		return -1;
	for (; len > 0; s++, len--) {
		if (!isdigit((unsigned char)*s))
			return -1;
		n = n * 10 + (*s - '0');
	}
	*port = n;
	return n >= 1 && n <= 65535 ? 0 : -1;
}

/* A name (with '_', as compose files have it), an IPv4 address, or an IPv6
 * address in brackets; then ":port" or nothing. */
static int
parse_hostport(const char *s, size_t len, struct config_url *url)
{
	const char *end = s + len, *p = s;
	struct in6_addr v6;

	if (len > 0 && *s == '[') {
		p = memchr(s, ']', len);
		if (p == NULL)
			return -1;
		url->host = strndup(s + 1, (size_t)(p - s - 1));
		p++;
		if (inet_pton(AF_INET6, url->host, &v6) != 1)
			return -1;
	} else {
		while (p < end &&
		    (isalnum((unsigned char)*p) || *p == '.' || *p == '-' ||
			*p == '_'))
			p++;
		if (p == s || p - s > 255)
			return -1;
		url->host = strndup(s, (size_t)(p - s));
	}
	if (p == end)
		return 0;
	if (*p != ':')
		return -1;
	return parse_port(p + 1, (size_t)(end - p - 1), &url->port);
}

/* Visible ASCII without a query or fragment, "/" at its end taken off. */
static int
parse_path(const char *s, struct config_url *url)
{
	size_t len = strlen(s);

	for (const char *p = s; *p != '\0'; p++)
		if (*p <= ' ' || *p > '~' || *p == '?' || *p == '#')
			return -1;
	while (len > 0 && s[len - 1] == '/')
		len--;
	url->path = strndup(s, len);
	return 0;
}

static int
parse_scheme(const char *s, size_t len, struct config_url *url)
{
	if (len == 0)
		return -1;
	url->scheme = strndup(s, len);
	for (char *p = url->scheme; *p != '\0'; p++) {
		if (!isalnum((unsigned char)*p))
			return -1;
		*p = (char)tolower((unsigned char)*p);
	}
	return 0;
}

int
config_url_parse(const char *text, struct config_url *url)
{
	const char *sep = strstr(text, "://"), *at = NULL;
	size_t len;

	*url = (struct config_url){ 0 };
	if (sep != NULL) {
		if (parse_scheme(text, (size_t)(sep - text), url) == -1)
			goto bad;
		text = sep + 3;
	}
	len = strcspn(text, "/?#");
	for (size_t i = 0; i < len; i++)
		if (text[i] == '@')
			at = text + i;
	if (at != NULL) {
		if (parse_userinfo(text, (size_t)(at - text), url) == -1)
			goto bad;
		len -= (size_t)(at + 1 - text);
		text = at + 1;
	}
	if (parse_hostport(text, len, url) == 0 &&
	    parse_path(text + len, url) == 0)
		return 0;
bad:
	config_url_free(url);
	return -1;
}

void
config_url_free(struct config_url *url)
{
	if (url->password != NULL)
		explicit_bzero(url->password, strlen(url->password));
	free(url->scheme);
	free(url->user);
	free(url->password);
	free(url->host);
	free(url->path);
	*url = (struct config_url){ 0 };
}

bool
config_host_is_loopback(const char *host)
{
	struct in6_addr v6;
	struct in_addr v4;

	if (strcasecmp(host, "localhost") == 0)
		return true;
	if (inet_pton(AF_INET, host, &v4) == 1)
		return ntohl(v4.s_addr) >> 24 == 127;
	return inet_pton(AF_INET6, host, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}
