/* SPDX-License-Identifier: ISC
 *
 * The sources of containers: which there are, and which of them
 * DD_PROCESS_AGENT_CONTAINER_SOURCE leaves.
 */
#ifndef TAGGERD_SOURCES_H
#define TAGGERD_SOURCES_H

#include <stdio.h>

#include "source.h"

/* The most that sources_make() makes. */
#define SOURCES_MOST 8

/* Whether the configuration names no source, or one that exists, and says
 * nothing impossible of any; says on `out` what is wrong. */
bool sources_check(const struct config *config, FILE *out);

/* Makes those that env->config leaves, and starts them. Returns how many. */
unsigned sources_make(
    struct source made[SOURCES_MOST], const struct source_env *env);

/* Ends and frees them. */
void sources_free(struct source *made, unsigned n);

#endif
