/* SPDX-License-Identifier: ISC
 *
 * The API server of Kubernetes as a source: it adds to the pods that the
 * kubelet lists the services that select them, and the cluster's name. It
 * lists the cluster's services once, and watches them from then on. Without
 * one it is absent; the name may be known all the same.
 */
#ifndef TAGGERD_APISERVER_H
#define TAGGERD_APISERVER_H

#include "source.h"

/* Starts looking; for the table in sources.c. To be made behind the
 * kubelet's, whose pods come by env.feed. */
struct source apiserver_source(const struct source_env *env);

#endif
