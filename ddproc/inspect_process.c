/* SPDX-License-Identifier: ISC
 *
 * One process with its facets and its open files.
 */
#include "inspect.h"
#include "inspect_private.h"
#include "model.h"
#include "text.h"

void
inspect_put_string(FILE *out, const char *label, struct strview s)
{
	fprintf(out, INSPECT_LABEL, label);
	if (s.len > 0)
		text_write(out, s);
	else
		fputc('-', out);
	fputc('\n', out);
}

void
inspect_put_strings(FILE *out, const char *label, const struct strviews *list)
{
	for (uint32_t i = 0; i < list->n; i++)
		inspect_put_string(out, i == 0 ? label : "", list->v[i]);
}

void
inspect_put_state(
    FILE *out, const char *label, const struct rec_container_stat *stat)
{
	fprintf(
	    out, INSPECT_LABEL "%s", label, text_container_state(stat->state));
	if (stat->health != HEALTH_UNKNOWN)
		fprintf(out, ", %s", text_health(stat->health));
	fputc('\n', out);
}

static void
print_identity(FILE *out, const struct rec_process *rec, int64_t now)
{
	char age[TEXT_SHORT], time[TEXT_SHORT];

	text_time(time, rec->stat.create_time);
	text_age(age, text_elapsed(rec->stat.create_time, now));
	fprintf(out, INSPECT_LABEL "%d, %s, started %s (%s ago)\n", "process",
	    rec->stat.pid, text_state_name(rec->stat.state), time, age);
	fprintf(out, INSPECT_LABEL "parent %d, group %d\n", "relations",
	    rec->ppid, rec->pgroup);
	if (rec->hidden & HIDDEN_STATUS) {
		fprintf(out, INSPECT_LABEL "?\n", "user");
		return;
	}
	fprintf(out, INSPECT_LABEL "pid %d\n", "namespace", rec->nspid);
	inspect_put_string(out, "user", rec->user);
	fprintf(out,
	    INSPECT_LABEL
	    "uid %u, euid %u, suid %u, gid %u, egid %u, sgid %u\n",
	    "ids", rec->uid, rec->euid, rec->suid, rec->gid, rec->egid,
	    rec->sgid);
}

/* The container of a process: NULL when only its id is known. */
static void
print_container(
    FILE *out, struct strview id, const struct rec_container *container)
{
	inspect_put_string(out, "container", id);
	if (container == NULL)
		return;
	inspect_put_string(out, "  name", container->name);
	inspect_put_string(out, "  image", container->image);
	inspect_put_state(out, "  state", &container->stat);
}

static void
print_command(
    FILE *out, const struct model *model, const struct rec_process *rec)
{
	const struct rec_container *container = model_find_container(
	    model, rec->stat.container_id);
	struct strview room[MODEL_TAGS];
	struct strviews tags = model_tags(model, &rec->tags, container, room);

	inspect_put_string(out, "name", rec->comm);
	inspect_put_strings(out, "arguments", &rec->args);
	inspect_put_string(out, "executable", rec->exe);
	inspect_put_string(out, "directory", rec->cwd);
	inspect_put_string(out, "root", rec->root);
	print_container(out, rec->stat.container_id, container);
	inspect_put_strings(out, "tags", &tags);
}

static void
print_numbers(FILE *out, const struct rec_process *rec)
{
	const struct rec_process_stat *stat = &rec->stat;
	char a[TEXT_SHORT], b[TEXT_SHORT], c[TEXT_SHORT], d[TEXT_SHORT];

	text_percent(a, (double)stat->total_pct);
	text_percent(b, (double)stat->user_pct);
	text_percent(c, (double)stat->system_pct);
	fprintf(out,
	    INSPECT_LABEL "%s%% (user %s, system %s), %d thread%s, nice %d\n",
	    "cpu", a, b, c, stat->threads, stat->threads == 1 ? "" : "s",
	    stat->nice);
	text_bytes(a, (double)stat->rss);
	text_bytes(b, (double)stat->vms);
	text_bytes(c, rec->hidden & HIDDEN_STATUS ? -1 : (double)stat->shared);
	text_bytes(d, rec->hidden & HIDDEN_STATUS ? -1 : (double)stat->swap);
	fprintf(out, INSPECT_LABEL "rss %s, virtual %s, shared %s, swap %s\n",
	    "memory", a, b, c, d);
	text_bytes(a, (double)stat->read_bytes_rate);
	text_bytes(b, (double)stat->write_bytes_rate);
	fprintf(out, INSPECT_LABEL "read %s/s, write %s/s\n", "io", a, b);
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
		fprintf(out, INSPECT_LABEL "%s, asking for the list ...\n",
		    "open files", count);
		return;
	}
	if (files->error.len > 0) {
		inspect_put_string(out, "open files", files->error);
		return;
	}
	fprintf(out, INSPECT_LABEL "%u\n", "open files",
	    files->files.n + files->more);
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
