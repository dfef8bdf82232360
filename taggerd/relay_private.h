/* SPDX-License-Identifier: ISC
 *
 * The inside of the relay, for relay.c (order, counts, processes) and
 * relay_container.c (containers).
 */
#ifndef TAGGERD_RELAY_PRIVATE_H
#define TAGGERD_RELAY_PRIVATE_H

#include "relay.h"

/* The checks that all kinds of record share, and the counting. */
const char *relay_take(
    struct relay *relay, enum relay_kind kind, const struct strview *frame);

/* Whether it may be a name of the kernel's own, such as a container's id: no
 * bytes that need an escape anywhere. */
bool relay_is_plain(struct strview text);

/* Forgets the snapshot. Returns why. */
const char *relay_refuse(struct relay *relay, const char *why);

/*
 * Appends the record with all that was added to it; or, when tags have used
 * up their room, `bare`: as it came, without anything of ours, so that it is
 * never longer than it came.
 */
void relay_put(struct relay *relay, enum relay_kind kind, const void *tagged,
    const void *bare);

#endif
