/* SPDX-License-Identifier: ISC
 *
 * The status of collectord: numbers of the last scans, and for each field
 * that is hidden, how often and why. Holds no process's text.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>

#include "common/priv.h"
#include "engine.h"
#include "report.h"

#define MAX_CAPS 2

/* The fields of enum process_hidden, by bit, and what reading them takes
 * when the process is another user's. */
static const struct {
	const char *field;
	const char *needs;
	int caps[MAX_CAPS]; /* -1: none */
} fields[SCANNER_HIDDEN_BITS] = {
	{ "cmdline", NULL, { -1, -1 } },
	{ "exe", "needs CAP_SYS_PTRACE", { CAP_SYS_PTRACE, -1 } },
	{ "cwd", "needs CAP_SYS_PTRACE", { CAP_SYS_PTRACE, -1 } },
	{ "root", "needs CAP_SYS_PTRACE", { CAP_SYS_PTRACE, -1 } },
	{ "fds", "needs CAP_DAC_READ_SEARCH and CAP_SYS_PTRACE",
	    { CAP_DAC_READ_SEARCH, CAP_SYS_PTRACE } },
	{ "io", "needs CAP_DAC_READ_SEARCH and CAP_SYS_PTRACE",
	    { CAP_DAC_READ_SEARCH, CAP_SYS_PTRACE } },
	{ "status", NULL, { -1, -1 } },
};

static const char *
reason(unsigned bit)
{
	unsigned i;

	for (i = 0; i < MAX_CAPS; i++)
		if (fields[bit].caps[i] != -1 &&
		    !priv_has_cap(fields[bit].caps[i]))
			return fields[bit].needs;
	return "refused by the kernel, or not there";
}

static void
fill_note(struct report *r)
{
	const char *error = scanner_error(r->scanner);

	r->note[0] = '\0';
	if (error[0] != '\0')
		snprintf(r->note, sizeof(r->note), "%s", error);
	else if (r->engine->ops->note(r->engine) != NULL)
		snprintf(r->note, sizeof(r->note), "%s",
		    r->engine->ops->note(r->engine));
	else if (r->blacklist_exceeded > 0)
		snprintf(r->note, sizeof(r->note),
		    "blacklist: %" PRIu64 " matches took too long and counted "
		    "as none",
		    r->blacklist_exceeded);
}

void
report_fill(struct report *r, struct rec_status *st)
{
	const struct scanner_result *full = scanner_last(
	    r->scanner, SNAPSHOT_FULL);
	const struct scanner_result *realtime = scanner_last(
	    r->scanner, SNAPSHOT_REALTIME);
	unsigned bit;

	st->engine = strview_of(r->engine->ops->name);
	st->scan = full->scan;
	st->processes = full->processes;
	st->skipped = full->skipped;
	st->full_cpu = full->cost_cpu;
	st->full_wall = full->cost_wall;
	st->rt_cpu = realtime->cost_cpu;
	st->rt_wall = realtime->cost_wall;
	st->overruns = r->overruns;
	st->realtime = r->realtime;
	st->realtime_interval = r->realtime_interval;
	st->realtime_left = r->realtime_left;
	st->kept_fds = r->engine->ops->kept_fds(r->engine);

	r->peer = (struct rec_peer){
		.name = SV("taggerd"),
		.up = r->taggerd.up,
		.queued = r->taggerd.queued,
		.dropped = r->taggerd.dropped,
		.refused = r->taggerd.refused,
		.last_error = strview_of(r->taggerd.last_error),
	};
	st->peers.v = &r->peer;
	st->peers.n = 1;

	st->hidden.v = r->hidden;
	st->hidden.n = 0;
	for (bit = 0; bit < SCANNER_HIDDEN_BITS; bit++)
		if (full->hidden[bit] > 0)
			r->hidden[st->hidden.n++] = (struct rec_hidden){
				.field = strview_of(fields[bit].field),
				.processes = full->hidden[bit],
				.reason = strview_of(reason(bit)),
			};
	fill_note(r);
	st->note = strview_of(r->note);
}
