/* SPDX-License-Identifier: ISC
 *
 * One container with its facets and its processes.
 */
#include <string.h>

#include "common/limits.h"
#include "inspect.h"
#include "inspect_private.h"
#include "match.h"
#include "model.h"
#include "table.h"
#include "text.h"

#define ROW 26 /* columns of a process before its command */

static void
print_identity(FILE *out, const struct rec_container *rec, int64_t now)
{
	char age[TEXT_SHORT], time[TEXT_SHORT];

	inspect_put_string(out, "container", rec->stat.id);
	inspect_put_string(out, "name", rec->name);
	inspect_put_string(out, "image", rec->image);
	if (rec->repo_digest.len > 0)
		inspect_put_string(out, "digest", rec->repo_digest);
	inspect_put_string(out, "type", rec->type);
	inspect_put_state(out, "state", &rec->stat);
	if (rec->pod_uid.len > 0)
		inspect_put_string(out, "pod", rec->pod_uid);
	if (rec->stat.started > 0 && rec->stat.started <= INT64_MAX / 1000) {
		text_time(time, rec->stat.started * 1000);
		text_age(age, text_elapsed(rec->stat.started * 1000, now));
		fprintf(
		    out, INSPECT_LABEL "%s (%s ago)\n", "started", time, age);
	}
}

/* ", limit 150", or nothing where there is none. */
static void
print_bound(FILE *out, const char *what, double value,
    void (*to_text)(char *out, double value))
{
	char text[TEXT_SHORT];

	if (!(value > 0))
		return;
	to_text(text, value);
	fprintf(out, ", %s %s", what, text);
}

static void
print_cpu(FILE *out, const struct rec_container_stat *stat)
{
	char a[TEXT_SHORT], b[TEXT_SHORT], c[TEXT_SHORT];

	if (stat->hidden & HIDDEN_CONTAINER_CPU) {
		inspect_put_string(out, "cpu", SV("-"));
		return;
	}
	text_percent(a, (double)stat->total_pct);
	text_percent(b, (double)stat->user_pct);
	text_percent(c, (double)stat->system_pct);
	fprintf(out, INSPECT_LABEL "%s%% (user %s, system %s)", "cpu", a, b, c);
	print_bound(out, "limit", (double)stat->cpu_limit, text_percent);
	print_bound(out, "request", (double)stat->cpu_request, text_percent);
	fputc('\n', out);
}

static void
print_memory(FILE *out, const struct rec_container_stat *stat)
{
	char a[TEXT_SHORT], b[TEXT_SHORT], c[TEXT_SHORT];

	if (stat->hidden & HIDDEN_CONTAINER_MEMORY) {
		inspect_put_string(out, "memory", SV("-"));
		return;
	}
	text_bytes(a, (double)stat->mem_rss);
	text_bytes(b, (double)stat->mem_cache);
	text_bytes(c, (double)stat->mem_usage);
	fprintf(
	    out, INSPECT_LABEL "rss %s, cache %s, usage %s", "memory", a, b, c);
	print_bound(out, "limit", (double)stat->mem_limit, text_bytes);
	print_bound(out, "request", (double)stat->mem_request, text_bytes);
	fputc('\n', out);
}

static void
print_traffic(FILE *out, const struct rec_container *rec)
{
	const struct rec_container_stat *stat = &rec->stat;
	char a[TEXT_SHORT], b[TEXT_SHORT];

	text_bytes(a, (double)stat->read_bytes_rate);
	text_bytes(b, (double)stat->write_bytes_rate);
	if (stat->hidden & HIDDEN_CONTAINER_BLOCK_IO)
		inspect_put_string(out, "io", SV("-"));
	else
		fprintf(
		    out, INSPECT_LABEL "read %s/s, write %s/s\n", "io", a, b);
	text_bytes(a, (double)stat->net_received_bytes);
	text_bytes(b, (double)stat->net_sent_bytes);
	if (rec->host_network)
		inspect_put_string(out, "network", SV("the host's"));
	else if (stat->hidden & HIDDEN_CONTAINER_NETWORK)
		inspect_put_string(out, "network", SV("-"));
	else
		fprintf(
		    out, INSPECT_LABEL "in %s/s, out %s/s\n", "network", a, b);
}

static void
print_threads(FILE *out, const struct rec_container_stat *stat)
{
	if (stat->hidden & HIDDEN_CONTAINER_THREADS) {
		inspect_put_string(out, "threads", SV("-"));
		return;
	}
	fprintf(out, INSPECT_LABEL "%llu", "threads",
	    (unsigned long long)stat->threads);
	if (stat->thread_limit > 0)
		fprintf(out, ", limit %llu",
		    (unsigned long long)stat->thread_limit);
	fputc('\n', out);
}

static void
print_addresses(FILE *out, const struct rec_container *rec)
{
	for (uint32_t i = 0; i < rec->addresses.n; i++) {
		const struct rec_address *address = &rec->addresses.v[i];

		fprintf(out, INSPECT_LABEL, i == 0 ? "addresses" : "");
		text_write(out, address->ip);
		if (address->port > 0)
			fprintf(out, " port %d/%s", address->port,
			    address->protocol == ADDRESS_UDP ? "udp" : "tcp");
		fputc('\n', out);
	}
}

static void
print_process(
    FILE *out, const struct rec_process *rec, size_t width, struct buf *line)
{
	char cpu[TEXT_SHORT], rss[TEXT_SHORT];

	text_percent(cpu, (double)rec->stat.total_pct);
	text_bytes(rss, (double)rec->stat.rss);
	fprintf(out, "%7d  %5s%%  %5s    ", rec->stat.pid, cpu, rss);
	line->len = 0;
	table_command(line, rec, width > 2 * ROW ? width - ROW : ROW);
	fwrite(line->data, 1, line->len, out);
	fputc('\n', out);
}

static void
print_processes(FILE *out, const struct model *model,
    const struct rec_container *rec, size_t width)
{
	const struct match match = { .container = rec->stat.id };
	struct model_view view = { 0 };
	struct buf line = { 0 };

	if (model_containers_only(model))
		return;
	model_select(model, &match, &view);
	table_sort(&view, SORT_CPU, false);
	fprintf(out, INSPECT_LABEL "%zu\n", "processes", view.n);
	for (size_t i = 0; i < view.n && i < LIMIT_VIEW_PROCESSES; i++)
		print_process(out, view.v[i], width, &line);
	if (view.n > LIMIT_VIEW_PROCESSES)
		fprintf(out, "         and %zu more\n",
		    view.n - LIMIT_VIEW_PROCESSES);
	buf_free(&line);
	model_view_free(&view);
}

void
inspect_print_container(FILE *out, const struct model *model,
    const struct rec_container *rec, size_t width, int64_t now)
{
	struct strview room[MODEL_TAGS];
	struct strviews tags = model_tags(model, &rec->tags, NULL, room);

	print_identity(out, rec, now);
	print_addresses(out, rec);
	inspect_put_strings(out, "tags", &tags);
	print_cpu(out, &rec->stat);
	print_memory(out, &rec->stat);
	print_traffic(out, rec);
	print_threads(out, &rec->stat);
	print_processes(out, model, rec, width);
}
