/* SPDX-License-Identifier: ISC
 *
 * `ddproc top`: its options, and the plain table that takes the screen's
 * place where output is no terminal.
 */
#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "client.h"
#include "header.h"
#include "lease.h"
#include "plain.h"
#include "text.h"
#include "top.h"

#define PLAIN_INTERVAL 2000 /* ms between tables, when snapshots come */
#define PLAIN_PATIENCE 500  /* ms more, then the old one is shown again */
#define TICK_MS        250
#define USAGE          "[-b] [-n COUNT] [-s KEY]"

struct plain {
	const struct top *top;
	struct client *client;
	struct lease lease;
	int64_t started; /* ms, monotonic */
	int64_t shown;   /* the same, of the last table; 0: none yet */
	long left;       /* tables, when counted */
	bool complained;
	int rc;
};

static void
plain_show(struct plain *plain)
{
	const struct ddproc *ctx = plain->top->ctx;
	struct header header = { .model = client_model(plain->client),
		.now = clock_wall_ms(),
		.up = client_is_up(plain->client),
		.expired = false, /* stderr has said it: no key helps */
		.order = table_sort_name(plain->top->sort) };
	struct buf line = { 0 };

	if (plain->shown != 0)
		fputc('\n', ctx->out);
	for (unsigned i = 0; i < HEADER_LINES; i++) {
		header_line(&header, i, plain_width(ctx), &line);
		buf_append(&line, "\n", 1);
	}
	fwrite(line.data, 1, line.len, ctx->out);
	buf_free(&line);
	if (model_containers_only(header.model))
		plain_containers(ctx, header.model, NULL, CSORT_CPU);
	else
		plain_table(ctx, header.model, NULL, plain->top->sort);
	plain->shown = client_now_ms();
	if (fflush(ctx->out) == EOF ||
	    (plain->top->count > 0 && --plain->left == 0))
		event_base_loopbreak(client_base(plain->client));
}

static void
on_event(struct client *client, enum client_event event, void *arg)
{
	struct plain *plain = arg;

	(void)client;
	switch (event) {
	case CLIENT_UP:
		plain->complained = false;
		lease_forget(&plain->lease);
		break;
	case CLIENT_SNAPSHOT:
		/* A little early is in time: snapshots come on their clock. */
		if (plain->shown == 0 ||
		    client_now_ms() - plain->shown >= PLAIN_INTERVAL - TICK_MS)
			plain_show(plain);
		break;
	case CLIENT_DOWN:
	case CLIENT_STATUS:
	case CLIENT_FILES:
		break;
	}
}

static void
plain_lease(struct plain *plain, int64_t now)
{
	switch (lease_tick(&plain->lease, now)) {
	case LEASE_WAIT:
		break;
	case LEASE_ASK:
		client_ask_realtime(
		    plain->client, lease_ttl(&plain->lease, now));
		break;
	case LEASE_STOP:
		client_ask_realtime(plain->client, 0);
		fprintf(stderr,
		    "ddproc: real time ends after %d minutes; start again to "
		    "resume it\n",
		    LIMIT_RT_TTL / 60);
		break;
	}
}

static void
plain_fail(struct plain *plain, const char *why)
{
	fprintf(stderr, "ddproc: %s\n", why);
	plain->rc = EXIT_FAILED;
	event_base_loopbreak(client_base(plain->client));
}

/* Without a link or a snapshot: says why, once, and gives up where waiting is
 * no use, or where a script counts on an end. */
static void
plain_wait(struct plain *plain, int64_t now)
{
	bool late = plain->top->count > 0 && plain->shown == 0 &&
	    now - plain->started >= LIMIT_VIEW_WAIT * INT64_C(1000);
	char why[1024];

	if (client_is_up(plain->client)) {
		if (late)
			plain_fail(plain,
			    "no snapshot came; `ddproc status` says which "
			    "daemon is missing");
		return;
	}
	client_explain(plain->client, why, sizeof(why));
	if (late || client_is_denied(plain->client)) {
		plain_fail(plain, why);
	} else if (!plain->complained) {
		fprintf(stderr, "ddproc: waiting: %s\n", why);
		plain->complained = true;
	}
}

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct plain *plain = arg;
	int64_t now = client_now_ms();

	(void)fd;
	(void)what;
	if (client_is_up(plain->client))
		plain_lease(plain, now);
	plain_wait(plain, now);
	if (plain->shown != 0 &&
	    now - plain->shown >= PLAIN_INTERVAL + PLAIN_PATIENCE)
		plain_show(plain);
}

static void
on_signal(evutil_socket_t fd, short what, void *arg)
{
	struct plain *plain = arg;

	(void)fd;
	(void)what;
	event_base_loopbreak(client_base(plain->client));
}

static struct event *
watch(struct plain *plain, int signo)
{
	struct event *ev = evsignal_new(
	    client_base(plain->client), signo, on_signal, plain);

	if (ev == NULL || event_add(ev, NULL) == -1)
		fatalx("out of memory");
	return ev;
}

static int
plain_run(const struct top *top)
{
	struct plain plain = {
		.top = top, .started = client_now_ms(), .left = top->count
	};
	struct timeval tick = { .tv_usec = TICK_MS * 1000 };
	struct event *ticker, *interrupt, *terminate;

	plain.client = client_new(top->ctx->rundir, on_event, &plain);
	lease_start(&plain.lease, plain.started);
	interrupt = watch(&plain, SIGINT);
	terminate = watch(&plain, SIGTERM);
	ticker = event_new(
	    client_base(plain.client), -1, EV_PERSIST, on_tick, &plain);
	if (ticker == NULL || event_add(ticker, &tick) == -1)
		fatalx("out of memory");
	event_base_dispatch(client_base(plain.client));
	event_free(ticker);
	event_free(interrupt);
	event_free(terminate);
	client_free(plain.client);
	return plain.rc;
}

/* Fills top from the options. Returns 0 or -1. */
static int
parse(struct top *top, bool *batch, int argc, char **argv)
{
	char *end;
	int ch, key;

	optind = 0; /* glibc: begin again, for this argv */
	while ((ch = getopt(argc, argv, "+bn:s:")) != -1) {
		switch (ch) {
		case 'b':
			*batch = true;
			break;
		case 'n':
			errno = 0;
			top->count = strtol(optarg, &end, 10);
			if (errno != 0 || *end != '\0' || top->count < 1)
				return -1;
			break;
		case 's':
			if ((key = table_sort_key(optarg)) == -1)
				return -1;
			top->sort = (enum sort_key)key;
			break;
		default:
			return -1;
		}
	}
	return optind == argc ? 0 : -1;
}

static void
print_keys(void)
{
	fputs("KEY is one of", stderr);
	for (int i = 0; i < SORT_COUNT; i++)
		fprintf(stderr, " %s", table_sort_name((enum sort_key)i));
	fputc('\n', stderr);
}

int
top_command(const struct ddproc *ctx, int argc, char **argv)
{
	struct top top = { .ctx = ctx, .sort = SORT_CPU };
	bool batch = !ctx->tty || !isatty(STDIN_FILENO);
	int rc = -1;

	if (parse(&top, &batch, argc, argv) == -1) {
		command_usage("top", USAGE);
		print_keys();
		return EXIT_USAGE;
	}
	if (!batch)
		rc = screen_run(&top);
	return rc != -1 ? rc : plain_run(&top);
}
