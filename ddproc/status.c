/* SPDX-License-Identifier: ISC
 *
 * `ddproc status`: what each daemon says about itself, for a person or as
 * JSON.
 */
#include <string.h>

#include "common/clock.h"
#include "client.h"
#include "ddproc.h"
#include "json.h"
#include "text.h"

#define STATUS_WAIT    3 /* s: the reports come at once */
#define STATUS_OLD     (3 * LIMIT_STATUS_INTERVAL * INT64_C(1000)) /* ms */
#define STATUS_BACKLOG (256u << 10) /* bytes; less is on its way */
#define LABEL          "  %-13s "

static const enum role daemons[] = { R_COLLECTORD, R_TAGGERD, R_SHIPPERD };
#define DAEMONS (sizeof(daemons) / sizeof(daemons[0]))

static bool
has_all(const struct model *model, void *unused)
{
	(void)unused;
	for (size_t i = 0; i < DAEMONS; i++)
		if (model_status(model, daemons[i]) == NULL)
			return false;
	return true;
}

static bool
is_up(const struct model *model, enum role daemon)
{
	const struct rec_status *st = model_status(model, daemon);

	return st != NULL && st->up;
}

static void
print_string(FILE *out, const char *label, struct strview s)
{
	if (s.len == 0)
		return;
	fprintf(out, LABEL, label);
	text_write(out, s);
	fputc('\n', out);
}

static void
print_identity(FILE *out, const struct rec_status *st, int64_t now)
{
	char age[TEXT_SHORT], time[TEXT_SHORT], rss[TEXT_SHORT];
	char pss[TEXT_SHORT];

	fprintf(out, "up, pid %d, version ", st->pid);
	text_write(out, st->version);
	if (text_elapsed(st->at, now) > STATUS_OLD) {
		text_age(age, text_elapsed(st->at, now));
		fprintf(out, " (said %s ago)", age);
	}
	fprintf(out, "\n" LABEL, "user");
	text_write(out, st->user);
	fprintf(out, " (uid %u)\n" LABEL, st->uid, "capabilities");
	if (st->capabilities.len > 0)
		text_write(out, st->capabilities);
	else
		fputs("none", out);
	text_time(time, st->started);
	text_age(age, text_elapsed(st->started, now));
	fprintf(out, "\n" LABEL "%s, up %s\n", "started", time, age);
	text_bytes(rss, (double)st->rss);
	text_bytes(pss, st->pss > 0 ? (double)st->pss : -1);
	fprintf(out, LABEL "rss %s, pss %s\n", "memory", rss, pss);
	print_string(out, "note", st->note);
}

/* ", 3 snapshots dropped", where there is something to say. */
static void
print_count(FILE *out, uint64_t n, const char *one, const char *many)
{
	if (n > 0)
		fprintf(out, ", %llu %s", (unsigned long long)n,
		    n == 1 ? one : many);
}

static void
print_peers(FILE *out, const struct rec_status *st)
{
	char queued[TEXT_SHORT];

	for (uint32_t i = 0; i < st->peers.n; i++) {
		const struct rec_peer *peer = &st->peers.v[i];

		fprintf(out, LABEL, "link");
		text_write(out, peer->name);
		fprintf(out, ": %s", peer->up ? "up" : "down");
		text_bytes(queued, (double)peer->queued);
		if (peer->queued >= STATUS_BACKLOG)
			fprintf(out, ", %s behind", queued);
		print_count(out, peer->dropped, "snapshot dropped",
		    "snapshots dropped");
		print_count(out, peer->refused, "connection refused",
		    "connections refused");
		if (peer->last_error.len > 0) {
			fputs("; ", out);
			text_write(out, peer->last_error);
		}
		fputc('\n', out);
	}
}

static void
print_skipped(FILE *out, const struct rec_skipped *skipped)
{
	const struct {
		uint32_t n;
		const char *reason;
	} rows[] = {
		{ skipped->kernel, "kernel threads" },
		{ skipped->vanished, "ended while read" },
		{ skipped->blacklisted, "on the blacklist" },
		{ skipped->denied, "not readable (hidepid)" },
		{ skipped->malformed, "malformed" },
		{ skipped->limit, "past a limit" },
		{ skipped->containers, "containers ended while read" },
	};
	const char *gap = "";

	fprintf(out, LABEL, "skipped");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].n == 0)
			continue;
		fprintf(out, "%s%u %s", gap, rows[i].n, rows[i].reason);
		gap = ", ";
	}
	fputs(*gap != '\0' ? "\n" : "none\n", out);
}

static void
print_realtime(FILE *out, const struct rec_status *st)
{
	if (st->realtime)
		fprintf(out, LABEL "on, every %u s, for %u s more", "real time",
		    st->realtime_interval, st->realtime_left);
	else
		fprintf(out, LABEL "off", "real time");
	if (st->wishers.len > 0) {
		fputs(", asked for by ", out);
		text_write(out, st->wishers);
	}
	fputc('\n', out);
}

static void
print_hidden(FILE *out, const struct rec_status *st)
{
	for (uint32_t i = 0; i < st->hidden.n; i++) {
		const struct rec_hidden *hidden = &st->hidden.v[i];

		fprintf(out, LABEL, "hidden");
		text_write(out, hidden->field);
		if (hidden->containers > 0)
			fprintf(out, " of %u container%s: ", hidden->containers,
			    hidden->containers == 1 ? "" : "s");
		else
			fprintf(out, " of %u process%s: ", hidden->processes,
			    hidden->processes == 1 ? "" : "es");
		text_write(out, hidden->reason);
		fputc('\n', out);
	}
}

static void
print_collectord(FILE *out, const struct rec_status *st)
{
	char cpu[TEXT_SHORT], wall[TEXT_SHORT];

	fprintf(out, LABEL, "engine");
	text_write(out, st->engine);
	fprintf(out, ", %u descriptors kept\n", st->kept_fds);
	print_string(out, "cgroups", st->cgroup);
	if (st->scan == 0) {
		fprintf(out, LABEL "none yet\n", "last scan");
		return;
	}
	text_micros(cpu, st->full_cpu);
	text_micros(wall, st->full_wall);
	fprintf(out,
	    LABEL "number %llu: %u process%s, %u container%s, CPU %s, took "
		  "%s\n",
	    "last scan", (unsigned long long)st->scan, st->processes,
	    st->processes == 1 ? "" : "es", st->containers,
	    st->containers == 1 ? "" : "s", cpu, wall);
	print_skipped(out, &st->skipped);
	text_micros(cpu, st->rt_cpu);
	text_micros(wall, st->rt_wall);
	if (st->rt_wall > 0)
		fprintf(
		    out, LABEL "CPU %s, took %s\n", "last rt scan", cpu, wall);
	if (st->overruns > 0)
		fprintf(out, LABEL "%llu scans, one before took too long\n",
		    "left out", (unsigned long long)st->overruns);
	print_realtime(out, st);
	print_hidden(out, st);
}

static void
print_taggerd(FILE *out, const struct rec_status *st)
{
	fprintf(out, LABEL, "host name");
	text_write(out, st->hostname);
	if (st->hostname_source.len > 0) {
		fputs(" (from ", out);
		text_write(out, st->hostname_source);
		fputc(')', out);
	}
	fputc('\n', out);
	print_realtime(out, st);
	fprintf(out, LABEL "%u", "containers", st->containers);
	if (st->excluded > 0)
		fprintf(out, ", and %u excluded", st->excluded);
	fputc('\n', out);
	for (uint32_t i = 0; i < st->sources.n; i++) {
		fprintf(out, LABEL, "tag source");
		text_write(out, st->sources.v[i].name);
		fputs(": ", out);
		text_write(out, st->sources.v[i].state);
		fputc('\n', out);
	}
}

/* What waits for the endpoint, and why some of it went. */
static void
print_owed(FILE *out, const struct rec_endpoint *endpoint)
{
	const struct {
		uint64_t n;
		const char *why;
	} lost[] = { { endpoint->lost_room, "for want of room" },
		{ endpoint->lost_age, "too old" },
		{ endpoint->lost_late, "real time too late" },
		{ endpoint->lost_damage, "in a damaged spool" },
		{ endpoint->lost_memory,
		    "in memory only when shipperd ended" } };
	char bytes[TEXT_SHORT], age[TEXT_SHORT];
	const char *before = "dropped ";

	if (endpoint->queued > 0) {
		text_bytes(bytes, (double)endpoint->queued_bytes);
		text_age(age, endpoint->queued_age * 1000);
		fprintf(out, LABEL "%llu waiting, %s, the oldest for %s\n", "",
		    (unsigned long long)endpoint->queued, bytes, age);
	}
	if (endpoint->dropped == 0)
		return;
	fprintf(out, LABEL, "");
	for (size_t i = 0; i < sizeof(lost) / sizeof(lost[0]); i++) {
		if (lost[i].n == 0)
			continue;
		fprintf(out, "%s%llu %s", before, (unsigned long long)lost[i].n,
		    lost[i].why);
		before = ", ";
	}
	fputc('\n', out);
}

static void
print_endpoint(FILE *out, const struct rec_endpoint *endpoint, int64_t now)
{
	char age[TEXT_SHORT] = "never";

	if (endpoint->last_success > 0)
		text_age(age, text_elapsed(endpoint->last_success, now));
	fprintf(out, LABEL, "endpoint");
	text_write(out, endpoint->url);
	fputs(": ", out);
	text_write(out, endpoint->state);
	if (endpoint->proxy.len > 0) {
		fputs(" through ", out);
		text_write(out, endpoint->proxy);
	}
	if (endpoint->tls.len > 0) {
		fputs(", ", out);
		text_write(out, endpoint->tls);
	}
	fprintf(out,
	    "\n" LABEL "last success %s%s; %llu delivered, %llu "
	    "retried, %llu dropped, %llu refused\n",
	    "", age, endpoint->last_success > 0 ? " ago" : "",
	    (unsigned long long)endpoint->delivered,
	    (unsigned long long)endpoint->retried,
	    (unsigned long long)endpoint->dropped,
	    (unsigned long long)endpoint->refused);
	print_owed(out, endpoint);
	print_string(out, "", endpoint->last_error);
}

static void
print_shipperd(FILE *out, const struct rec_status *st, int64_t now)
{
	char bytes[TEXT_SHORT];

	text_bytes(bytes, (double)st->queue_bytes);
	if (st->queue_payloads == 0)
		fprintf(out, LABEL "empty", "queue");
	else
		fprintf(out, LABEL "%llu payload%s, %s", "queue",
		    (unsigned long long)st->queue_payloads,
		    st->queue_payloads == 1 ? "" : "s", bytes);
	print_count(
	    out, st->queue_dropped, "payload dropped", "payloads dropped");
	fputc('\n', out);
	if (st->endpoints.n == 0)
		fprintf(out, LABEL "none\n", "endpoint");
	for (uint32_t i = 0; i < st->endpoints.n; i++)
		print_endpoint(out, &st->endpoints.v[i], now);
}

static void
print_down(FILE *out, const struct rec_status *st, int64_t now)
{
	char age[TEXT_SHORT];

	fputs("down", out);
	if (st != NULL && st->at > 0) {
		text_age(age, text_elapsed(st->at, now));
		fprintf(out, ", for %s", age);
	}
	fputc('\n', out);
}

static void
print_daemon(FILE *out, const struct model *model, enum role daemon)
{
	const struct rec_status *st = model_status(model, daemon);
	int64_t now = clock_wall_ms();

	fprintf(out, "%-15s ", schema_role_name(daemon));
	if (st == NULL || !st->up) {
		print_down(out, st, now);
		return;
	}
	print_identity(out, st, now);
	if (daemon == R_COLLECTORD)
		print_collectord(out, st);
	else if (daemon == R_TAGGERD)
		print_taggerd(out, st);
	else
		print_shipperd(out, st, now);
	print_peers(out, st);
}

static void
print_json(const struct ddproc *ctx, const struct model *model)
{
	json_t *all = json_object();

	for (size_t i = 0; i < DAEMONS; i++) {
		const struct rec_status *st = model_status(model, daemons[i]);

		json_object_set_new(all, schema_role_name(daemons[i]),
		    st != NULL ? json_record(MSG_status, st) : json_null());
	}
	json_put(ctx->out, all);
	fputc('\n', ctx->out);
}

int
status_command(const struct ddproc *ctx, int argc, char **argv)
{
	struct client *client;
	const struct model *model;
	char why[1024];
	int rc = EXIT_DONE;

	if (argc > 2 || (argc == 2 && strcmp(argv[1], "--json") != 0))
		return command_usage("status", "[--json]");
	client = client_new(ctx->rundir, NULL, NULL);
	model = client_model(client);
	if (client_wait(client, has_all, NULL, STATUS_WAIT) == CLIENT_NOBODY ||
	    !client_is_up(client)) {
		client_explain(client, why, sizeof(why));
		fprintf(stderr, "ddproc: %s\n", why);
		client_free(client);
		return EXIT_UNREACHED;
	}
	if (argc == 2)
		print_json(ctx, model);
	for (size_t i = 0; i < DAEMONS; i++) {
		if (argc == 1)
			print_daemon(ctx->out, model, daemons[i]);
		if (!is_up(model, daemons[i])) {
			fprintf(stderr, "ddproc: %s is down\n",
			    schema_role_name(daemons[i]));
			rc = EXIT_FAILED;
		}
	}
	client_free(client);
	return rc;
}
