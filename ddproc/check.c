/* SPDX-License-Identifier: ISC
 *
 * `ddproc check`: one snapshot as JSON. Records are written one by one, so
 * that the size of the host is not the size of this program.
 */
#include <string.h>

#include "common/clock.h"
#include "check.h"
#include "client.h"
#include "ctable.h"
#include "ddproc.h"
#include "json.h"
#include "table.h"

/* Real time has to be asked for; seconds, longer than the answer may take. */
#define CHECK_TTL (LIMIT_VIEW_WAIT * 2)

static void
on_event(struct client *client, enum client_event event, void *arg)
{
	(void)arg;
	if (event == CLIENT_UP)
		client_ask_realtime(client, CHECK_TTL);
}

/* What a check shows, as the payloads do: processes and containers, or
 * containers alone. */
static const struct check {
	const char *name;
	enum snapshot_kind kind;
	bool processes;
} checks[] = {
	{ "process", SNAPSHOT_FULL, true },
	{ "rtprocess", SNAPSHOT_REALTIME, true },
	{ "container", SNAPSHOT_FULL, false },
	{ "rtcontainer", SNAPSHOT_REALTIME, false },
};

static void
print_processes(const struct ddproc *ctx, const struct model *model,
    enum snapshot_kind kind)
{
	struct model_view view = { 0 };

	fputs(",\n\"processes\": [", ctx->out);
	model_select(model, NULL, &view);
	table_sort(&view, SORT_PID, false);
	for (size_t i = 0; i < view.n; i++) {
		struct strview room[MODEL_TAGS];
		struct rec_process rec = *view.v[i];

		rec.tags = model_tags(model, &rec.tags,
		    model_find_container(model, rec.stat.container_id), room);
		fputs(i > 0 ? ",\n" : "\n", ctx->out);
		json_put_line(ctx->out,
		    kind == SNAPSHOT_FULL ? json_process(&rec)
					  : json_stat(&rec.stat));
	}
	fputs("\n]", ctx->out);
	model_view_free(&view);
}

void
check_put_containers(FILE *out, const struct model *model,
    const struct model_containers *view, enum snapshot_kind kind)
{
	putc('[', out);
	for (size_t i = 0; i < view->n; i++) {
		struct strview room[MODEL_TAGS];
		struct rec_container rec = *view->v[i];

		rec.tags = model_tags(model, &rec.tags, NULL, room);
		fputs(i > 0 ? ",\n" : "\n", out);
		json_put_line(out,
		    kind == SNAPSHOT_FULL ? json_container(&rec)
					  : json_container_stat(&rec.stat));
	}
	fputs("\n]", out);
}

static void
print_containers(const struct ddproc *ctx, const struct model *model,
    enum snapshot_kind kind)
{
	struct model_containers view = { 0 };

	fputs(",\n\"containers\": ", ctx->out);
	model_select_containers(model, NULL, &view);
	ctable_sort(&view, CSORT_ID, false);
	check_put_containers(ctx->out, model, &view, kind);
	model_containers_free(&view);
}

static void
print_snapshot(const struct ddproc *ctx, const struct model *model,
    const struct check *check)
{
	const struct model_scan *scan = model_scan(model, check->kind);
	const struct rec_host *host = model_host(model);
	json_t *end = json_record(MSG_snapshot_end, &scan->end);

	fprintf(ctx->out,
	    "{\"kind\": \"%s\",\n\"scan\": %llu,\n\"wall_ms\": %lld,\n"
	    "\"cost_cpu\": %llu,\n\"cost_wall\": %llu,\n\"host\": ",
	    check->kind == SNAPSHOT_FULL ? "full" : "realtime",
	    (unsigned long long)scan->begin.scan,
	    (long long)scan->begin.wall_ms,
	    (unsigned long long)scan->end.cost_cpu,
	    (unsigned long long)scan->end.cost_wall);
	json_put_line(
	    ctx->out, host != NULL ? json_record(MSG_host, host) : json_null());
	fputs(",\n\"skipped\": ", ctx->out);
	json_put_line(ctx->out, json_incref(json_object_get(end, "skipped")));
	json_decref(end);
	if (check->processes)
		print_processes(ctx, model, check->kind);
	print_containers(ctx, model, check->kind);
	fputs("}\n", ctx->out);
}

static const struct check *
find_check(int argc, char **argv)
{
	for (size_t i = 0; argc == 2 && i < sizeof(checks) / sizeof(checks[0]);
	     i++)
		if (strcmp(checks[i].name, argv[1]) == 0)
			return &checks[i];
	return NULL;
}

int
check_command(const struct ddproc *ctx, int argc, char **argv)
{
	const struct check *check = find_check(argc, argv);
	struct client *client;
	int64_t since = clock_wall_ms();
	bool realtime;
	int rc = EXIT_FAILED;

	if (check == NULL)
		return command_usage("check", CHECK_USAGE);
	realtime = check->kind == SNAPSHOT_REALTIME;
	client = client_new(ctx->rundir, realtime ? on_event : NULL, NULL);
	if (client_expect(client,
		realtime ? client_has_realtime : client_has_full, &since,
		realtime ? "real-time snapshot" : "snapshot") == 0) {
		print_snapshot(ctx, client_model(client), check);
		rc = EXIT_DONE;
	}
	client_free(client);
	return rc;
}
