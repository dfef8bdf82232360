/* SPDX-License-Identifier: ISC
 *
 * What the ECS agent and the task metadata endpoints answer, made facts.
 * Every byte of it is foreign. Pure but for memory.
 */
#ifndef TAGGERD_ECS_JSON_H
#define TAGGERD_ECS_JSON_H

#include <stddef.h>
#include <stdint.h>

#include "common/strview.h"

struct facts;

/* bytes of an ARN or a cluster's name that are kept, with the NUL; those of
 * today have 120 at most */
#define ECS_NAME_MOST 256

/* One reading of an answer. */
struct ecs_reading {
	/* In: called for each container that is there, which then owns the
	 * facts; id is borrowed. */
	void (*on_container)(struct strview id, struct facts *facts, void *arg);
	void *arg;
	const char *type; /* of the containers; NULL: others know */

	/* The cluster's name. In for ecs_parse_tasks(), out for the others. */
	char cluster[ECS_NAME_MOST];
	char task_arn[ECS_NAME_MOST]; /* out, of ecs_parse_task() */
	uint32_t tasks;               /* out: those that have not stopped */
	uint32_t refused;             /* out: left out as no such thing */
	const char *why;              /* out, a constant: when it fails */
};

/* Each parses text[0..len) and returns 0, or -1 with why when it is not what
 * such an answer is. */

/* GET / of the agent: says which commands it has (AvailableCommands). */
int ecs_parse_commands(const char *text, size_t len, struct ecs_reading *r);
/* GET /v1/metadata of the agent: the cluster. */
int ecs_parse_instance(const char *text, size_t len, struct ecs_reading *r);
/* GET /v1/tasks of the agent: all tasks of the host. Containers may have
 * been handed over before it fails. */
int ecs_parse_tasks(const char *text, size_t len, struct ecs_reading *r);
/* Metadata of one task, versions 2 to 4. */
int ecs_parse_task(const char *text, size_t len, struct ecs_reading *r);

#endif
