/* SPDX-License-Identifier: ISC
 *
 * One process with its facets and its open files.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "client.h"
#include "ddproc.h"
#include "inspect.h"
#include "text.h"

/* Real time shows a process that started after the last full scan. */
#define INSPECT_TTL  (LIMIT_VIEW_WAIT * 2)
#define INSPECT_WAIT 5 /* s for that */

struct inspection {
	int32_t pid;
	uint64_t start;
	int64_t since; /* ms since the epoch: when we were asked */
};

static void
print_string(FILE *out, const char *label, struct strview s)
{
	fprintf(out, "%-11s ", label);
	if (s.len > 0)
		text_write(out, s);
	else
		fputc('-', out);
	fputc('\n', out);
}

static void
print_strings(FILE *out, const char *label, const struct strviews *list)
{
	for (uint32_t i = 0; i < list->n; i++)
		print_string(out, i == 0 ? label : "", list->v[i]);
}

static void
print_identity(FILE *out, const struct rec_process *rec, int64_t now)
{
	char age[TEXT_SHORT], time[TEXT_SHORT];

	text_time(time, rec->stat.create_time);
	text_age(age, text_elapsed(rec->stat.create_time, now));
	fprintf(out, "%-11s %d, %s, started %s (%s ago)\n", "process",
	    rec->stat.pid, text_state_name(rec->stat.state), time, age);
	fprintf(out, "%-11s parent %d, group %d\n", "relations", rec->ppid,
	    rec->pgroup);
	if (rec->hidden & HIDDEN_STATUS) {
		fprintf(out, "%-11s ?\n", "user");
		return;
	}
	fprintf(out, "%-11s pid %d\n", "namespace", rec->nspid);
	print_string(out, "user", rec->user);
	fprintf(out,
	    "%-11s uid %u, euid %u, suid %u, gid %u, egid %u, sgid %u\n", "ids",
	    rec->uid, rec->euid, rec->suid, rec->gid, rec->egid, rec->sgid);
}

static void
print_command(
    FILE *out, const struct model *model, const struct rec_process *rec)
{
	const struct rec_container *container = model_find_container(
	    model, rec->stat.container_id);
	struct strview room[MODEL_TAGS];
	struct strviews tags = model_tags(model, &rec->tags, container, room);

	print_string(out, "name", rec->comm);
	print_strings(out, "arguments", &rec->args);
	print_string(out, "executable", rec->exe);
	print_string(out, "directory", rec->cwd);
	print_string(out, "root", rec->root);
	print_string(out, "container", rec->stat.container_id);
	print_strings(out, "tags", &tags);
}

static void
print_numbers(FILE *out, const struct rec_process *rec)
{
	const struct rec_process_stat *stat = &rec->stat;
	char a[TEXT_SHORT], b[TEXT_SHORT], c[TEXT_SHORT], d[TEXT_SHORT];

	text_percent(a, (double)stat->total_pct);
	text_percent(b, (double)stat->user_pct);
	text_percent(c, (double)stat->system_pct);
	fprintf(out, "%-11s %s%% (user %s, system %s), %d thread%s, nice %d\n",
	    "cpu", a, b, c, stat->threads, stat->threads == 1 ? "" : "s",
	    stat->nice);
	text_bytes(a, (double)stat->rss);
	text_bytes(b, (double)stat->vms);
	text_bytes(c, rec->hidden & HIDDEN_STATUS ? -1 : (double)stat->shared);
	text_bytes(d, rec->hidden & HIDDEN_STATUS ? -1 : (double)stat->swap);
	fprintf(out, "%-11s rss %s, virtual %s, shared %s, swap %s\n", "memory",
	    a, b, c, d);
	text_bytes(a, (double)stat->read_bytes_rate);
	text_bytes(b, (double)stat->write_bytes_rate);
	fprintf(out, "%-11s read %s/s, write %s/s\n", "io", a, b);
}

static void
print_hidden(FILE *out, uint32_t hidden)
{
	if (hidden == 0)
		return;
	fprintf(out, "%-11s", "unreadable");
	for (uint32_t bit = HIDDEN_CMDLINE; bit <= HIDDEN_STATUS; bit <<= 1)
		if (hidden & bit)
			fprintf(out, " %s", text_hidden(bit));
	fputc('\n', out);
}

static void
print_files(
    FILE *out, const struct rec_process *rec, const struct rec_files *files)
{
	char count[TEXT_SHORT];

	text_count(count, rec->stat.open_fds);
	if (files == NULL) {
		fprintf(out, "%-11s %s, asking for the list ...\n",
		    "open files", count);
		return;
	}
	if (files->error.len > 0) {
		print_string(out, "open files", files->error);
		return;
	}
	fprintf(out, "%-11s %u\n", "open files", files->files.n + files->more);
	for (uint32_t i = 0; i < files->files.n; i++) {
		const struct rec_file *file = &files->files.v[i];

		fprintf(
		    out, "%7d  %-10s ", file->fd, text_file_kind(file->kind));
		text_write(out, file->target);
		fputc('\n', out);
	}
	if (files->more > 0)
		fprintf(out, "         and %u more\n", files->more);
}

void
inspect_print(FILE *out, const struct model *model,
    const struct rec_process *rec, const struct rec_files *files, int64_t now)
{
	print_identity(out, rec, now);
	print_command(out, model, rec);
	print_numbers(out, rec);
	print_hidden(out, rec->hidden);
	print_files(out, rec, files);
}

/* It is there, or a scan since then did not see it. */
static bool
is_found(const struct model *model, void *arg)
{
	const struct inspection *inspection = arg;
	const struct model_scan *scan = model_last_scan(model);

	return model_find_pid(model, inspection->pid) != NULL ||
	    (scan != NULL && scan->begin.wall_ms >= inspection->since);
}

static bool
has_files(const struct model *model, void *arg)
{
	const struct inspection *inspection = arg;
	const struct rec_files *files = model_files(model);

	return files != NULL && files->pid == inspection->pid &&
	    files->start_ticks == inspection->start;
}

static int
inspect_pid(const struct ddproc *ctx, struct client *client, int32_t pid)
{
	struct inspection inspection = { .pid = pid, .since = clock_wall_ms() };
	const struct model *model = client_model(client);
	const struct rec_process *rec;

	if (client_expect(client, client_has_full, NULL, "snapshot") == -1)
		return EXIT_FAILED;
	if (model_find_pid(model, pid) == NULL &&
	    client_ask_realtime(client, INSPECT_TTL) == 0)
		client_wait(client, is_found, &inspection, INSPECT_WAIT);
	if ((rec = model_find_pid(model, pid)) == NULL) {
		fprintf(stderr, "ddproc: no process %d\n", pid);
		return EXIT_FAILED;
	}
	inspection.start = rec->stat.start_ticks;
	if (client_ask_files(client, pid, inspection.start) == -1 ||
	    client_expect(
		client, has_files, &inspection, "list of open files") == -1)
		return EXIT_FAILED;
	if ((rec = model_find_pid(model, pid)) == NULL) {
		fprintf(stderr, "ddproc: process %d has ended\n", pid);
		return EXIT_FAILED;
	}
	inspect_print(
	    ctx->out, model, rec, model_files(model), clock_wall_ms());
	return EXIT_DONE;
}

int
inspect_command(const struct ddproc *ctx, int argc, char **argv)
{
	struct client *client;
	char *end;
	long pid;
	int rc;

	if (argc != 2)
		return command_usage("inspect", "PID");
	errno = 0;
	pid = strtol(argv[1], &end, 10);
	if (errno != 0 || end == argv[1] || *end != '\0' || pid < 1 ||
	    pid > INT32_MAX)
		return command_usage("inspect", "PID");
	client = client_new(ctx->rundir, NULL, NULL);
	rc = inspect_pid(ctx, client, (int32_t)pid);
	client_free(client);
	return rc;
}
