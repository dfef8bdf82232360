/* SPDX-License-Identifier: ISC
 *
 * Which proxy counts, and for whom. A proxy that is named but makes no
 * sense is an error: nothing here may turn it into a direct connection.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config_private.h"
#include "limits.h"

/* Returns NONE for a scheme that is no proxy's. */
static enum config_proxy_scheme
scheme_parse(const char *name)
{
	if (name == NULL || strcmp(name, "http") == 0)
		return CONFIG_PROXY_HTTP;
	if (strcmp(name, "https") == 0)
		return CONFIG_PROXY_HTTPS;
	if (strcmp(name, "socks5") == 0 || strcmp(name, "socks5h") == 0)
		return CONFIG_PROXY_SOCKS5;
	return CONFIG_PROXY_NONE;
}

/* The port of a proxy whose URL names none. */
static int
scheme_port(enum config_proxy_scheme scheme)
{
	if (scheme == CONFIG_PROXY_HTTPS)
		return 443;
	return scheme == CONFIG_PROXY_SOCKS5 ? 1080 : 80;
}

static char *
take(char **from)
{
	char *s = *from;

	*from = NULL;
	return s;
}

/* An IPv6 address may stand alone, as its port has a key of its own. */
static int
url_parse(const char *text, struct config_url *url)
{
	struct in6_addr v6;
	char bracketed[INET6_ADDRSTRLEN + 2];

	if (inet_pton(AF_INET6, text, &v6) != 1)
		return config_url_parse(text, url);
	snprintf(bracketed, sizeof(bracketed), "[%s]", text);
	return config_url_parse(bracketed, url);
}

/* Fills config->proxy from the value of `key`, which may hold a password
 * and so is never shown. */
static int
proxy_parse(struct config_loader *l, struct config *config, enum config_key key,
    const char *text)
{
	struct config_proxy *proxy = &config->proxy;
	struct config_url url;
	const char *name = config_meta[key].name;

	proxy->source = config->origin[key];
	if (url_parse(text, &url) == -1) {
		config_error(l, proxy->source,
		    "%s: the value is no host and"
		    " no URL, as http://proxy.example.com:3128 is",
		    name);
		return -1;
	}
	proxy->scheme = scheme_parse(url.scheme);
	if (proxy->scheme == CONFIG_PROXY_NONE || *url.path != '\0') {
		config_error(l, proxy->source,
		    "%s: a proxy is http, https or"
		    " socks5, and has no path",
		    name);
		proxy->scheme = CONFIG_PROXY_NONE;
		config_url_free(&url);
		return -1;
	}
	proxy->host = take(&url.host);
	proxy->user = take(&url.user);
	proxy->password = take(&url.password);
	proxy->port = url.port;
	config_url_free(&url);
	return 0;
}

/* proxy_user and proxy_password go with proxy_host, over those in its URL. */
static void
proxy_take_keys(struct config *config)
{
	struct config_proxy *proxy = &config->proxy;

	if (proxy->port == 0)
		proxy->port = config->proxy_port;
	if (config->proxy_user != NULL) {
		free(proxy->user);
		proxy->user = xstrdup(config->proxy_user);
	}
	if (config->proxy_password != NULL) {
		free(proxy->password);
		proxy->password = xstrdup(config->proxy_password);
	}
}

static size_t
length(const char *s)
{
	return s != NULL ? strlen(s) : 0;
}

/* What the proxy's protocol cannot carry would be cut, or be another user. */
static void
login_check(struct config_loader *l, struct config_proxy *proxy)
{
	bool socks = proxy->scheme == CONFIG_PROXY_SOCKS5;

	if (socks &&
	    (length(proxy->user) > LIMIT_SOCKS_LOGIN ||
		length(proxy->password) > LIMIT_SOCKS_LOGIN))
		config_error(l, proxy->source,
		    "the proxy's user and password have at most %d bytes each"
		    " with socks5",
		    LIMIT_SOCKS_LOGIN);
	if (!socks && proxy->user != NULL && strchr(proxy->user, ':') != NULL)
		config_error(l, proxy->source,
		    "the proxy's user has a ':', which an http proxy takes for"
		    " the end of the user");
	if (proxy->user != NULL || proxy->password == NULL)
		return;
	config_warn(l, proxy->source,
	    "the proxy has a password but no user, so neither is sent");
	explicit_bzero(proxy->password, strlen(proxy->password));
	free(proxy->password);
	proxy->password = NULL;
}

static bool
is_from_env(const struct config *config, enum config_key key)
{
	return strncmp(config_origin(config, config_meta[key].name), "env ",
		   4) == 0;
}

void
config_proxy_settle(struct config_loader *l, struct config *config)
{
	enum config_key key = CONFIG_KEY_https_proxy;
	const char *text = config->https_proxy;

	if (config->proxy_host != NULL &&
	    (config->dd_proxy_https == NULL ||
		is_from_env(config, CONFIG_KEY_proxy_host))) {
		key = CONFIG_KEY_proxy_host;
		text = config->proxy_host;
	} else if (config->dd_proxy_https != NULL) {
		key = CONFIG_KEY_dd_proxy_https;
		text = config->dd_proxy_https;
	}
	config->proxy.obeys_no_proxy = key == CONFIG_KEY_https_proxy;
	if (text == NULL || proxy_parse(l, config, key, text) == -1)
		return;
	if (key == CONFIG_KEY_proxy_host)
		proxy_take_keys(config);
	else if (config->proxy.port == 0)
		config->proxy.port = scheme_port(config->proxy.scheme);
	login_check(l, &config->proxy);
}

/* Whether the first `bits` bits of both addresses are the same. */
static bool
same_prefix(const unsigned char *a, const unsigned char *b, unsigned bits)
{
	unsigned bytes = bits / 8, rest = bits % 8;

	if (memcmp(a, b, bytes) != 0)
		return false;
	return rest == 0 || (a[bytes] ^ b[bytes]) >> (8 - rest) == 0;
}

/* The number of digits that text is, or -1. */
static long
number_parse(const char *text)
{
	char *end;
	long n;

	if (!isdigit((unsigned char)*text))
		return -1;
	n = strtol(text, &end, 10);
	return *end == '\0' && n <= 65535 ? n : -1;
}

/*
 * An item of NO_PROXY in its parts: "name", "name:port", "address",
 * "address:port", "[address]:port", "network/bits".
 */
struct no_proxy {
	char host[256]; /* without brackets */
	long port;      /* 0: any */
	long bits;      /* -1: no network */
};

static int
no_proxy_parse(const char *item, struct no_proxy *out)
{
	const char *colon = strrchr(item, ':'), *slash = strchr(item, '/');
	size_t len = strlen(item);

	*out = (struct no_proxy){ .bits = -1 };
	if (item[0] == '[' && strchr(item, ']') != NULL) {
		len = strcspn(item, "]") - 1;
		item++;
		if (colon == item + len + 1)
			out->port = number_parse(colon + 1);
		else if (item[len + 1] != '\0')
			return -1;
	} else if (slash != NULL) {
		len = (size_t)(slash - item);
		out->bits = number_parse(slash + 1);
		if (out->bits == -1)
			return -1;
	} else if (colon != NULL && strchr(item, ':') == colon) {
		len = (size_t)(colon - item);
		out->port = number_parse(colon + 1);
	}
	if (len == 0 || len >= sizeof(out->host) || out->port == -1)
		return -1;
	memcpy(out->host, item, len);
	return 0;
}

/* host is an address; the item is that one, or a network it is in. */
static bool
network_holds(const struct no_proxy *item, const char *host)
{
	unsigned char net[sizeof(struct in6_addr)], addr[sizeof(net)];
	int family = strchr(host, ':') != NULL ? AF_INET6 : AF_INET;
	long most = family == AF_INET6 ? 128 : 32;

	if (inet_pton(family, item->host, net) != 1 ||
	    inet_pton(family, host, addr) != 1 || item->bits > most)
		return false;
	return same_prefix(
	    net, addr, (unsigned)(item->bits == -1 ? most : item->bits));
}

/* "example.com" is that and all below it, ".example.com" and "*.example.com"
 * are what is below. */
static bool
domain_holds(const struct no_proxy *item, const char *host)
{
	const char *name = item->host;
	size_t len, host_len = strlen(host), below;

	if (name[0] == '*' && name[1] == '.')
		name++;
	len = strlen(name);
	if (len > host_len || item->bits != -1)
		return false;
	below = host_len - len;
	if (strcasecmp(host + below, name) != 0)
		return false;
	return *name == '.' || below == 0 || host[below - 1] == '.';
}

static bool
no_proxy_holds(const char *text, const char *host, int port)
{
	unsigned char address[sizeof(struct in6_addr)];
	struct no_proxy item;

	if (strcmp(text, "*") == 0)
		return true;
	if (no_proxy_parse(text, &item) == -1 ||
	    (item.port != 0 && item.port != port))
		return false;
	if (inet_pton(AF_INET, host, address) == 1 ||
	    inet_pton(AF_INET6, host, address) == 1)
		return network_holds(&item, host);
	return domain_holds(&item, host);
}

bool
config_proxy_carries(const struct config *config, const char *host, int port)
{
	if (config->proxy.scheme == CONFIG_PROXY_NONE)
		return false;
	if (!config->proxy.obeys_no_proxy)
		return true;
	if (config_host_is_loopback(host) ||
	    strcmp(host, "169.254.169.254") == 0)
		return false;
	for (uint32_t i = 0; i < config->no_proxy.n; i++)
		if (no_proxy_holds(config->no_proxy.v[i], host, port))
			return false;
	return true;
}
