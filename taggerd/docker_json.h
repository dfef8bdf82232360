/* SPDX-License-Identifier: ISC
 *
 * What the Docker API's answers say, of Docker itself and of podman's
 * imitation. Pure: JSON in, facts out. Of an answer only what is named here
 * is kept; the environment of a container, which often holds secrets, never.
 */
#ifndef TAGGERD_DOCKER_JSON_H
#define TAGGERD_DOCKER_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "common/limits.h"
#include "docker_client.h"

struct facts;

/* The newest version of the API that we know. */
#define DOCKER_API_MAJOR 1
#define DOCKER_API_MINOR 47

struct docker_version {
	struct docker_api api; /* to use with this server */
	bool podman;
	char text[32]; /* the server's own version, printable ASCII */
};

/* One container of a list, or an inspected one. */
struct docker_container {
	char id[BROKER_ID + 1];
	struct facts *facts; /* owned; without image if image_id is set */
	/* Its image, which the answer has no name for; else "". */
	char image_id[BROKER_ID + 1];
	bool ended; /* it does not run (any more) */
};

enum docker_event {
	DOCKER_EVENT_NONE,    /* nothing that concerns us */
	DOCKER_EVENT_CHANGED, /* what is known of the container is old */
	DOCKER_EVENT_ENDED,   /* it died, or is removed */
};

/* GET /version. Returns 0, or -1 with *why (a constant): no such JSON, or no
 * version of the API that we know. */
int docker_json_version(
    const char *text, size_t len, struct docker_version *out, const char **why);

/* GET /info: the name of the host, empty if there is none. Returns 0, or -1
 * if it is no such JSON. */
int docker_json_info(const char *text, size_t len, char *name, size_t size);

/*
 * GET /containers/json: calls on_container for each one, which takes over
 * facts. `type` is what the containers' type is to be. A container without a
 * good id, or past the bounds of json_list.h, is passed over and counted in
 * *refused. Returns 0, or -1 with *why, as json_list_each().
 */
int docker_json_list(const char *text, size_t len, const char *type,
    void (*on_container)(const struct docker_container *container, void *arg),
    void *arg, uint32_t *refused, const char **why);

/* GET /containers/ID/json. Returns 0 and facts that the caller owns, or -1.
 */
int docker_json_container(const char *text, size_t len, const char *type,
    struct docker_container *out);

/* GET /images/ID/json: a name to show, and the digest in its repository,
 * empty if it has none; both are cut to LIMIT_CONTAINER_IMAGE. Returns 0, or
 * -1. */
struct docker_image {
	char name[LIMIT_CONTAINER_IMAGE + 1];
	char digest[LIMIT_CONTAINER_IMAGE + 1];
};
int docker_json_image(const char *text, size_t len, struct docker_image *out);

/* One event; id gets the container's. */
enum docker_event docker_json_event(
    const char *text, size_t len, char id[BROKER_ID + 1]);

/* docker_ports.c: adds the addresses of a container: the published ones, and
 * its own with the ports that it exposes. ports is a list's "Ports" or an
 * inspected container's "NetworkSettings.Ports". */
void docker_ports_add(
    struct facts *facts, const json_t *ports, const json_t *networks);

#endif
