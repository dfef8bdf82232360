/* SPDX-License-Identifier: ISC
 *
 * Whether this daemon itself runs in a container, where the name that the
 * kernel gives is the container's and not the host's.
 */
#ifndef TAGGERD_INCONTAINER_H
#define TAGGERD_INCONTAINER_H

#include <stdbool.h>
#include <stddef.h>

struct config;

/* Looks at what runtimes and orchestrators leave in a container, and at our
 * own cgroup. */
bool incontainer(const struct config *config);

/* Whether the text of a /proc/self/cgroup names a container: an id of 64 hex
 * digits stands in it. Pure. */
bool incontainer_cgroup(const char *text, size_t len);

#endif
