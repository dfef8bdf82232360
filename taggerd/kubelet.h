/* SPDX-License-Identifier: ISC
 *
 * The kubelet as a source: the pods of this node and their containers. Finds
 * out where to ask, lists each LIMIT_SOURCE_POLL while something changes and
 * at once on a miss, passes the pods on to env.feed, and offers the node's
 * name as the host's. Where there is no Kubernetes it is quiet.
 */
#ifndef TAGGERD_KUBELET_H
#define TAGGERD_KUBELET_H

#include <stdio.h>

#include "source.h"

/* What Kubernetes mounts into each container: files `token` and `ca.crt`. */
#define KUBELET_SECRETS "/var/run/secrets/kubernetes.io/serviceaccount"

/* Whether what the configuration says of the kubelet can be used; says on
 * `out` what is wrong. */
bool kubelet_check(const struct config *config, FILE *out);

/* Starts looking; for the table in sources.c. */
struct source kubelet_source(const struct source_env *env);

#endif
