/* SPDX-License-Identifier: ISC
 *
 * From counters to rates. Never negative, CPU never above all cores, and
 * what is unreadable is -1, not 0.
 */
#include "common/clock.h"
#include "common/limits.h"
#include "containers.h"
#include "proctab.h"
#include "rates.h"

int64_t
rates_create_time(int64_t boot_ms, uint32_t ticks_per_s, uint64_t start_ticks)
{
	uint64_t ms;

	if (boot_ms == 0)
		return 0;
	if (__builtin_mul_overflow(start_ticks, 1000, &ms))
		ms = UINT64_MAX;
	ms /= ticks_per_s;
	/* No machine runs for a million years. */
	return ms > INT64_MAX / 256 ? 0 : boot_ms + (int64_t)ms;
}

static double
since(uint64_t now, uint64_t before)
{
	return now > before ? (double)(now - before) : 0;
}

/* CPU time spent in `ns`, of `user` and `system` ns. */
static void
set_cpu(const struct rates_clock *clock, struct proctab_rates *rates,
    double user, double system, double ns)
{
	double most = 100.0 * clock->cores;
	double scale = 100.0 / ns;
	double total = (user + system) * scale;

	if (total > most) {
		scale *= most / total;
		total = most;
	}
	rates->total_pct = (float)total;
	rates->user_pct = (float)(user * scale);
	rates->system_pct = (float)(system * scale);
}

static void
set_io(struct proctab_rates *rates, double read_ops, double write_ops,
    double read_bytes, double write_bytes)
{
	rates->read_ops = (float)read_ops;
	rates->write_ops = (float)write_ops;
	rates->read_bytes = (float)read_bytes;
	rates->write_bytes = (float)write_bytes;
}

static void
take_counters(struct proc *proc, const struct engine_sample *s)
{
	proc->read_ns = s->mono_ns;
	proc->user_ns = s->user_ns;
	proc->system_ns = s->system_ns;
	proc->io = s->io;
	proc->io_known = (s->hidden & HIDDEN_IO) == 0;
}

void
rates_first(const struct rates_clock *clock, struct proc *proc,
    const struct engine_sample *s)
{
	uint64_t tick = CLOCK_NS_PER_S / clock->ticks_per_s;
	uint64_t now = s->mono_ns + clock->boot_ns, started, age;

	if (__builtin_mul_overflow(s->start_ticks, tick, &started))
		started = UINT64_MAX;
	proc->rates = (struct proctab_rates){ 0 };
	if (now >= started) {
		age = now - started;
		/* Younger than a tick: its CPU time counts in ticks, too. */
		set_cpu(clock, &proc->rates, (double)s->user_ns,
		    (double)s->system_ns, (double)(age > tick ? age : tick));
	}
	if ((s->hidden & HIDDEN_IO) != 0)
		set_io(&proc->rates, -1, -1, -1, -1);
	take_counters(proc, s);
}

void
rates_next(const struct rates_clock *clock, struct proc *proc,
    const struct engine_sample *s)
{
	const struct engine_io *was = &proc->io, *is = &s->io;
	double ns = since(s->mono_ns, proc->read_ns);
	double per_s;

	if (ns < LIMIT_RATE_AGE_MIN * 1e6)
		return;
	per_s = (double)CLOCK_NS_PER_S / ns;
	set_cpu(clock, &proc->rates, since(s->user_ns, proc->user_ns),
	    since(s->system_ns, proc->system_ns), ns);
	if ((s->hidden & HIDDEN_IO) != 0)
		set_io(&proc->rates, -1, -1, -1, -1);
	else if (!proc->io_known)
		set_io(&proc->rates, 0, 0, 0, 0);
	else
		set_io(&proc->rates, since(is->read_ops, was->read_ops) * per_s,
		    since(is->write_ops, was->write_ops) * per_s,
		    since(is->read_bytes, was->read_bytes) * per_s,
		    since(is->write_bytes, was->write_bytes) * per_s);
	take_counters(proc, s);
}

/* Per second between two reads of a counter. */
static float
per_second(uint64_t now, uint64_t before, double ns)
{
	return (float)(since(now, before) * (double)CLOCK_NS_PER_S / ns);
}

void
rates_cgroup(struct container_rates *rates, const struct cgroup_sample *now)
{
	const struct cgroup_sample was = rates->cgroup;
	uint32_t hidden = now->hidden | was.hidden;
	double ns = since(now->mono_ns, was.mono_ns);
	float of_core = 100.0f / (float)CLOCK_NS_PER_S; /* % for each ns/s */

	if (was.mono_ns != 0 && ns < LIMIT_RATE_AGE_MIN * 1e6)
		return;
	rates->cgroup = *now;
	rates->cpu_ns = rates->total_pct = 0;
	rates->user_pct = rates->system_pct = 0;
	rates->read_bytes = rates->write_bytes = 0;
	if (was.mono_ns == 0)
		return;
	if ((hidden & HIDDEN_CONTAINER_CPU) == 0) {
		rates->cpu_ns = per_second(now->total_ns, was.total_ns, ns);
		rates->total_pct = rates->cpu_ns * of_core;
		rates->user_pct = of_core *
		    per_second(now->user_ns, was.user_ns, ns);
		rates->system_pct = of_core *
		    per_second(now->system_ns, was.system_ns, ns);
	}
	if ((hidden & HIDDEN_CONTAINER_BLOCK_IO) == 0) {
		rates->read_bytes = per_second(
		    now->read_bytes, was.read_bytes, ns);
		rates->write_bytes = per_second(
		    now->write_bytes, was.write_bytes, ns);
	}
}

void
rates_network(
    struct container_rates *rates, const struct engine_network *network)
{
	static const struct engine_network none;
	const struct engine_network was = rates->network;
	const struct engine_network *now = network != NULL ? network : &none;
	double ns = since(now->mono_ns, was.mono_ns);
	bool same = was.mono_ns != 0 && now->mono_ns != 0 &&
	    was.namespace == now->namespace && !now->host;

	if (same && ns < LIMIT_RATE_AGE_MIN * 1e6)
		return;
	rates->network = *now;
	rates->received = rates->received_bytes = 0;
	rates->sent = rates->sent_bytes = 0;
	if (!same)
		return;
	rates->received = per_second(
	    now->received_packets, was.received_packets, ns);
	rates->sent = per_second(now->sent_packets, was.sent_packets, ns);
	rates->received_bytes = per_second(
	    now->received_bytes, was.received_bytes, ns);
	rates->sent_bytes = per_second(now->sent_bytes, was.sent_bytes, ns);
}
