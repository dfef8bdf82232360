/* SPDX-License-Identifier: ISC
 *
 * The making of a snapshot. Records come from the sample and the table's
 * entry alone: command lines are scrubbed before they get here.
 */
#include "common/clock.h"
#include "common/limits.h"
#include "containers.h"
#include "engine.h"
#include "proctab.h"
#include "record.h"

void
record_begin(struct record_snapshot *snap, enum snapshot_kind kind,
    enum snapshot_scope scope, uint64_t scan)
{
	*snap = (struct record_snapshot){
		.batch = batch_new(kind, scan),
		.scope = scope,
	};
}

static struct strview
view(const struct proctab_text *text)
{
	return (struct strview){ text->s, text->len };
}

static void
fill_stat(struct rec_process_stat *r, const struct engine_sample *s,
    const struct proc *proc)
{
	const struct proctab_rates *rates = &proc->rates;

	*r = (struct rec_process_stat){
		.pid = s->pid,
		.start_ticks = s->start_ticks,
		.create_time = proc->create_ms,
		.state = s->state,
		.rss = s->rss,
		.vms = s->vms,
		.swap = s->swap,
		.shared = s->shared,
		.text = s->text,
		.lib = s->lib,
		.data = s->data,
		.total_pct = rates->total_pct,
		.user_pct = rates->user_pct,
		.system_pct = rates->system_pct,
		.threads = s->threads,
		.nice = s->nice,
		.user_time = (int64_t)(s->user_ns / CLOCK_NS_PER_S),
		.system_time = (int64_t)(s->system_ns / CLOCK_NS_PER_S),
		.open_fds = proc->fds,
		.read_rate = rates->read_ops,
		.write_rate = rates->write_ops,
		.read_bytes_rate = rates->read_bytes,
		.write_bytes_rate = rates->write_bytes,
		.voluntary_ctxt = s->voluntary_ctxt,
		.involuntary_ctxt = s->involuntary_ctxt,
	};
	if (proc->container != NULL)
		r->container_id = proc->container->id;
}

static void
fill_process(struct rec_process *r, const struct engine_sample *s,
    const struct proc *proc)
{
	*r = (struct rec_process){
		.args = proc->command.args,
		.comm = s->comm,
		.exe = view(&proc->exe),
		.cwd = view(&proc->cwd),
		.root = view(&proc->root),
		.on_disk = proc->on_disk,
		.ppid = s->ppid,
		.pgroup = s->pgrp,
		.uid = s->uid,
		.euid = s->euid,
		.suid = s->suid,
		.gid = s->gid,
		.egid = s->egid,
		.sgid = s->sgid,
		.nspid = s->nspid,
		.hidden = s->hidden,
	};
	fill_stat(&r->stat, s, proc);
}

int
record_add(struct record_snapshot *snap, const struct engine_sample *sample,
    const struct proc *proc, bool whole)
{
	struct buf *frames = &snap->batch->frames;
	bool realtime = snap->batch->kind == SNAPSHOT_REALTIME;
	size_t before = frames->len;
	struct rec_process process;
	struct rec_process_stat stat;

	if (snap->processes + snap->stats >= LIMIT_SNAPSHOT_PROCESSES)
		return -1;
	whole = whole || !realtime;
	if (whole) {
		fill_process(&process, sample, proc);
		if (schema_encode(frames, MSG_process, &process) == -1)
			return -1;
	}
	if (realtime) {
		fill_stat(&stat, sample, proc);
		if (schema_encode(frames, MSG_process_stat, &stat) == -1)
			frames->len = before;
	}
	if (frames->len > LIMIT_SNAPSHOT_BYTES)
		frames->len = before;
	if (frames->len == before)
		return -1;
	snap->processes += whole;
	snap->stats += realtime;
	return 0;
}

static void
fill_container_stat(struct rec_container_stat *r, const struct container *c)
{
	const struct container_rates *rates = &c->rates;
	const struct cgroup_sample *now = &c->now;

	*r = (struct rec_container_stat){
		.id = c->id,
		.state = CONTAINER_RUNNING,
		.total_pct = rates->total_pct,
		.user_pct = rates->user_pct,
		.system_pct = rates->system_pct,
		.cpu_usage_ns = rates->cpu_ns,
		.cpu_limit = (float)now->cpu_limit,
		.mem_rss = now->rss,
		.mem_cache = now->cache,
		.mem_usage = now->usage,
		.mem_accounted = now->accounted,
		.mem_limit = now->limit,
		.read_bytes_rate = rates->read_bytes,
		.write_bytes_rate = rates->write_bytes,
		.net_received = rates->received,
		.net_sent = rates->sent,
		.net_received_bytes = rates->received_bytes,
		.net_sent_bytes = rates->sent_bytes,
		.started = now->started,
		.threads = now->threads,
		.thread_limit = now->thread_limit,
		.hidden = c->hidden,
	};
}

int
record_add_container(
    struct record_snapshot *snap, const struct container *c, bool whole)
{
	bool realtime = snap->batch->kind == SNAPSHOT_REALTIME;
	struct buf *frames = &snap->containers;
	size_t before = frames->len;
	struct rec_container container = {
		.type = strview_of(c->type),
		.pod_uid = c->pod_uid,
		.host_network = c->host_network,
		.processes = c->processes,
	};

	whole = whole || !realtime;
	fill_container_stat(&container.stat, c);
	if ((whole && schema_encode(frames, MSG_container, &container) == -1) ||
	    (realtime &&
		schema_encode(frames, MSG_container_stat, &container.stat) ==
		    -1) ||
	    frames->len + snap->batch->frames.len > LIMIT_SNAPSHOT_BYTES) {
		frames->len = before;
		return -1;
	}
	snap->whole += whole;
	snap->container_stats += realtime;
	return 0;
}

struct batch *
record_end(struct record_snapshot *snap, const struct record_scan *scan)
{
	struct batch *batch = snap->batch;
	const struct rec_snapshot_begin begin = {
		.kind = batch->kind,
		.scan = batch->scan,
		.wall_ms = scan->wall_ms,
		.mono_ns = scan->mono_ns,
		.processes = snap->processes,
		.stats = snap->stats,
		.containers = snap->whole,
		.container_stats = snap->container_stats,
		.scope = snap->scope,
	};
	const struct rec_snapshot_end end = {
		.kind = batch->kind,
		.scan = batch->scan,
		.skipped = scan->skipped,
		.cost_cpu = scan->cost_cpu,
		.cost_wall = scan->cost_wall,
	};

	/* Both are far below what their messages may hold. */
	(void)schema_encode(&batch->head, MSG_snapshot_begin, &begin);
	buf_append(&batch->head, snap->containers.data, snap->containers.len);
	buf_free(&snap->containers);
	(void)schema_encode(&batch->frames, MSG_snapshot_end, &end);
	snap->batch = NULL;
	return batch;
}

void
record_discard(struct record_snapshot *snap)
{
	buf_free(&snap->containers);
	batch_unref(snap->batch);
	snap->batch = NULL;
}
