/* SPDX-License-Identifier: ISC
 *
 * Waiting for the tags of containers that no source knows yet. A container
 * is asked for once, when a snapshot first shows it; the snapshot then waits
 * until nobody is looking any more, or for a bounded time. All new ones of a
 * snapshot share one wait.
 */
#ifndef TAGGERD_WAITING_H
#define TAGGERD_WAITING_H

#include <stdbool.h>

#include "common/strview.h"

struct event_base;
struct source;
struct waiting;

/* `sources` end with no name and are borrowed. on_over comes once after a
 * waiting_begin() that returned true, but not from within it, and not after
 * waiting_cancel(). */
struct waiting *waiting_new(struct event_base *base,
    const struct source *sources, void (*on_over)(void *arg), void *arg);
void waiting_free(struct waiting *waiting); /* NULL is fine */

/* The snapshot has a container that nobody knows. Returns whether somebody
 * is looking for it now and it is worth waiting for. */
bool waiting_ask(
    struct waiting *waiting, struct strview id, struct strview pod_uid);

/* All containers of the snapshot were seen. Returns whether there is
 * something to wait for, at most `ms`. */
bool waiting_begin(struct waiting *waiting, unsigned ms);

/* A source has finished looking, or there are others now. */
void waiting_looked(struct waiting *waiting);

/* The snapshot is gone. */
void waiting_cancel(struct waiting *waiting);

#endif
