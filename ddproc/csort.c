/* SPDX-License-Identifier: ISC
 *
 * The order of the containers. Pure. Every order is total, whatever the
 * numbers are: what could not be read stands last.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ctable.h"
#include "model.h"

struct order {
	enum csort_key key;
	int sign; /* -1: turned around */
};

static const char *const names[CSORT_COUNT] = {
	[CSORT_CPU] = "cpu",
	[CSORT_RSS] = "rss",
	[CSORT_NAME] = "name",
	[CSORT_ID] = "id",
	[CSORT_IMAGE] = "image",
	[CSORT_NET] = "net",
	[CSORT_IO] = "io",
	[CSORT_AGE] = "age",
};

const char *
ctable_sort_name(enum csort_key key)
{
	return names[key];
}

int
ctable_sort_key(const char *name)
{
	for (int i = 0; i < CSORT_COUNT; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	return -1;
}

/* The number that the key is about, the largest first; -INFINITY when it is
 * not known. */
static double
number_of(enum csort_key key, const struct rec_container_stat *stat)
{
	uint32_t hidden = 0;
	double number = -INFINITY;

	switch (key) {
	case CSORT_CPU:
		hidden = HIDDEN_CONTAINER_CPU;
		number = (double)stat->total_pct;
		break;
	case CSORT_RSS:
		hidden = HIDDEN_CONTAINER_MEMORY;
		number = (double)stat->mem_rss;
		break;
	case CSORT_NET:
		hidden = HIDDEN_CONTAINER_NETWORK;
		number = (double)stat->net_received_bytes +
		    (double)stat->net_sent_bytes;
		break;
	case CSORT_IO:
		hidden = HIDDEN_CONTAINER_BLOCK_IO;
		number = (double)stat->read_bytes_rate +
		    (double)stat->write_bytes_rate;
		break;
	case CSORT_AGE:
		if (stat->started > 0)
			number = -(double)stat->started;
		break;
	case CSORT_NAME:
	case CSORT_ID:
	case CSORT_IMAGE:
	case CSORT_COUNT:
		break;
	}
	return (stat->hidden & hidden) || isnan(number) ? -INFINITY : number;
}

/* Negative when a stands before b. */
static int
by_key(enum csort_key key, const struct rec_container *a,
    const struct rec_container *b)
{
	double m, n;

	switch (key) {
	case CSORT_NAME:
		return strview_compare(a->name, b->name);
	case CSORT_IMAGE:
		return strview_compare(a->image, b->image);
	case CSORT_ID:
		return strview_compare(a->stat.id, b->stat.id);
	case CSORT_CPU:
	case CSORT_RSS:
	case CSORT_NET:
	case CSORT_IO:
	case CSORT_AGE:
	case CSORT_COUNT:
		break;
	}
	m = number_of(key, &a->stat);
	n = number_of(key, &b->stat);
	return (n > m) - (n < m);
}

static int
compare(const void *a, const void *b, void *arg)
{
	const struct rec_container *const *p = a;
	const struct rec_container *const *q = b;
	const struct order *order = arg;
	int sign = order->sign * by_key(order->key, *p, *q);

	return sign != 0 ? sign : by_key(CSORT_ID, *p, *q);
}

void
ctable_sort(struct model_containers *view, enum csort_key key, bool reverse)
{
	struct order order = { key, reverse ? -1 : 1 };

	if (view->n > 1)
		qsort_r(view->v, view->n, sizeof(struct rec_container *),
		    compare, &order);
}
