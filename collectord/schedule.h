/* SPDX-License-Identifier: ISC
 *
 * A task that is due at fixed times: first, first + interval, and so on, on
 * CLOCK_MONOTONIC. It does not drift, and a run that takes longer than the
 * interval skips the times that it missed.
 */
#ifndef COLLECTORD_SCHEDULE_H
#define COLLECTORD_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

struct event_base;
struct schedule;

/* Returns an owned schedule, stopped. Fatal without memory. */
struct schedule *schedule_new(
    struct event_base *base, void (*run)(void *arg), void *arg);
void schedule_free(struct schedule *s); /* NULL is fine */

/* (Re)starts it: first due at first_ns of CLOCK_MONOTONIC (the past is now),
 * then each `interval` seconds. */
void schedule_start(struct schedule *s, uint64_t first_ns, uint32_t interval);
void schedule_stop(struct schedule *s);

bool schedule_is_on(const struct schedule *s);
uint32_t schedule_interval(const struct schedule *s); /* s; 0 never started */

/* Times that were skipped, ever. */
uint64_t schedule_overruns(const struct schedule *s);

#endif
