/* SPDX-License-Identifier: ISC
 *
 * `ddproc inspect`: one process or one container, once.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "client.h"
#include "ddproc.h"
#include "inspect.h"
#include "plain.h"

/* Real time shows a process that started after the last full scan. */
#define INSPECT_TTL  (LIMIT_VIEW_WAIT * 2)
#define INSPECT_WAIT 5 /* s for that */

#define USAGE "PID|CONTAINER"

struct inspection {
	int32_t pid;
	uint64_t start;
	struct strview container; /* its name, its id, or how that begins */
	int64_t since;            /* ms since the epoch: when we were asked */
};

static bool
begins_with(struct strview s, struct strview start)
{
	return s.len >= start.len && memcmp(s.s, start.s, start.len) == 0;
}

/* Sets *found to the container that is meant. Returns how many that may be;
 * only one has an id. */
static size_t
find_container(const struct model *model, struct strview word,
    const struct rec_container **found)
{
	struct model_containers all = { 0 };
	size_t n = 0;

	if ((*found = model_find_container(model, word)) != NULL)
		return 1;
	model_select_containers(model, NULL, &all);
	for (size_t i = 0; i < all.n; i++)
		if (strview_equal(all.v[i]->name, word) ||
		    begins_with(all.v[i]->stat.id, word)) {
			*found = all.v[i];
			n++;
		}
	model_containers_free(&all);
	return n;
}

/* It is there, or a scan since then did not see it. */
static bool
is_found(const struct model *model, void *arg)
{
	const struct inspection *inspection = arg;
	const struct model_scan *scan = model_last_scan(model);
	const struct rec_container *container;

	if (scan != NULL && scan->begin.wall_ms >= inspection->since)
		return true;
	return inspection->container.len > 0
	    ? find_container(model, inspection->container, &container) > 0
	    : model_find_pid(model, inspection->pid) != NULL;
}

/* Waits for what started after the last full scan, too: real time shows it.
 * Returns 0, or -1 when no snapshot came. */
static int
await(struct client *client, struct inspection *inspection)
{
	inspection->since = clock_wall_ms();
	if (client_expect(client, client_has_full, NULL, "snapshot") == -1)
		return -1;
	if (!is_found(client_model(client), inspection) &&
	    client_ask_realtime(client, INSPECT_TTL) == 0)
		client_wait(client, is_found, inspection, INSPECT_WAIT);
	return 0;
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
	struct inspection inspection = { .pid = pid };
	const struct model *model = client_model(client);
	const struct rec_process *rec;

	if (await(client, &inspection) == -1)
		return EXIT_FAILED;
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

static int
inspect_container(
    const struct ddproc *ctx, struct client *client, const char *word)
{
	struct inspection inspection = { .container = strview_of(word) };
	const struct model *model = client_model(client);
	const struct rec_container *rec;
	size_t n;

	if (await(client, &inspection) == -1)
		return EXIT_FAILED;
	n = find_container(model, inspection.container, &rec);
	if (n != 1) {
		if (n == 0)
			fprintf(stderr, "ddproc: no container %s\n", word);
		else
			fprintf(stderr,
			    "ddproc: %zu containers are %s; "
			    "`ddproc containers` has their ids\n",
			    n, word);
		return EXIT_FAILED;
	}
	inspect_print_container(
	    ctx->out, model, rec, plain_width(ctx), clock_wall_ms());
	return EXIT_DONE;
}

/* Returns the pid that the word is, or 0. */
static int32_t
parse_pid(const char *word)
{
	char *end;
	long pid;

	errno = 0;
	pid = strtol(word, &end, 10);
	return errno == 0 && *end == '\0' && pid > 0 && pid <= INT32_MAX
	    ? (int32_t)pid
	    : 0;
}

int
inspect_command(const struct ddproc *ctx, int argc, char **argv)
{
	struct client *client;
	int32_t pid;
	int rc;

	if (argc != 2 || argv[1][0] == '\0' || argv[1][0] == '-')
		return command_usage("inspect", USAGE);
	pid = parse_pid(argv[1]);
	client = client_new(ctx->rundir, NULL, NULL);
	rc = pid > 0 ? inspect_pid(ctx, client, pid)
		     : inspect_container(ctx, client, argv[1]);
	client_free(client);
	return rc;
}
