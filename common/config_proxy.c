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
	if (config_url_parse(text, &url) == -1) {
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

/* An address or a network ("10.0.0.0/8") of NO_PROXY. */
static bool
network_holds(const char *item, const char *host)
{
	unsigned char net[sizeof(struct in6_addr)], addr[sizeof(net)];
	const char *slash = strchr(item, '/');
	size_t len = slash != NULL ? (size_t)(slash - item) : strlen(item);
	char text[INET6_ADDRSTRLEN];
	int family = strchr(host, ':') != NULL ? AF_INET6 : AF_INET;
	unsigned bits = family == AF_INET6 ? 128 : 32;

	if (len >= sizeof(text))
		return false;
	memcpy(text, item, len);
	text[len] = '\0';
	if (inet_pton(family, text, net) != 1 ||
	    inet_pton(family, host, addr) != 1)
		return false;
	if (slash != NULL) {
		char *end;
		unsigned long n = strtoul(slash + 1, &end, 10);

		if (!isdigit((unsigned char)slash[1]) || *end != '\0' ||
		    n > bits)
			return false;
		bits = (unsigned)n;
	}
	return same_prefix(net, addr, bits);
}

/* "example.com" is that and all below it, ".example.com" what is below;
 * ":port" at the end must fit too. */
static bool
domain_holds(const char *item, const char *host, int port)
{
	const char *colon = strrchr(item, ':');
	size_t len = colon != NULL ? (size_t)(colon - item) : strlen(item);
	size_t host_len = strlen(host), below;

	if (colon != NULL && strtol(colon + 1, NULL, 10) != port)
		return false;
	if (len > 1 && item[0] == '*' && item[1] == '.') {
		item++;
		len--;
	}
	if (len == 0 || len > host_len)
		return false;
	below = host_len - len;
	if (strncasecmp(host + below, item, len) != 0)
		return false;
	return *item == '.' || below == 0 || host[below - 1] == '.';
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
	for (uint32_t i = 0; i < config->no_proxy.n; i++) {
		const char *item = config->no_proxy.v[i];

		if (strcmp(item, "*") == 0 || network_holds(item, host) ||
		    domain_holds(item, host, port))
			return false;
	}
	return true;
}
