/* SPDX-License-Identifier: ISC
 *
 * `ddproc check`: one snapshot as JSON. Processes are written one by one, so
 * that the size of the host is not the size of this program.
 */
#include <string.h>

#include "common/clock.h"
#include "client.h"
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

static void
print_processes(const struct ddproc *ctx, const struct model *model,
    enum snapshot_kind kind)
{
	struct model_view view = { 0 };

	model_select(model, NULL, &view);
	table_sort(&view, SORT_PID, false);
	for (size_t i = 0; i < view.n; i++) {
		struct strview room[2 * LIMIT_TAGS];
		struct rec_process rec = *view.v[i];

		rec.tags = model_tags(model, &rec, room);
		fputs(i > 0 ? ",\n" : "\n", ctx->out);
		json_put_line(ctx->out,
		    kind == SNAPSHOT_FULL ? json_process(&rec)
					  : json_stat(&rec.stat));
	}
	model_view_free(&view);
}

static void
print_snapshot(const struct ddproc *ctx, const struct model *model,
    enum snapshot_kind kind)
{
	const struct model_scan *scan = model_scan(model, kind);
	const struct rec_host *host = model_host(model);
	json_t *end = json_record(MSG_snapshot_end, &scan->end);

	fprintf(ctx->out,
	    "{\"kind\": \"%s\",\n\"scan\": %llu,\n\"wall_ms\": %lld,\n"
	    "\"cost_cpu\": %llu,\n\"cost_wall\": %llu,\n\"host\": ",
	    kind == SNAPSHOT_FULL ? "full" : "realtime",
	    (unsigned long long)scan->begin.scan,
	    (long long)scan->begin.wall_ms,
	    (unsigned long long)scan->end.cost_cpu,
	    (unsigned long long)scan->end.cost_wall);
	json_put_line(
	    ctx->out, host != NULL ? json_record(MSG_host, host) : json_null());
	fputs(",\n\"skipped\": ", ctx->out);
	json_put_line(ctx->out, json_incref(json_object_get(end, "skipped")));
	json_decref(end);
	fputs(",\n\"processes\": [", ctx->out);
	print_processes(ctx, model, kind);
	fputs("\n]}\n", ctx->out);
}

int
check_command(const struct ddproc *ctx, int argc, char **argv)
{
	struct client *client;
	int64_t since = clock_wall_ms();
	bool realtime;
	int rc = EXIT_FAILED;

	if (argc != 2 ||
	    (strcmp(argv[1], "process") != 0 &&
		strcmp(argv[1], "rtprocess") != 0))
		return command_usage("check", "process|rtprocess");
	realtime = strcmp(argv[1], "rtprocess") == 0;
	client = client_new(ctx->rundir, realtime ? on_event : NULL, NULL);
	if (client_expect(client,
		realtime ? client_has_realtime : client_has_full, &since,
		realtime ? "real-time snapshot" : "snapshot") == 0) {
		print_snapshot(ctx, client_model(client),
		    realtime ? SNAPSHOT_REALTIME : SNAPSHOT_FULL);
		rc = EXIT_DONE;
	}
	client_free(client);
	return rc;
}
