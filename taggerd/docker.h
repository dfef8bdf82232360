/* SPDX-License-Identifier: ISC
 *
 * Docker as a source of tags, and podman where it imitates Docker: which
 * containers there are, their names, images, health and addresses. All of it
 * comes through the broker; taggerd itself cannot open docker.sock.
 */
#ifndef TAGGERD_DOCKER_H
#define TAGGERD_DOCKER_H

#include "source.h"

/* Makes the source; it begins to look as soon as the loop runs. */
struct source docker_source(const struct source_env *env);

#endif
