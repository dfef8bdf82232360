/* SPDX-License-Identifier: ISC
 *
 * The lines above the table. Pure: the model and the clock in, text out.
 */
#include <stdio.h>
#include <string.h>

#include "header.h"
#include "text.h"

#define NAME_MAX_COLUMNS 40
#define GAP              "  "
#define COUNT(table)     (sizeof(table) / sizeof((table)[0]))
#define REALTIME_NS      (LIMIT_RT_INTERVAL_MAX * UINT64_C(1000000000))
#define STALE_MS         15000 /* and three intervals: then its age is shown */

static int64_t
age_limit(const struct model_scan *scan)
{
	int64_t three = (int64_t)(scan->interval_ns / 1000000 * 3);

	return three > STALE_MS ? three : STALE_MS;
}

/* Whether real time is on: a full scan now and then does not end it. */
static bool
is_realtime(const struct model *model, const struct model_scan *last)
{
	const struct model_scan *rt = model_scan(model, SNAPSHOT_REALTIME);
	uint64_t late = 3 * rt->interval_ns;

	if (late == 0 || late > REALTIME_NS)
		late = REALTIME_NS;
	return rt->seen && last->begin.mono_ns - rt->begin.mono_ns <= late;
}

/* How the picture is renewed, and how old it is when it is not. */
static void
put_freshness(const struct header *header, char *out, size_t size)
{
	const struct model_scan *scan = model_last_scan(header->model);
	const char *what;
	char every[TEXT_SHORT] = "", age[TEXT_SHORT];
	bool realtime = false;
	int64_t old;

	if (!header->up) {
		snprintf(out, size, "waiting for taggerd");
		return;
	}
	if (scan == NULL) {
		snprintf(out, size, "waiting for the first scan");
		return;
	}
	if (header->expired) {
		if (model_scan(header->model, SNAPSHOT_FULL)->seen)
			scan = model_scan(header->model, SNAPSHOT_FULL);
		what = "real time off (press r), scan";
	} else {
		realtime = is_realtime(header->model, scan);
		if (realtime)
			scan = model_scan(header->model, SNAPSHOT_REALTIME);
		what = realtime ? "real time" : "scan";
	}
	/* After a pause of real time the first interval says nothing. */
	if (scan->interval_ns > 0 &&
	    (!realtime || scan->interval_ns <= REALTIME_NS))
		snprintf(every, sizeof(every), " %.0f s",
		    (double)scan->interval_ns / 1e9);
	old = text_elapsed(scan->begin.wall_ms, header->now);
	if (old > age_limit(scan)) {
		text_age(age, old);
		snprintf(out, size, "%s%s, %s old", what, every, age);
	} else {
		snprintf(out, size, "%s%s", what, every);
	}
}

/* Appends a part of a line behind a gap, whole or not at all. Returns the
 * columns used by then. */
static size_t
put_part(struct buf *out, size_t used, size_t width, const char *gap,
    const char *part)
{
	size_t gap_width = used > 0 ? strlen(gap) : 0;

	if (used + gap_width + strlen(part) > width)
		return used;
	if (used > 0)
		text_append_ours(out, gap, gap_width);
	return used + gap_width + text_append_ours(out, part, width);
}

static void
put_host(const struct header *header, size_t width, struct buf *out)
{
	const struct rec_host *host = model_host(header->model);
	char fresh[96], time[TEXT_SHORT], order[32];
	size_t used = 0, rest;

	put_freshness(header, fresh, sizeof(fresh));
	text_time(time, header->now);
	snprintf(order, sizeof(order), "by %s", header->order);
	if (host != NULL && host->hostname.len > 0)
		used = text_append(out, host->hostname,
		    width < NAME_MAX_COLUMNS * 2 ? width / 2
						 : NAME_MAX_COLUMNS);
	/* The time alone, without the date, and only where the others have
	 * room beside it. */
	rest = strlen(fresh) + strlen(order) + 2 * strlen(GAP);
	if (strlen(time) > 11 && width > rest)
		used = put_part(out, used, width - rest, GAP, time + 11);
	used = put_part(out, used, width, GAP, fresh);
	put_part(out, used, width, GAP, order);
}

/* Appends "3 things" as a part of a line. Returns the columns used by then. */
static size_t
put_number(struct buf *out, size_t used, size_t width, uint32_t n,
    const char *one, const char *many)
{
	char text[32];

	snprintf(text, sizeof(text), "%u %s", n, n == 1 ? one : many);
	return put_part(out, used, width, GAP, text);
}

/* Appends ": 1 running, 2 sleeping", of the states that there are, in this
 * order. Returns the columns used by then. */
static size_t
put_states(struct buf *out, size_t used, size_t width, const uint32_t *counts,
    const uint32_t *order, size_t n, const char *(*name)(uint32_t state))
{
	const char *gap = ": ";
	char text[64];

	for (size_t i = 0; i < n; i++) {
		if (counts[order[i]] == 0)
			continue;
		snprintf(text, sizeof(text), "%u %s", counts[order[i]],
		    name(order[i]));
		used = put_part(out, used, width, gap, text);
		gap = ", ";
	}
	return used;
}

static void
put_counts(const struct header *header, size_t width, struct buf *out)
{
	static const uint32_t order[] = { STATE_RUNNING, STATE_SLEEPING,
		STATE_DISK_SLEEP, STATE_STOPPED, STATE_PAGING, STATE_ZOMBIE,
		STATE_DEAD, STATE_UNKNOWN };
	static const uint32_t container_order[] = { CONTAINER_RUNNING,
		CONTAINER_PAUSED, CONTAINER_RESTARTING, CONTAINER_CREATED,
		CONTAINER_EXITED, CONTAINER_DEAD, CONTAINER_UNKNOWN };
	struct model_summary sum;
	size_t used;

	model_summarize(header->model, &sum);
	if (model_containers_only(header->model)) {
		used = put_number(
		    out, 0, width, sum.containers, "container", "containers");
		put_states(out, used, width, sum.by_container_state,
		    container_order, COUNT(container_order),
		    text_container_state);
		return;
	}
	used = put_number(out, 0, width, sum.processes, "process", "processes");
	used = put_states(out, used, width, sum.by_state, order, COUNT(order),
	    text_state_name);
	if (sum.containers > 0)
		put_number(out, used, width, sum.containers, "container",
		    "containers");
}

static void
put_totals(const struct header *header, size_t width, struct buf *out)
{
	const struct rec_host *host = model_host(header->model);
	const struct model_scan *scan = model_last_scan(header->model);
	struct model_summary sum;
	char cpu[TEXT_SHORT], rss[TEXT_SHORT], total[TEXT_SHORT] = "-";
	char all[48] = "", cost[TEXT_SHORT] = "-", text[96];
	size_t used;

	model_summarize(header->model, &sum);
	text_percent(cpu, sum.cpu);
	if (host != NULL && host->cpus.n > 0)
		snprintf(all, sizeof(all), " of %u%%", host->cpus.n * 100);
	snprintf(text, sizeof(text), "CPU %s%%%s", cpu, all);
	used = put_part(out, 0, width, GAP, text);

	text_bytes(rss, (double)sum.rss);
	if (host != NULL && host->total_memory > 0)
		text_bytes(total, (double)host->total_memory);
	snprintf(text, sizeof(text), "RSS %s of %s", rss, total);
	used = put_part(out, used, width, GAP, text);

	if (scan != NULL)
		text_micros(cost, scan->end.cost_cpu);
	snprintf(text, sizeof(text), "scan cost %s", cost);
	put_part(out, used, width, GAP, text);
}

void
header_line(
    const struct header *header, unsigned n, size_t width, struct buf *out)
{
	switch (n) {
	case 0:
		put_host(header, width, out);
		break;
	case 1:
		put_counts(header, width, out);
		break;
	case 2:
		put_totals(header, width, out);
		break;
	}
}
