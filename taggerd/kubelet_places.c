/* SPDX-License-Identifier: ISC
 *
 * The list of places. Pure.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "common/config.h"
#include "common/hostname.h"
#include "common/log.h"
#include "kubelet_places.h"

/* A name, or an address without brackets. */
static bool
is_host(const char *text)
{
	unsigned char address[sizeof(struct in6_addr)];
	const char *p;

	if (inet_pton(AF_INET6, text, address) == 1)
		return true;
	for (p = text; *p != '\0'; p++)
		if (!isalnum((unsigned char)*p) && strchr("-._", *p) == NULL)
			return false;
	return p > text && p - text <= HOSTNAME_MAX;
}

bool
kubelet_places_check(const struct config *config, FILE *out)
{
	bool crt = config->kubelet_client_crt != NULL;
	bool key = config->kubelet_client_key != NULL;
	bool good = true;

	if (config->kubelet_host != NULL && !is_host(config->kubelet_host)) {
		fprintf(out,
		    "%s: kubelet_host: \"%.64s\" is no host name or address\n",
		    config_origin(config, "kubelet_host"),
		    config->kubelet_host);
		good = false;
	}
	if (crt != key) {
		fprintf(out, "%s: kubelet_client_%s: needs kubelet_client_%s\n",
		    config_origin(config,
			crt ? "kubelet_client_crt" : "kubelet_client_key"),
		    crt ? "crt" : "key", crt ? "key" : "crt");
		good = false;
	}
	return good;
}

static void
add(struct kubelet_places *p, const struct config *config, const char *host)
{
	unsigned i;

	if (host == NULL || !is_host(host))
		return;
	for (i = 0; i < p->n; i++)
		if (strcmp(p->v[i].host, host) == 0)
			return;
	p->v[p->n++] = (struct kubelet_place){ xstrdup(host),
		(int)config->kubelet_https_port, true };
	p->v[p->n++] = (struct kubelet_place){ xstrdup(host),
		(int)config->kubelet_http_port, false };
}

void
kubelet_places_find(struct kubelet_places *places, const struct config *config,
    const char *docker)
{
	*places = (struct kubelet_places){ 0 };
	places->expected = config->kubelet_host != NULL ||
	    config->kubelet_nodename != NULL ||
	    config->kubernetes_service_host != NULL;
	if (config->kubelet_host != NULL) {
		add(places, config, config->kubelet_host);
		return;
	}
	add(places, config, config->kubelet_nodename);
	add(places, config, docker);
}

void
kubelet_places_clear(struct kubelet_places *places)
{
	unsigned i;

	for (i = 0; i < places->n; i++)
		free(places->v[i].host);
	*places = (struct kubelet_places){ 0 };
}
