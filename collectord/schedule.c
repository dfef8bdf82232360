/* SPDX-License-Identifier: ISC
 *
 * Deadlines over libevent's timers, which know waits only.
 */
#include <event2/event.h>
#include <stdlib.h>

#include "common/clock.h"
#include "common/log.h"
#include "schedule.h"

#define NS_PER_US 1000u

struct schedule {
	struct event_base *base; /* borrowed */
	struct event *timer;     /* owned */
	void (*run)(void *arg);
	void *arg;
	bool on;
	uint32_t interval; /* s */
	uint64_t next_ns;
	uint64_t overruns;
};

static void
arm(struct schedule *s)
{
	uint64_t now, wait;
	struct timeval tv;

	/* libevent counts waits from when the loop woke up last, which is a
	 * whole scan ago. */
	event_base_update_cache_time(s->base);
	now = clock_mono_ns();
	wait = s->next_ns > now ? s->next_ns - now : 0;
	tv.tv_sec = (time_t)(wait / CLOCK_NS_PER_S);
	tv.tv_usec = (suseconds_t)(wait % CLOCK_NS_PER_S / NS_PER_US);
	if (event_add(s->timer, &tv) == -1)
		fatalx("cannot set a timer");
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct schedule *s = arg;
	uint64_t step = s->interval * CLOCK_NS_PER_S, due = s->next_ns, late;

	(void)fd;
	(void)what;
	if (clock_mono_ns() < due) {
		arm(s); /* the loop's clock is coarse */
		return;
	}
	s->run(s->arg);
	if (!s->on || s->next_ns != due)
		return; /* stopped or started anew by the task */
	s->next_ns += step;
	late = clock_mono_ns();
	if (late >= s->next_ns) {
		late = (late - s->next_ns) / step + 1;
		s->overruns += late;
		s->next_ns += late * step;
	}
	arm(s);
}

struct schedule *
schedule_new(struct event_base *base, void (*run)(void *arg), void *arg)
{
	struct schedule *s = xcalloc(1, sizeof(*s));

	s->base = base;
	s->run = run;
	s->arg = arg;
	s->timer = evtimer_new(base, on_timer, s);
	if (s->timer == NULL)
		fatalx("cannot make a timer");
	return s;
}

void
schedule_free(struct schedule *s)
{
	if (s == NULL)
		return;
	event_free(s->timer);
	free(s);
}

void
schedule_start(struct schedule *s, uint64_t first_ns, uint32_t interval)
{
	uint64_t now = clock_mono_ns();

	s->on = true;
	s->interval = interval;
	s->next_ns = first_ns > now ? first_ns : now;
	arm(s);
}

void
schedule_stop(struct schedule *s)
{
	s->on = false;
	event_del(s->timer);
}

bool
schedule_is_on(const struct schedule *s)
{
	return s->on;
}

uint32_t
schedule_interval(const struct schedule *s)
{
	return s->interval;
}

uint64_t
schedule_overruns(const struct schedule *s)
{
	return s->overruns;
}
