/* SPDX-License-Identifier: ISC
 *
 * Whether containers run on this host, told from what is lying about: the
 * answer that process_agent_enabled stands for when nobody set it. Connects
 * to nothing.
 */
#ifndef COMMON_RUNTIME_H
#define COMMON_RUNTIME_H

#include <stdbool.h>

struct config;

/*
 * Names what says that containers run here, the first thing found: the path
 * of a socket (borrowed from config or a constant) or a variable's name.
 * NULL: nothing does. Every daemon gives the same answer.
 */
const char *runtime_found(const struct config *config);

/* Whether we are in a task on Fargate, where the task stands for a host. */
bool runtime_is_fargate(const struct config *config);

#endif
