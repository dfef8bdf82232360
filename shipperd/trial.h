/* SPDX-License-Identifier: ISC
 *
 * `shipperd -t`: tries the way to every endpoint once, as shipperd itself
 * would go it, and says for a person how far it came.
 */
#ifndef SHIPPERD_TRIAL_H
#define SHIPPERD_TRIAL_H

#include <stdbool.h>
#include <stdio.h>

struct config;

/* Blocks until all are through. Returns whether every endpoint is in order;
 * without any there is nothing that could fail. */
bool trial_run(const struct config *config, FILE *out);

#endif
