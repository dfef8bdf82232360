/* SPDX-License-Identifier: ISC
 *
 * The order of the rows. Pure. Every order is total, whatever the numbers
 * are: one that is no number counts as unreadable.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"
#include "table.h"

struct order {
	enum sort_key key;
	int sign; /* -1: turned around */
};

static const char *const names[SORT_COUNT] = {
	[SORT_CPU] = "cpu",
	[SORT_RSS] = "rss",
	[SORT_PID] = "pid",
	[SORT_USER] = "user",
	[SORT_THREADS] = "threads",
	[SORT_FDS] = "fd",
	[SORT_READ] = "read",
	[SORT_WRITE] = "write",
	[SORT_AGE] = "age",
	[SORT_COMMAND] = "command",
};

const char *
table_sort_name(enum sort_key key)
{
	return names[key];
}

int
table_sort_key(const char *name)
{
	for (int i = 0; i < SORT_COUNT; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	return -1;
}

static int
by_number(double a, double b)
{
	a = isnan(a) ? -1 : a;
	b = isnan(b) ? -1 : b;
	return (a > b) - (a < b);
}

static struct strview
command_of(const struct rec_process *rec)
{
	return rec->args.n > 0 ? rec->args.v[0] : rec->comm;
}

static int
by_command(const struct rec_process *a, const struct rec_process *b)
{
	int order = strview_compare(command_of(a), command_of(b));

	for (uint32_t i = 1; order == 0 && i < a->args.n && i < b->args.n; i++)
		order = strview_compare(a->args.v[i], b->args.v[i]);
	return order;
}

/* Negative when a stands before b. */
static int
by_key(
    enum sort_key key, const struct rec_process *a, const struct rec_process *b)
{
	const struct rec_process_stat *s = &a->stat;
	const struct rec_process_stat *t = &b->stat;

	switch (key) {
	case SORT_CPU:
		return by_number((double)t->total_pct, (double)s->total_pct);
	case SORT_RSS:
		return (t->rss > s->rss) - (t->rss < s->rss);
	case SORT_USER:
		return strview_compare(a->user, b->user);
	case SORT_THREADS:
		return (t->threads > s->threads) - (t->threads < s->threads);
	case SORT_FDS:
		return (t->open_fds > s->open_fds) -
		    (t->open_fds < s->open_fds);
	case SORT_READ:
		return by_number(
		    (double)t->read_bytes_rate, (double)s->read_bytes_rate);
	case SORT_WRITE:
		return by_number(
		    (double)t->write_bytes_rate, (double)s->write_bytes_rate);
	case SORT_AGE:
		return (s->start_ticks > t->start_ticks) -
		    (s->start_ticks < t->start_ticks);
	case SORT_COMMAND:
		return by_command(a, b);
	case SORT_PID:
	case SORT_COUNT:
		break;
	}
	return (s->pid > t->pid) - (s->pid < t->pid);
}

static int
compare(const void *a, const void *b, void *arg)
{
	const struct rec_process *const *p = a;
	const struct rec_process *const *q = b;
	const struct order *order = arg;
	int sign = order->sign * by_key(order->key, *p, *q);

	return sign != 0 ? sign : by_key(SORT_PID, *p, *q);
}

void
table_sort(struct model_view *view, enum sort_key key, bool reverse)
{
	struct order order = { key, reverse ? -1 : 1 };

	if (view->n > 1)
		qsort_r(view->v, view->n, sizeof(struct rec_process *), compare,
		    &order);
}
