/* SPDX-License-Identifier: ISC
 *
 * Connects the parts: when to scan, where snapshots go, and what upstream
 * may ask. Whatever is asked, real time is bounded here in interval and
 * lease, and inspect names a process by identity, never by a path.
 */
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "common/clock.h"
#include "common/daemon.h"
#include "common/limits.h"
#include "common/link.h"
#include "common/log.h"
#include "cgroup_read.h"
#include "collector.h"
#include "engine.h"
#include "filter.h"
#include "inspect.h"
#include "procfs.h"
#include "report.h"
#include "rules.h"
#include "scanner.h"
#include "schedule.h"
#include "sysinfo.h"

struct collector {
	struct daemon *daemon; /* borrowed */
	struct engine *engine;
	struct cgroup_tree *tree;
	struct scanner *scanner;
	struct rules rules;
	struct sysinfo_host *host;
	struct link_role role;
	struct link *link;
	struct schedule *full;
	struct schedule *realtime;
	struct schedule *status;
	struct event *lease;   /* real time ends when it fires */
	uint64_t lease_end_ns; /* CLOCK_MONOTONIC */
};

static void
send_status(void *arg)
{
	struct collector *c = arg;
	struct rec_status st = { 0 };
	struct report report = {
		.engine = c->engine,
		.scanner = c->scanner,
		.tree = c->tree,
		.network = c->daemon->config->collect_docker_network,
		.overruns = schedule_overruns(c->full) +
		    schedule_overruns(c->realtime),
		.blacklist_exceeded = filter_exceeded(c->rules.filter),
		.realtime = schedule_is_on(c->realtime),
	};
	uint64_t now = clock_mono_ns();

	if (report.realtime) {
		report.realtime_interval = schedule_interval(c->realtime);
		if (c->lease_end_ns > now)
			report.realtime_left = (uint32_t)((c->lease_end_ns -
							      now) /
			    CLOCK_NS_PER_S);
	}
	link_get_stats(c->link, &report.taggerd);
	daemon_fill_status(c->daemon, &st);
	report_fill(&report, &st);
	(void)link_send(c->link, MSG_status, &st);
}

static uint64_t
snapshots_dropped(const struct collector *c)
{
	struct link_stats stats;

	link_get_stats(c->link, &stats);
	return stats.dropped;
}

static void
scan_and_send(struct collector *c, enum snapshot_kind kind)
{
	const struct scanner_result *result = scanner_last(c->scanner, kind);
	struct batch *batch = scanner_run(c->scanner, kind);
	uint64_t dropped = snapshots_dropped(c);

	if (batch == NULL)
		return;
	(void)link_send_batch(c->link, batch);
	batch_unref(batch);
	/* Perhaps the only one that showed all of some process. */
	if (snapshots_dropped(c) != dropped)
		scanner_new_reader(c->scanner);
	log_debug("%s scan %llu: %u processes, %u containers, %llu us of CPU",
	    kind == SNAPSHOT_FULL ? "full" : "real-time",
	    (unsigned long long)result->scan, result->processes,
	    result->containers, (unsigned long long)result->cost_cpu);
}

static void
on_full_due(void *arg)
{
	struct collector *c = arg;

	scan_and_send(c, SNAPSHOT_FULL);
	schedule_start(c->status, clock_mono_ns(), LIMIT_STATUS_INTERVAL);
}

static void
on_realtime_due(void *arg)
{
	scan_and_send(arg, SNAPSHOT_REALTIME);
}

static void
stop_realtime(struct collector *c, const char *why)
{
	evtimer_del(c->lease);
	if (!schedule_is_on(c->realtime))
		return;
	schedule_stop(c->realtime);
	log_info("real time off: %s", why);
}

static void
on_lease_end(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	stop_realtime(arg, "nobody renewed it");
}

/* Seconds between full scans. Where processes are reported, too, containers
 * travel with them. */
static uint32_t
full_interval(const struct collector *c)
{
	const struct config *config = c->daemon->config;

	return (uint32_t)(c->daemon->scope == SCOPE_CONTAINERS
		? config->container_interval
		: config->process_interval);
}

/* Seconds between real-time scans for a wish: 0 is our own choice, and the
 * administrator's interval is the shortest. */
static uint32_t
realtime_interval(const struct collector *c, uint32_t wish)
{
	const struct config *config = c->daemon->config;
	uint32_t least = (uint32_t)(c->daemon->scope == SCOPE_CONTAINERS
		? config->rtcontainer_interval
		: config->rtprocess_interval);

	if (least < LIMIT_RT_INTERVAL_MIN)
		least = LIMIT_RT_INTERVAL_MIN;
	if (wish > LIMIT_RT_INTERVAL_MAX)
		wish = LIMIT_RT_INTERVAL_MAX;
	return wish > least ? wish : least;
}

static void
on_realtime(struct link *link, const union schema_any *rec,
    const struct strview *frame, void *arg)
{
	const struct rec_realtime *wish = &rec->realtime;
	struct collector *c = arg;
	const struct config *config = c->daemon->config;
	uint32_t interval = realtime_interval(c, wish->interval);
	struct timeval lease = { .tv_sec = wish->ttl };
	uint64_t last = scanner_last(c->scanner, SNAPSHOT_REALTIME)->mono_ns;

	(void)link;
	(void)frame;
	if (!wish->on || wish->ttl == 0 || !config->allow_real_time) {
		stop_realtime(c, "upstream or the configuration says so");
		return;
	}
	if (lease.tv_sec > LIMIT_RT_TTL)
		lease.tv_sec = LIMIT_RT_TTL;
	if (evtimer_add(c->lease, &lease) == -1)
		fatalx("cannot set a timer");
	c->lease_end_ns = clock_mono_ns() +
	    (uint64_t)lease.tv_sec * CLOCK_NS_PER_S;
	if (schedule_is_on(c->realtime) &&
	    schedule_interval(c->realtime) == interval)
		return;
	log_info("real time on, each %u s", interval);
	/* However often the wish changes, scans keep their distance. */
	schedule_start(c->realtime, last + interval * CLOCK_NS_PER_S, interval);
}

static void
on_inspect(struct link *link, const union schema_any *rec,
    const struct strview *frame, void *arg)
{
	struct collector *c = arg;
	struct rec_files *files;

	(void)frame;
	files = inspect_new(c->engine, &rec->inspect,
	    (uint32_t)c->daemon->config->max_proc_fds);
	(void)link_send(link, MSG_files, files);
	inspect_free(files);
}

/* Starts full scans, the first one when the rates have something to stand
 * on: an interval's worth, or LIMIT_PRIME after a scan made for that. */
static void
on_up(struct link *link, void *arg)
{
	struct collector *c = arg;
	uint32_t interval = full_interval(c);
	const struct scanner_result *last = scanner_last(
	    c->scanner, SNAPSHOT_FULL);

	(void)link_send(link, MSG_host, &c->host->host);
	scanner_new_reader(c->scanner);
	if (clock_mono_ns() - last->mono_ns > interval * CLOCK_NS_PER_S)
		scanner_prime(c->scanner);
	schedule_start(
	    c->full, last->mono_ns + LIMIT_PRIME * CLOCK_NS_PER_S, interval);
	schedule_start(c->status, clock_mono_ns(), LIMIT_STATUS_INTERVAL);
}

static void
on_down(struct link *link, void *arg)
{
	struct collector *c = arg;

	(void)link;
	schedule_stop(c->full);
	schedule_stop(c->status);
	stop_realtime(c, "taggerd is gone");
}

static bool
may_connect(uid_t uid, void *arg)
{
	const struct collector *c = arg;

	return priv_peer_is(&c->daemon->priv, USER_TAGGERD, uid);
}

static void
on_reload(void *arg)
{
	struct collector *c = arg;
	const struct config *config = c->daemon->config;
	uint32_t interval = full_interval(c);
	struct rules fresh;

	/* They were checked before the configuration was taken. */
	if (rules_new(&fresh, config, stderr) == 0) {
		scanner_set_rules(c->scanner, fresh.scrub, fresh.filter);
		rules_free(&c->rules);
		c->rules = fresh;
	}
	scanner_set_scope(
	    c->scanner, c->daemon->scope, config->collect_docker_network);
	if (!config->allow_real_time)
		stop_realtime(c, "the configuration says so");
	if (schedule_is_on(c->full) && schedule_interval(c->full) != interval)
		schedule_start(c->full,
		    scanner_last(c->scanner, SNAPSHOT_FULL)->mono_ns +
			interval * CLOCK_NS_PER_S,
		    interval);
}

/* Shares our descriptors out: a quarter of them at most for containers. */
static void
share_descriptors(uint32_t *processes, uint32_t *cgroups)
{
	struct rlimit rl;
	rlim_t n = 0;

	if (getrlimit(RLIMIT_NOFILE, &rl) == 0 &&
	    rl.rlim_cur > LIMIT_FD_RESERVE)
		n = rl.rlim_cur - LIMIT_FD_RESERVE;
	*cgroups = n / 4 < LIMIT_CGROUP_FDS ? (uint32_t)(n / 4)
					    : LIMIT_CGROUP_FDS;
	n -= *cgroups;
	*processes = n < LIMIT_FDS_KEPT ? (uint32_t)n : LIMIT_FDS_KEPT;
}

/* The only engine there is, whatever `engine` says. */
static void
open_engine(struct collector *c)
{
	const struct config *config = c->daemon->config;
	uint32_t processes, cgroups;

	share_descriptors(&processes, &cgroups);
	c->engine = procfs_new(config->host_proc, processes);
	if (c->engine == NULL)
		fatal("%s", config->host_proc);
	c->host = sysinfo_new(
	    config->host_proc, config->host_sys, config->host_etc);
	c->tree = cgroup_tree_new(config->host_sys, cgroups);
	c->engine->tree = c->tree;
	c->scanner = scanner_new(c->engine, c->tree, c->host->boot_ms);
	scanner_set_scope(
	    c->scanner, c->daemon->scope, config->collect_docker_network);
	if (rules_new(&c->rules, config, stderr) == -1)
		fatalx("the configuration is bad");
	scanner_set_rules(c->scanner, c->rules.scrub, c->rules.filter);
}

struct collector *
collector_new(struct daemon *daemon)
{
	struct collector *c = xcalloc(1, sizeof(*c));
	char path[LIMIT_PATH];

	c->daemon = daemon;
	daemon->on_reload = on_reload;
	daemon->arg = c;
	open_engine(c);

	c->full = schedule_new(daemon->base, on_full_due, c);
	c->realtime = schedule_new(daemon->base, on_realtime_due, c);
	c->status = schedule_new(daemon->base, send_status, c);
	c->lease = evtimer_new(daemon->base, on_lease_end, c);
	if (c->lease == NULL)
		fatalx("cannot make a timer");

	c->role = (struct link_role){
		.self = R_COLLECTORD,
		.peer = R_TAGGERD,
		.handlers = {
			[MSG_realtime] = on_realtime,
			[MSG_inspect] = on_inspect,
		},
		.on_up = on_up,
		.on_down = on_down,
		.arg = c,
		.may_connect = may_connect,
	};
	snprintf(path, sizeof(path), "%s/%s", daemon->rundir, SOCK_COLLECT);
	c->link = link_connect(daemon->base, path, &c->role);
	/* Rates begin now, in case taggerd is there already. */
	scanner_prime(c->scanner);
	return c;
}

void
collector_free(struct collector *c)
{
	if (c == NULL)
		return;
	link_free(c->link);
	if (c->lease != NULL)
		event_free(c->lease);
	schedule_free(c->status);
	schedule_free(c->realtime);
	schedule_free(c->full);
	scanner_free(c->scanner);
	cgroup_tree_free(c->tree);
	c->engine->ops->free(c->engine);
	rules_free(&c->rules);
	sysinfo_free(c->host);
	free(c);
}
