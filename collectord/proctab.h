/* SPDX-License-Identifier: ISC
 *
 * Every process by identity (pid, start ticks): its counters of the last
 * read, the rates made from them, and what does not change without an exec.
 * Command lines enter it scrubbed; nothing of an unscrubbed one stays but a
 * hash, which tells whether it changed.
 */
#ifndef COLLECTORD_PROCTAB_H
#define COLLECTORD_PROCTAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine.h"
#include "scrub.h"

struct container;
struct filter;
struct proctab;

/* Owned bytes; s is NULL when len is 0. */
struct proctab_text {
	char *s;
	uint32_t len;
};

/* Over the time between this process's own two reads. -1 in the I/O rates is
 * unreadable. */
struct proctab_rates {
	float total_pct; /* % of one core */
	float user_pct;
	float system_pct;
	float read_ops; /* per second */
	float write_ops;
	float read_bytes;
	float write_bytes;
};

/* One identity. Owned by the table. */
struct proc {
	struct proc *next; /* in its bucket */
	int32_t pid;
	int32_t fds; /* -1: unreadable */
	uint64_t start_ticks;
	int64_t create_ms; /* ms since the epoch */
	uint64_t seen;     /* the scan that saw it last */
	uint64_t shown;    /* caller's: the reader that has had all of it */
	struct container *container; /* caller's; NULL: in none */
	uint64_t read_ns;            /* CLOCK_MONOTONIC of the counters below */
	uint64_t user_ns;
	uint64_t system_ns;
	struct engine_io io;
	bool io_known;
	bool blacklisted;
	bool on_disk;
	struct proctab_rates rates;
	uint64_t command_hash; /* of the unscrubbed argv */
	struct scrubbed command;
	struct proctab_text exe;
	struct proctab_text root;
	struct proctab_text cwd;
};

struct proctab_setup {
	int64_t boot_ms;           /* ms since the epoch; 0 unknown */
	uint32_t ticks_per_s;      /* of start_ticks */
	uint32_t cores;            /* CPU % is capped at 100 times this */
	const struct scrub *scrub; /* borrowed, as filter */
	struct filter *filter;
};

/* Returns an owned table. Fatal without memory. */
struct proctab *proctab_new(const struct proctab_setup *setup);
void proctab_free(struct proctab *tab); /* NULL is fine */

/*
 * Takes new rules and forgets every command line made by the old ones; the
 * next scan must bring them again (engine->refresh).
 */
void proctab_set_rules(
    struct proctab *tab, const struct scrub *scrub, struct filter *filter);

/* A scan begins. boot_ns is CLOCK_BOOTTIME less CLOCK_MONOTONIC, in ns. */
void proctab_begin(struct proctab *tab, uint64_t boot_ns);

/*
 * Takes a sample. Returns the identity's entry, valid until proctab_end();
 * NULL when the table holds LIMIT_SNAPSHOT_PROCESSES already.
 */
struct proc *proctab_update(
    struct proctab *tab, const struct engine_sample *sample);

/* The scan was complete: forgets who was not in it. */
void proctab_end(struct proctab *tab);

uint32_t proctab_count(const struct proctab *tab);

#endif
