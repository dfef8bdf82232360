/* SPDX-License-Identifier: ISC
 *
 * What the Kubernetes cluster is called, in lower case: as the configuration
 * says, else by a label of this node, else by what Google's metadata server
 * says of the instance. Nothing is asked before there are pods.
 */
#ifndef TAGGERD_CLUSTERNAME_H
#define TAGGERD_CLUSTERNAME_H

#include "common/strview.h"

struct clustername;
struct kubeapi;
struct source_env;

/* Borrows env and api (NULL: there is no API server). on_known is called
 * when the name comes to be known later, once. */
struct clustername *clustername_new(const struct source_env *env,
    struct kubeapi *api, void (*on_known)(void *arg), void *arg);
void clustername_free(struct clustername *cluster); /* NULL is fine */

/* This host has pods, and is that node of Kubernetes: finds out, unless it
 * has or does already. */
void clustername_look(struct clustername *cluster, struct strview node);

/* Empty: not known. Borrowed until the loop turns. */
const char *clustername_get(const struct clustername *cluster);

#endif
