/* SPDX-License-Identifier: ISC
 *
 * Containers of pods that the kubelet never lists: with containerd and its
 * like, those that only hold the pod's namespaces. Told apart from what the
 * kubelet has not noticed yet by what is missing from its lists. Pure logic;
 * the time is passed in as ns of CLOCK_MONOTONIC.
 */
#ifndef TAGGERD_SANDBOXES_H
#define TAGGERD_SANDBOXES_H

#include <stdbool.h>
#include <stdint.h>

#include "common/strview.h"

struct sandboxes;

struct sandboxes *sandboxes_new(void);
void sandboxes_free(struct sandboxes *sandboxes); /* NULL is fine */

/* There is a container that nobody knows, in that pod. At most
 * LIMIT_SANDBOXES are remembered; the oldest makes room. */
void sandboxes_miss(struct sandboxes *sandboxes, struct strview id,
    struct strview pod_uid, uint64_t now);

/* One list: all of its containers and pods. settled: each of the pod's
 * containers has an id, and runs or has ended. */
void sandboxes_begin(struct sandboxes *sandboxes);
void sandboxes_take_container(struct sandboxes *sandboxes, struct strview id);
void sandboxes_take_pod(
    struct sandboxes *sandboxes, struct strview uid, bool settled);

/* The list is whole: on_sandbox is called for each that is one, as long as
 * its pod is listed. One that lacks in the list of a settled pod is one if no
 * other lacks there, or if that was so for LIMIT_SANDBOX_AGE: until then it
 * may be a container that has just taken another's place. */
void sandboxes_end(struct sandboxes *sandboxes, uint64_t now,
    void (*on_sandbox)(struct strview id, struct strview pod_uid, void *arg),
    void *arg);

#endif
