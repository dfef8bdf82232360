/* SPDX-License-Identifier: ISC
 *
 * A URL taken apart, for the configuration and for whoever is given one in
 * the environment.
 */
#ifndef COMMON_CONFIG_URL_H
#define COMMON_CONFIG_URL_H

#include <stdbool.h>

/* All members are owned. */
struct config_url {
	char *scheme;          /* lower case; NULL: the text had none */
	char *user, *password; /* percent-decoded; NULL without */
	char *host;            /* without brackets */
	char *path;            /* without a '/' at the end, "" for none */
	int port;              /* 0: the text had none */
};

/* Returns 0, or -1 when the text is no URL; *url is to be freed after 0. */
int config_url_parse(const char *text, struct config_url *url);
void config_url_free(struct config_url *url);

/* Whether the host is this machine: localhost, 127.0.0.0/8, ::1. */
bool config_host_is_loopback(const char *host);

#endif
