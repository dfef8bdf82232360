/* SPDX-License-Identifier: ISC
 *
 * The lines above the table. Pure: the model and the clock in, text out.
 */
#include <stdio.h>
#include <string.h>

#include "header.h"
#include "text.h"

#define NAME_MAX_COLUMNS 40
#define REALTIME_NS      (LIMIT_RT_INTERVAL_MAX * UINT64_C(1000000000))
#define STALE_MS         15000 /* and three intervals: then its age is shown */

static int64_t
age_limit(const struct model_scan *scan)
{
	int64_t three = (int64_t)(scan->interval_ns / 1000000 * 3);

	return three > STALE_MS ? three : STALE_MS;
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
		realtime = scan->begin.kind == SNAPSHOT_REALTIME;
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

static void
put_host(const struct header *header, size_t width, struct buf *out)
{
	const struct rec_host *host = model_host(header->model);
	char fresh[96], time[TEXT_SHORT], rest[160];
	size_t used = 0;

	put_freshness(header, fresh, sizeof(fresh));
	text_time(time, header->now);
	if (host != NULL && host->hostname.len > 0)
		used = text_append(out, host->hostname,
		    width < NAME_MAX_COLUMNS * 2 ? width / 2
						 : NAME_MAX_COLUMNS);
	/* The date is left out: the time alone is wanted here. */
	snprintf(rest, sizeof(rest), "%s%s  %s  by %s", used > 0 ? "  " : "",
	    strlen(time) > 11 ? time + 11 : time, fresh, header->order);
	text_append_ours(out, rest, width - used);
}

static void
put_states(const struct header *header, size_t width, struct buf *out)
{
	static const enum process_state order[] = { STATE_RUNNING,
		STATE_SLEEPING, STATE_DISK_SLEEP, STATE_STOPPED, STATE_PAGING,
		STATE_ZOMBIE, STATE_DEAD, STATE_UNKNOWN };
	struct model_summary sum;
	const char *gap = ": ";
	char text[64];
	size_t used;

	model_summarize(header->model, &sum);
	snprintf(text, sizeof(text), "%u process%s", sum.processes,
	    sum.processes == 1 ? "" : "es");
	used = text_append_ours(out, text, width);
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		if (sum.by_state[order[i]] == 0)
			continue;
		snprintf(text, sizeof(text), "%s%u %s", gap,
		    sum.by_state[order[i]], text_state_name(order[i]));
		used += text_append_ours(out, text, width - used);
		gap = ", ";
	}
}

static void
put_totals(const struct header *header, size_t width, struct buf *out)
{
	const struct rec_host *host = model_host(header->model);
	const struct model_scan *scan = model_last_scan(header->model);
	struct model_summary sum;
	char cpu[TEXT_SHORT], rss[TEXT_SHORT], total[TEXT_SHORT] = "-";
	char all[48] = "", cost[TEXT_SHORT] = "-", text[256];

	model_summarize(header->model, &sum);
	text_percent(cpu, sum.cpu);
	text_bytes(rss, (double)sum.rss);
	if (host != NULL && host->total_memory > 0)
		text_bytes(total, (double)host->total_memory);
	if (host != NULL && host->cpus.n > 0)
		snprintf(all, sizeof(all), " of %u%%", host->cpus.n * 100);
	if (scan != NULL)
		text_micros(cost, scan->end.cost_cpu);
	snprintf(text, sizeof(text), "CPU %s%%%s  RSS %s of %s  scan cost %s",
	    cpu, all, rss, total, cost);
	text_append_ours(out, text, width);
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
		put_states(header, width, out);
		break;
	case 2:
		put_totals(header, width, out);
		break;
	}
}
