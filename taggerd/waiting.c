/* SPDX-License-Identifier: ISC
 *
 * Who was asked for already, and the one wait there can be.
 */
#include <event2/event.h>
#include <stdlib.h>

#include "common/log.h"
#include "idset.h"
#include "source.h"
#include "waiting.h"

struct waiting {
	const struct source *sources; /* borrowed */
	void (*on_over)(void *arg);
	void *arg;
	struct event *timer; /* pending while it waits */
	/* Containers that nobody knew in the last snapshot, and in this. */
	struct idset asked;
	struct idset asking;
	bool worth; /* one of this snapshot is worth waiting for */
};

static bool
is_waiting(const struct waiting *w)
{
	return evtimer_pending(w->timer, NULL);
}

static bool
is_looking(const struct waiting *w)
{
	const struct source *s;

	for (s = w->sources; s->name != NULL; s++)
		if (s->is_looking != NULL && s->is_looking(s->self))
			return true;
	return false;
}

static void
over(struct waiting *w)
{
	evtimer_del(w->timer);
	w->on_over(w->arg);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	over(arg);
}

struct waiting *
waiting_new(struct event_base *base, const struct source *sources,
    void (*on_over)(void *arg), void *arg)
{
	struct waiting *w = xcalloc(1, sizeof(*w));

	w->sources = sources;
	w->on_over = on_over;
	w->arg = arg;
	if ((w->timer = evtimer_new(base, on_timer, w)) == NULL)
		fatalx("out of memory");
	return w;
}

void
waiting_free(struct waiting *waiting)
{
	if (waiting == NULL)
		return;
	event_free(waiting->timer);
	idset_clear(&waiting->asked);
	idset_clear(&waiting->asking);
	free(waiting);
}

bool
waiting_ask(struct waiting *waiting, struct strview id, struct strview pod_uid)
{
	bool fresh = idset_add(&waiting->asking, id), looks = false;
	const struct source *s;

	if (idset_has(&waiting->asked, id))
		return false;
	for (s = waiting->sources; fresh && s->name != NULL; s++)
		if (s->on_miss != NULL && s->on_miss(s->self, id, pod_uid))
			looks = true;
	/* A real-time snapshot has two records of a new container. */
	if (!fresh)
		looks = is_looking(waiting);
	waiting->worth |= looks;
	return looks;
}

bool
waiting_begin(struct waiting *waiting, unsigned ms)
{
	const struct timeval wait = { .tv_sec = ms / 1000,
		.tv_usec = (suseconds_t)(ms % 1000) * 1000 };
	bool worth = waiting->worth && is_looking(waiting);

	idset_clear(&waiting->asked);
	waiting->asked = waiting->asking;
	waiting->asking = (struct idset){ 0 };
	waiting->worth = false;
	if (worth)
		evtimer_add(waiting->timer, &wait);
	return worth;
}

void
waiting_looked(struct waiting *waiting)
{
	if (is_waiting(waiting) && !is_looking(waiting))
		over(waiting);
}

void
waiting_cancel(struct waiting *waiting)
{
	evtimer_del(waiting->timer);
	waiting->worth = false;
}
