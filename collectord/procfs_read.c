/* SPDX-License-Identifier: ISC
 *
 * The procfs engine on one process. All files of one sample are of one
 * process, whoever gets its pid meanwhile: either they are opened through
 * one descriptor of its directory, or by path and then vouched for by the
 * kept stat, which is read last and fails once the process is reaped.
 */
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "procfs_private.h"

#define STATIC_AGE ((uint64_t)LIMIT_CMDLINE_AGE * CLOCK_NS_PER_S)

static uint32_t
all_parts(const struct procfs *p)
{
	if (p->engine.containers_only)
		return ENGINE_CONTAINER;
	return ENGINE_CMDLINE | ENGINE_PATHS | ENGINE_SLOW | ENGINE_CONTAINER;
}

/* What to read of a process whose exec is not known to have changed, its
 * container apart. */
static uint32_t
process_parts_due(const struct procfs *p, const struct slot *slot)
{
	if (p->engine.containers_only)
		return 0;
	/* One that could not be read, for want of descriptors, is due. */
	if (!p->full)
		return slot->hidden & HIDDEN_CMDLINE ? ENGINE_CMDLINE : 0;
	/* Where privilege hides exe it hides what shows an exec, too. */
	if ((slot->hidden & (HIDDEN_EXE | HIDDEN_CMDLINE)) != 0)
		return ENGINE_SLOW | ENGINE_CMDLINE;
	return ENGINE_SLOW;
}

static uint32_t
parts_due(const struct procfs *p, const struct slot *slot)
{
	if (!slot->known || p->all ||
	    (p->full && p->now_ns - slot->static_ns >= STATIC_AGE))
		return all_parts(p);
	return process_parts_due(p, slot) |
	    (slot->uncontained ? ENGINE_CONTAINER : 0);
}

/* What moves and has a file of its own. */
static void
read_moving(struct reading *r)
{
	if (r->p->engine.containers_only)
		return;
	procfs_read_status(r);
	procfs_read_io(r);
}

/* Whether it has execed, or ended: a zombie has no command line. */
static bool
has_changed(const struct reading *r)
{
	const struct slot *slot = r->slot;
	uint32_t len = r->st.comm.len;

	if (len > sizeof(slot->comm))
		len = sizeof(slot->comm);
	return slot->exec_key != r->st.exec_key || slot->comm_len != len ||
	    memcmp(slot->comm, r->st.comm.s, len) != 0 ||
	    slot->zombie != (r->st.state == 'Z');
}

static uint64_t
saturating_mul(uint64_t a, uint64_t b)
{
	uint64_t product;

	return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX : product;
}

static void
fill_from_stat(const struct reading *r)
{
	const struct parse_stat *st = &r->st;
	struct engine_sample *out = r->out;

	out->pid = r->slot->pid;
	out->start_ticks = st->starttime;
	out->comm = st->comm;
	out->state = parse_state(st->state);
	out->ppid = st->ppid;
	out->pgrp = st->pgrp;
	out->nice = st->nice;
	out->threads = st->threads;
	out->user_ns = saturating_mul(st->utime, r->p->tick_ns);
	out->system_ns = saturating_mul(st->stime, r->p->tick_ns);
	out->vms = st->vsize;
	out->rss = saturating_mul(st->rss, r->p->page);
}

/* What is hidden of the parts that this sample leaves out. */
static uint32_t
hidden_before(const struct reading *r)
{
	uint32_t left_out = 0;

	if ((r->out->parts & ENGINE_CMDLINE) == 0)
		left_out |= HIDDEN_CMDLINE;
	if ((r->out->parts & ENGINE_PATHS) == 0)
		left_out |= HIDDEN_EXE | HIDDEN_ROOT;
	if ((r->out->parts & ENGINE_SLOW) == 0)
		left_out |= HIDDEN_CWD | HIDDEN_FDS;
	return r->slot->hidden & left_out;
}

/* Completes the sample, and the slot from it. */
static void
finish(struct reading *r)
{
	struct procfs *p = r->p;
	struct slot *slot = r->slot;
	struct engine_sample *out = r->out;
	const struct strview *comm = &r->st.comm;
	int which;

	fill_from_stat(r);
	out->hidden |= hidden_before(r);
	if (out->state == STATE_ZOMBIE) {
		/* It has none of these: they are empty, not hidden. */
		out->hidden &= HIDDEN_STATUS | HIDDEN_IO;
		out->fds = 0;
	}
	if (out->parts == all_parts(p)) {
		slot->static_ns = p->now_ns;
		/* The first ages differ, so that the reads are spread out. */
		if (!slot->known)
			slot->static_ns -= STATIC_AGE / 16 *
			    ((uint32_t)slot->pid % 16);
	}
	slot->known = true;
	slot->zombie = out->state == STATE_ZOMBIE;
	slot->hidden = out->hidden;
	slot->start_ticks = r->st.starttime;
	slot->exec_key = r->st.exec_key;
	slot->comm_len = (uint8_t)(comm->len < sizeof(slot->comm)
		? comm->len
		: sizeof(slot->comm));
	memcpy(slot->comm, comm->s, slot->comm_len);
	for (which = 0; which < KEPT_COUNT; which++)
		if (p->rank >= p->quota[which])
			procfs_drop(p, slot, (enum kept)which);
}

/* Reads stat again, to see whether the process is still there. An exec that
 * it shows is newer than the parts: the next scan must find it new. */
static enum outcome
vouch(struct reading *r)
{
	uint64_t exec_key = r->st.exec_key;
	enum outcome outcome = procfs_read_stat(r);

	r->st.exec_key = exec_key;
	return outcome;
}

/* A process whose stat is kept: by path, stat last. */
static enum outcome
read_known(struct reading *r)
{
	enum outcome outcome;

	procfs_place_by_path(r->p, r->slot->pid, &r->place);
	r->out->parts = parts_due(r->p, r->slot);
	read_moving(r);
	procfs_read_parts(r);
	outcome = procfs_read_stat(r);
	if (outcome != READ_SAMPLE)
		return outcome;
	if (has_changed(r)) {
		r->out->parts = all_parts(r->p);
		procfs_read_parts(r);
		outcome = vouch(r);
		if (outcome != READ_SAMPLE)
			return outcome;
	}
	finish(r);
	return READ_SAMPLE;
}

static bool
is_kernel_thread(struct reading *r)
{
	const struct parse_stat *st = &r->st;
	struct procfs *p = r->p;
	char byte;
	int fd;

	if (st->vsize != 0)
		return false;
	if (!parse_is_kthread(st) &&
	    (st->state == 'Z' || (st->ppid != 2 && r->slot->pid != 2)))
		return false;
	fd = procfs_open(p, &r->place, "cmdline", 0);
	if (fd == -1)
		return true;
	if (pread(fd, &byte, 1, 0) > 0) {
		close(fd);
		return false;
	}
	procfs_forget(p, r->slot);
	r->slot->kernel = true;
	if (p->real && parse_is_kthread(st) && p->kept < p->budget)
		procfs_keep(p, r->slot, KEPT_STAT, fd);
	else
		close(fd);
	return true;
}

/* A process that is new, or of which no stat is kept: stat first. */
static enum outcome
read_through_directory(struct reading *r)
{
	struct slot *slot = r->slot;
	enum outcome outcome;

	outcome = procfs_read_stat(r);
	if (outcome != READ_SAMPLE)
		return outcome;
	if (slot->known && slot->start_ticks != r->st.starttime)
		slot->known = false;
	if (is_kernel_thread(r))
		return READ_KERNEL;
	r->out->parts = parts_due(r->p, slot);
	if (has_changed(r))
		r->out->parts = all_parts(r->p);
	read_moving(r);
	procfs_read_parts(r);
	if (r->gone) {
		outcome = vouch(r);
		if (outcome != READ_SAMPLE)
			return outcome;
	}
	finish(r);
	return READ_SAMPLE;
}

enum outcome
procfs_read_process(
    struct procfs *p, struct slot *slot, struct engine_sample *out)
{
	struct reading r = { .p = p, .slot = slot, .out = out };
	enum outcome outcome;
	char byte;

	if (slot->kernel) {
		/* Its cmdline is kept: empty, so it has not become a process. */
		if (slot->fd[KEPT_STAT] != -1 &&
		    pread(slot->fd[KEPT_STAT], &byte, 1, 0) == 0)
			return READ_KERNEL;
		procfs_forget(p, slot);
	}
	memset(out, 0, sizeof(*out));
	if (slot->fd[KEPT_STAT] != -1) {
		outcome = read_known(&r);
		if (outcome != READ_VANISHED)
			return outcome;
		/* It ended. The pid may be another process's already. */
		procfs_forget(p, slot);
		memset(out, 0, sizeof(*out));
		r.gone = false;
	}
	/* Without stat nothing tells whose these are. */
	procfs_drop(p, slot, KEPT_STATUS);
	procfs_drop(p, slot, KEPT_IO);
	if (procfs_place_open(p, slot->pid, &r.place) == -1)
		return procfs_outcome_of_errno();
	outcome = read_through_directory(&r);
	close(r.place.dirfd);
	return outcome;
}
