/* SPDX-License-Identifier: ISC
 *
 * Where ECS may be asked on this host: the agent's introspection, which
 * knows all tasks of an instance, or the metadata of our own task, which is
 * all there is on Fargate. Hosts that have nothing to do with ECS should not
 * notice: without a sign of it nothing is asked beyond this host itself.
 */
#ifndef TAGGERD_ECS_PLACES_H
#define TAGGERD_ECS_PLACES_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>

struct config;

/* The most places there are. */
#define ECS_PLACES 6

enum ecs_kind {
	ECS_AGENT, /* introspection, on EC2 */
	ECS_TASK,  /* task metadata, version 2 to 4 */
};

struct ecs_place {
	enum ecs_kind kind;
	char *host; /* owned; a name or a literal address */
	int port;
	char *path; /* owned; ECS_TASK: of the task; ECS_AGENT: a prefix */
};

struct ecs_places {
	struct ecs_place v[ECS_PLACES]; /* the first that answers counts */
	unsigned n;
	bool expected; /* something says that this is ECS */
};

/* Whether ecs_agent_url is unset or an http URL; says on `out` what is
 * wrong. */
bool ecs_places_check(const struct config *config, FILE *out);

/*
 * Fills *places, to be cleared. gateway: the default gateway, NULL if there
 * is none; from in a container it may be the host. A URL of the environment
 * that is none is left out, with a warning.
 */
void ecs_places_find(struct ecs_places *places, const struct config *config,
    bool in_container, const struct in_addr *gateway);
void ecs_places_clear(struct ecs_places *places);

#endif
