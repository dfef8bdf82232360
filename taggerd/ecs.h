/* SPDX-License-Identifier: ISC
 *
 * ECS as a source: the tasks of this host. Finds out where to ask, lists
 * each LIMIT_SOURCE_POLL and on a miss; on Fargate it offers the task's ARN
 * for a host name. Where there is no ECS it is quiet.
 */
#ifndef TAGGERD_ECS_H
#define TAGGERD_ECS_H

#include <stdio.h>

#include "source.h"

/* Whether what the configuration says of ECS can be used; says on `out` what
 * is wrong. */
bool ecs_check(const struct config *config, FILE *out);

/* Starts looking; for the table in sources.c. */
struct source ecs_source(const struct source_env *env);

#endif
