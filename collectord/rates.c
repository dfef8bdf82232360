/* SPDX-License-Identifier: ISC
 *
 * From counters to rates. Never negative, CPU never above all cores, and
 * what is unreadable is -1, not 0.
 */
#include "common/clock.h"
#include "common/limits.h"
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
