/* SPDX-License-Identifier: ISC
 *
 * Where the kubelet of this host may be asked: over TLS, where a token is
 * shown, and at its read-only port, where that is refused.
 */
#ifndef TAGGERD_KUBELET_PLACES_H
#define TAGGERD_KUBELET_PLACES_H

#include <stdbool.h>
#include <stdio.h>

struct config;

/* The most places there are. */
#define KUBELET_PLACES 4

struct kubelet_place {
	char *host; /* owned; a name or a literal address */
	int port;
	bool tls;
};

struct kubelet_places {
	struct kubelet_place v[KUBELET_PLACES]; /* the first to list counts */
	unsigned n;
	bool expected; /* something says that this is Kubernetes */
};

/* Whether what the configuration says of the kubelet can be used; says on
 * `out` what is wrong. */
bool kubelet_places_check(const struct config *config, FILE *out);

/* Fills *places, to be cleared. docker: what the Docker engine's host is
 * called, NULL if nobody knows; a node often goes by that name. */
void kubelet_places_find(struct kubelet_places *places,
    const struct config *config, const char *docker);
void kubelet_places_clear(struct kubelet_places *places);

#endif
