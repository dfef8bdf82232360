/* SPDX-License-Identifier: ISC
 *
 * From counters to rates, and from ticks to dates. Pure: each function knows
 * only what it is given.
 */
#ifndef COLLECTORD_RATES_H
#define COLLECTORD_RATES_H

#include <stdint.h>

struct cgroup_sample;
struct container_rates;
struct engine_network;
struct engine_sample;
struct proc;

struct rates_clock {
	uint64_t boot_ns; /* CLOCK_BOOTTIME less CLOCK_MONOTONIC */
	uint32_t ticks_per_s;
	uint32_t cores;
};

/* ms since the epoch, or 0 when boot_ms is (unknown). */
int64_t rates_create_time(
    int64_t boot_ms, uint32_t ticks_per_s, uint64_t start_ticks);

/* Of a process never seen before: its CPU since it started, I/O 0. Takes the
 * sample's counters over. */
void rates_first(const struct rates_clock *clock, struct proc *proc,
    const struct engine_sample *sample);

/*
 * Of the time since proc's last read; takes the sample's counters over. A
 * read that follows within LIMIT_RATE_AGE_MIN is left out: the kernel's
 * ticks would make noise of it.
 */
void rates_next(const struct rates_clock *clock, struct proc *proc,
    const struct engine_sample *sample);

/*
 * Of the time since the container's last read, in the same way; 0 at the
 * first one, and for what is or was hidden.
 */
void rates_cgroup(
    struct container_rates *rates, const struct cgroup_sample *now);

/* The same of its network; NULL when it could not be read. Another namespace
 * is another container's network, whatever its counters. */
void rates_network(
    struct container_rates *rates, const struct engine_network *network);

#endif
