/* SPDX-License-Identifier: ISC
 *
 * The status of collectord: numbers of the last scans, and for each field
 * that is hidden, how often and why. Holds no process's text.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>

#include "cgroup_read.h"
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

/* The figures of enum container_hidden, by bit. */
static const char *const figures[SCANNER_HIDDEN_CONTAINER_BITS] = {
	"CPU",
	"memory",
	"block I/O",
	"network",
	"threads",
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

/* Why a figure of containers is hidden: `bit` of container_hidden. */
static const char *
figure_reason(const struct report *r, unsigned bit)
{
	if (1u << bit != HIDDEN_CONTAINER_NETWORK)
		return "no cgroup accounts for it, or none that may be read";
	if (!r->network)
		return "collect_docker_network is off";
	if (!priv_has_cap(CAP_SYS_PTRACE))
		return "needs CAP_SYS_PTRACE";
	return "refused by the kernel, or not there";
}

static void
fill_note(struct report *r)
{
	const struct scanner_result *full = scanner_last(
	    r->scanner, SNAPSHOT_FULL);
	const char *error = scanner_error(r->scanner);

	r->note[0] = '\0';
	if (error[0] != '\0')
		snprintf(r->note, sizeof(r->note), "%s", error);
	else if (r->engine->ops->note(r->engine) != NULL)
		snprintf(r->note, sizeof(r->note), "%s",
		    r->engine->ops->note(r->engine));
	else if (full->uncontained > 0)
		snprintf(r->note, sizeof(r->note),
		    "more than %d containers: %" PRIu32 " processes are in "
		    "some that are not known",
		    LIMIT_CONTAINERS, full->uncontained);
	else if (r->blacklist_exceeded > 0)
		snprintf(r->note, sizeof(r->note),
		    "blacklist: %" PRIu64 " matches took too long and counted "
		    "as none",
		    r->blacklist_exceeded);
}

/* Returns how many there are. */
static uint32_t
fill_hidden(struct report *r, const struct scanner_result *full)
{
	uint32_t n = 0;
	unsigned bit;

	for (bit = 0; bit < SCANNER_HIDDEN_BITS; bit++)
		if (full->hidden[bit] > 0)
			r->hidden[n++] = (struct rec_hidden){
				.field = strview_of(fields[bit].field),
				.processes = full->hidden[bit],
				.reason = strview_of(reason(bit)),
			};
	for (bit = 0; bit < SCANNER_HIDDEN_CONTAINER_BITS; bit++)
		if (full->hidden_containers[bit] > 0)
			r->hidden[n++] = (struct rec_hidden){
				.field = strview_of(figures[bit]),
				.containers = full->hidden_containers[bit],
				.reason = strview_of(figure_reason(r, bit)),
			};
	return n;
}

void
report_fill(struct report *r, struct rec_status *st)
{
	const struct scanner_result *full = scanner_last(
	    r->scanner, SNAPSHOT_FULL);
	const struct scanner_result *realtime = scanner_last(
	    r->scanner, SNAPSHOT_REALTIME);

	st->engine = strview_of(r->engine->ops->name);
	st->scan = full->scan;
	st->processes = full->processes;
	st->containers = full->containers;
	st->skipped = full->skipped;
	st->full_cpu = full->cost_cpu;
	st->full_wall = full->cost_wall;
	st->rt_cpu = realtime->cost_cpu;
	st->rt_wall = realtime->cost_wall;
	st->overruns = r->overruns;
	st->realtime = r->realtime;
	st->realtime_interval = r->realtime_interval;
	st->realtime_left = r->realtime_left;
	st->kept_fds = r->engine->ops->kept_fds(r->engine) +
	    cgroup_tree_kept(r->tree);

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
	st->hidden.n = fill_hidden(r, full);
	cgroup_tree_describe(r->tree, r->cgroup, sizeof(r->cgroup));
	st->cgroup = strview_of(r->cgroup);
	fill_note(r);
	st->note = strview_of(r->note);
}
