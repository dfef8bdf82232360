/* SPDX-License-Identifier: ISC
 *
 * Pairs of endpoint and API key, for shipperd. It refuses what would send a
 * key in the clear, and never shows one.
 */
#include <stdlib.h>
#include <string.h>

#include "config_private.h"
#include "limits.h"

/* A key goes into a header line, so it is visible ASCII. */
static bool
key_is_sound(const char *key)
{
	for (; *key != '\0'; key++)
		if (*key <= ' ' || *key > '~')
			return false;
	return true;
}

static void
keys_check(struct config_loader *l, const struct config *config)
{
	for (uint32_t i = 0; i < config->api_key.n; i++)
		if (!key_is_sound(config->api_key.v[i]))
			config_error(l, config_origin(config, "api_key"),
			    "api_key: key %u has a blank or a character that"
			    " is not ASCII",
			    i + 1);
}

void
config_endpoint_free(struct config_endpoint *e)
{
	free(e->url);
	free(e->host);
	free(e->path);
	if (e->api_key != NULL)
		explicit_bzero(e->api_key, strlen(e->api_key));
	free(e->api_key);
	*e = (struct config_endpoint){ 0 };
}

/* Host, port and path are taken out of url. */
static void
endpoint_fill(struct config_endpoint *e, const struct config *config,
    struct config_url *url)
{
	bool bracketed = strchr(url->host, ':') != NULL;
	char port[16] = "";

	e->tls = strcmp(url->scheme, "https") == 0;
	e->port = e->tls ? 443 : 80;
	if (url->port != 0) {
		e->port = url->port;
		snprintf(port, sizeof(port), ":%d", e->port);
	}
	e->host = url->host;
	e->path = url->path;
	url->host = url->path = NULL;
	if (asprintf(&e->url, "%s://%s%s%s%s%s", url->scheme,
		bracketed ? "[" : "", e->host, bracketed ? "]" : "", port,
		e->path) == -1)
		fatal("config");
	e->proxied = config_proxy_carries(config, e->host, e->port);
}

/* Without a key the address is checked and forgotten. */
static void
endpoint_add(struct config_loader *l, struct config *config, const char *text,
    const char *key)
{
	struct config_endpoint *e = &config->endpoints[config->n_endpoints];
	struct config_url url;

	if (config_url_parse(text, &url) == -1)
		return; /* was refused with the other values */
	endpoint_fill(e, config, &url);
	config_url_free(&url);
	/* What a proxy is told leaves this host, whatever it is about. */
	if (!e->tls && !config->allow_plaintext_endpoint &&
	    (e->proxied || !config_host_is_loopback(e->host)))
		config_error(l, config_origin(config, "endpoint"),
		    "endpoint: %s would get the API key in the clear; use"
		    " https, or set allow_plaintext_endpoint: yes",
		    e->url);
	if (key == NULL) {
		config_endpoint_free(e);
		return;
	}
	e->api_key = xstrdup(key);
	config->n_endpoints++;
}

void
config_endpoints_settle(struct config_loader *l, struct config *config)
{
	const struct config_list *urls = &config->endpoint;
	const struct config_list *keys = &config->api_key;
	uint32_t n = urls->n > keys->n ? urls->n : keys->n;
	const char *origin = config_origin(config, "endpoint");

	keys_check(l, config);
	if (n > LIMIT_ENDPOINTS) {
		config_error(l,
		    urls->n == n ? origin : config_origin(config, "api_key"),
		    "endpoint: %u are more than %d", n, LIMIT_ENDPOINTS);
		return;
	}
	if (keys->n > 0 && urls->n != 1 && urls->n != keys->n) {
		config_error(l, origin,
		    "endpoint: %u endpoints but %u API"
		    " keys; they are paired one by one",
		    urls->n, keys->n);
		return;
	}
	config->endpoints = xcalloc(n, sizeof(*config->endpoints));
	for (uint32_t i = 0; i < n; i++)
		endpoint_add(l, config, urls->v[urls->n == 1 ? 0 : i],
		    keys->n > 0 ? keys->v[i] : NULL);
}
