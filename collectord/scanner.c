/* SPDX-License-Identifier: ISC
 *
 * The scan: each sample of the engine goes through the table into a record
 * at once, so nothing of a process is held twice. Containers are read when
 * their processes are known; a process keeps the id of its container even if
 * that has ended until then and is in no record.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/limits.h"
#include "common/log.h"
#include "containers.h"
#include "engine.h"
#include "proctab.h"
#include "record.h"
#include "scanner.h"

#define NS_PER_US 1000u

struct scanner {
	struct engine *engine; /* borrowed */
	struct proctab *table;
	struct containers *containers;
	enum snapshot_scope scope;
	struct proctab_setup setup;
	uint64_t scan;
	uint64_t reader; /* proc->shown of what the reader has seen */
	struct scanner_result full;
	struct scanner_result realtime;
	char error[128];
};

/* One scan under way. */
struct pass {
	struct scanner *s;
	struct record_snapshot snap;
	struct scanner_result result;
};

struct scanner *
scanner_new(struct engine *engine, struct cgroup_tree *tree, int64_t boot_ms)
{
	struct scanner *s = xcalloc(1, sizeof(*s));
	long cores = sysconf(_SC_NPROCESSORS_CONF);

	s->engine = engine;
	s->containers = containers_new(engine, tree);
	s->reader = 1;
	s->setup = (struct proctab_setup){
		.boot_ms = boot_ms,
		.ticks_per_s = (uint32_t)sysconf(_SC_CLK_TCK),
		.cores = cores > 0 ? (uint32_t)cores : 1,
	};
	return s;
}

void
scanner_free(struct scanner *s)
{
	if (s == NULL)
		return;
	proctab_free(s->table);
	containers_free(s->containers);
	free(s);
}

void
scanner_set_rules(
    struct scanner *s, const struct scrub *scrub, struct filter *filter)
{
	s->setup.scrub = scrub;
	s->setup.filter = filter;
	if (s->table == NULL)
		s->table = proctab_new(&s->setup);
	else
		proctab_set_rules(s->table, scrub, filter);
	s->engine->refresh = true;
}

void
scanner_set_scope(struct scanner *s, enum snapshot_scope scope, bool network)
{
	containers_set_network(s->containers, network);
	if (scope == s->scope)
		return;
	s->scope = scope;
	s->engine->containers_only = scope == SCOPE_CONTAINERS;
	s->engine->refresh = true;
}

void
scanner_new_reader(struct scanner *s)
{
	s->reader++;
}

const struct scanner_result *
scanner_last(const struct scanner *s, enum snapshot_kind kind)
{
	return kind == SNAPSHOT_FULL ? &s->full : &s->realtime;
}

const char *
scanner_error(const struct scanner *s)
{
	return s->error;
}

static void
on_sample(const struct engine_sample *sample, void *arg)
{
	struct pass *pass = arg;
	struct scanner *s = pass->s;
	struct scanner_result *result = &pass->result;
	struct proc *proc = proctab_update(s->table, sample);
	unsigned i;

	if (proc != NULL)
		proc->container = containers_see(
		    s->containers, proc->container, sample, proc->create_ms);
	if (proc != NULL && s->scope == SCOPE_CONTAINERS) {
		result->processes++;
		return;
	}
	/* Without a command line nothing says whether it may be shown. */
	if (proc == NULL || proc->command_hash == 0) {
		s->engine->refresh = true;
		result->skipped.limit++;
		return;
	}
	if (proc->blacklisted) {
		result->skipped.blacklisted++;
		return;
	}
	if (record_add(&pass->snap, sample, proc, proc->shown != s->reader) ==
	    -1) {
		result->skipped.limit++;
		return;
	}
	if (pass->snap.batch->kind == SNAPSHOT_FULL)
		proc->shown = s->reader;
	result->processes++;
	for (i = 0; i < SCANNER_HIDDEN_BITS; i++)
		result->hidden[i] += (sample->hidden >> i) & 1;
}

static void
on_container(struct container *container, void *arg)
{
	struct pass *pass = arg;
	struct scanner *s = pass->s;
	struct scanner_result *result = &pass->result;
	unsigned i;

	if (record_add_container(
		&pass->snap, container, container->shown != s->reader) == -1) {
		result->skipped.limit++;
		return;
	}
	if (pass->snap.batch->kind == SNAPSHOT_FULL)
		container->shown = s->reader;
	result->containers++;
	for (i = 0; i < SCANNER_HIDDEN_CONTAINER_BITS; i++)
		result->hidden_containers[i] += (container->hidden >> i) & 1;
}

static uint64_t
clock_ns(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * CLOCK_NS_PER_S + (uint64_t)ts.tv_nsec;
}

static void
set_error(struct scanner *s, const char *why)
{
	bool again = s->error[0] != '\0';

	snprintf(s->error, sizeof(s->error), "cannot list processes: %s", why);
	if (!again)
		log_warnx("%s", s->error);
}

static int
scan(struct pass *pass, enum snapshot_kind kind)
{
	struct scanner *s = pass->s;
	struct scanner_result *result = &pass->result;
	uint64_t cpu = clock_ns(CLOCK_THREAD_CPUTIME_ID), mono, boot;

	boot = clock_ns(CLOCK_BOOTTIME);
	mono = clock_ns(CLOCK_MONOTONIC);
	result->scan = ++s->scan;
	result->mono_ns = mono;
	record_begin(&pass->snap, kind, s->scope, result->scan);
	containers_begin(s->containers);
	proctab_begin(s->table, boot > mono ? boot - mono : 0);
	if (s->engine->ops->scan(
		s->engine, kind, on_sample, pass, &result->skipped) == -1) {
		set_error(s, strerror(errno));
		record_discard(&pass->snap);
		return -1;
	}
	proctab_end(s->table);
	containers_read(s->containers, kind == SNAPSHOT_FULL, on_container,
	    pass, &result->skipped);
	result->uncontained = containers_refused(s->containers);
	s->error[0] = '\0';
	result->cost_cpu = (clock_ns(CLOCK_THREAD_CPUTIME_ID) - cpu) /
	    NS_PER_US;
	result->cost_wall = (clock_ns(CLOCK_MONOTONIC) - mono) / NS_PER_US;
	return 0;
}

struct batch *
scanner_run(struct scanner *s, enum snapshot_kind kind)
{
	struct pass pass = { .s = s };
	struct record_scan done = { .wall_ms = clock_wall_ms() };

	if (scan(&pass, kind) == -1)
		return NULL;
	if (kind == SNAPSHOT_FULL)
		s->full = pass.result;
	else
		s->realtime = pass.result;
	done.mono_ns = pass.result.mono_ns;
	done.skipped = pass.result.skipped;
	done.cost_cpu = pass.result.cost_cpu;
	done.cost_wall = pass.result.cost_wall;
	return record_end(&pass.snap, &done);
}

void
scanner_prime(struct scanner *s)
{
	struct pass pass = { .s = s };

	if (scan(&pass, SNAPSHOT_FULL) == -1)
		return;
	record_discard(&pass.snap);
	s->full.mono_ns = pass.result.mono_ns;
	/* Nobody has been shown what this scan saw. */
	scanner_new_reader(s);
}
