/* SPDX-License-Identifier: ISC
 *
 * The kubelet's list of pods, as facts: pure but for memory, no I/O.
 */
#ifndef TAGGERD_PODS_H
#define TAGGERD_PODS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/strview.h"

struct facts;

/* What others need to know of a pod. Borrowed for the call. */
struct pod {
	struct strview uid;
	struct strview space; /* its namespace */
	struct strview node;  /* name of the node it runs on */
	json_t *labels;       /* an object, or NULL */
	bool takes_services;  /* ready, with an address of its own */
	bool settled;         /* each of its containers has an id, and runs or
				 has ended */
};

/* Who takes over the facts. A pod's containers come before the pod. Of one
 * that has ended there is the uid only: what was said before is to end. */
struct pods_calls {
	void (*on_container)(struct strview id, struct facts *facts, void *arg);
	void (*on_pod)(const struct pod *pod, struct facts *facts, void *arg);
	void (*on_ended)(struct strview uid, void *arg);
	void *arg;
};

/*
 * Reads what GET /pods answers. Items that are past the bounds, or
 * no JSON, are counted in *refused. Returns 0, or -1 with *why (a constant)
 * when it is no list of pods.
 */
int pods_parse(const char *text, size_t len, const struct pods_calls *calls,
    uint32_t *refused, const char **why);

/* Adds the tags of one owner: kind "ReplicaSet", name "db-5c78c65d4b" is
 * replica_set, and deployment "db". */
void pods_add_owner(
    struct facts *facts, struct strview kind, struct strview name);

/* A quantity of Kubernetes ("250m", "1.5", "128Mi", "1e3"), or 0 if it is
 * none, or negative. */
double pods_parse_quantity(struct strview text);

#endif
