/* SPDX-License-Identifier: ISC
 *
 * Which containers are not reported: container_blacklist and
 * container_whitelist, lists of image:REGEX, name:REGEX and
 * kube_namespace:REGEX, unanchored. The whitelist wins; an empty value never
 * matches. Matching is bounded in time and memory, whatever the names are.
 */
#ifndef TAGGERD_EXCLUSION_H
#define TAGGERD_EXCLUSION_H

#include <stdbool.h>
#include <stdio.h>

#include "common/strview.h"

struct config;
struct exclusion;

/* Returns an owned set of rules, or NULL after saying on `out` what is wrong,
 * a line for each item, as "datadog.conf:7: container_blacklist: ...". */
struct exclusion *exclusion_new(const struct config *config, FILE *out);
void exclusion_free(struct exclusion *exclusion); /* NULL is fine */

/*
 * Whether a container of that name, image and namespace is excluded; `pause`
 * says that a source knows it for a pod's sandbox, which is excluded unless
 * the whitelist wants it. Empty strings are unknown and match nothing.
 */
bool exclusion_match(struct exclusion *exclusion, struct strview name,
    struct strview image, struct strview space, bool pause);

/* Whether that is the image of a pod's sandbox, in Kubernetes: "pause" and
 * what begins with it, or "origin-pod". */
bool exclusion_is_pause(struct strview image);

#endif
