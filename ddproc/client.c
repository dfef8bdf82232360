/* SPDX-License-Identifier: ISC
 *
 * view.sock, seen from the viewer. The link has checked every frame before
 * it comes here; the model copies what it keeps.
 */
#include <errno.h>
#include <event2/event.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/link.h"
#include "common/log.h"
#include "common/utf8.h"
#include "client.h"

#define TICK_MS 50 /* how often client_wait() looks at the clock */

struct client {
	struct event_base *base;
	struct link_role role;
	struct link *link;
	struct model *model;
	client_callback *callback; /* NULL: nobody */
	void *arg;
	char *path;         /* of view.sock */
	uid_t tagger;       /* dd-tagger, or our own when there is none */
	int64_t down_since; /* ms, monotonic; 0: up */
	bool reached; /* somebody took the last connection, and was not up */
	uid_t peer;   /* his uid */
};

int64_t
client_now_ms(void)
{
	return (int64_t)(clock_mono_ns() / 1000000);
}

static void
tell(struct client *client, enum client_event event)
{
	if (client->callback != NULL)
		client->callback(client, event, client->arg);
}

static bool
may_believe(const struct client *client, uid_t uid)
{
	return uid == 0 || uid == geteuid() || uid == client->tagger;
}

static bool
may_connect(uid_t uid, void *arg)
{
	struct client *client = arg;

	client->reached = true;
	client->peer = uid;
	return may_believe(client, uid);
}

static void
on_up(struct link *link, void *arg)
{
	struct client *client = arg;

	(void)link;
	client->down_since = 0;
	client->reached = false;
	tell(client, CLIENT_UP);
}

static void
on_down(struct link *link, void *arg)
{
	struct client *client = arg;

	(void)link;
	client->down_since = client_now_ms();
	model_disconnect(client->model);
	tell(client, CLIENT_DOWN);
}

static void
on_begin(struct link *link, const union schema_any *rec,
    const struct strview *frame, void *arg)
{
	struct client *client = arg;

	(void)link;
	(void)frame;
	model_begin(client->model, &rec->snapshot_begin);
}

static void
on_process(struct link *link, const union schema_any *rec,
    const struct strview *frame, void *arg)
{
	struct client *client = arg;

	(void)link;
	(void)frame;
	model_put_process(client->model, &rec->process);
}

static void
on_stat(struct link *link, const union schema_any *rec,
    const struct strview *frame, void *arg)
{
	struct client *client = arg;

	(void)link;
	(void)frame;
	model_put_stat(client->model, &rec->process_stat);
}

static void
on_container(struct link *link, const union schema_any *rec,
    const struct strview *frame, void *arg)
{
	struct client *client = arg;

	(void)link;
	(void)frame;
	model_put_container(client->model, &rec->container);
}

static void
on_container_stat(struct link *link, const union schema_any *rec,
    const struct strview *frame, void *arg)
{
	struct client *client = arg;

	(void)link;
	(void)frame;
	model_put_container_stat(client->model, &rec->container_stat);
}

static void
on_end(struct link *link, const union schema_any *rec,
    const struct strview *frame, void *arg)
{
	struct client *client = arg;

	(void)link;
	(void)frame;
	if (model_end(client->model, &rec->snapshot_end) == 0)
		tell(client, CLIENT_SNAPSHOT);
}

static void
on_host(struct link *link, const union schema_any *rec,
    const struct strview *frame, void *arg)
{
	struct client *client = arg;

	(void)link;
	(void)frame;
	model_put_host(client->model, &rec->host);
}

static void
on_status(struct link *link, const union schema_any *rec,
    const struct strview *frame, void *arg)
{
	struct client *client = arg;

	(void)link;
	(void)frame;
	model_put_status(client->model, &rec->status);
	tell(client, CLIENT_STATUS);
}

static void
on_files(struct link *link, const union schema_any *rec,
    const struct strview *frame, void *arg)
{
	struct client *client = arg;

	(void)link;
	(void)frame;
	model_put_files(client->model, &rec->files);
	tell(client, CLIENT_FILES);
}

struct client *
client_new(const char *rundir, client_callback *callback, void *arg)
{
	struct client *client = xcalloc(1, sizeof(*client));
	const struct passwd *pw = getpwnam(USER_TAGGERD);

	client->tagger = pw != NULL ? pw->pw_uid : geteuid();
	client->callback = callback;
	client->arg = arg;
	client->model = model_new();
	client->down_since = client_now_ms();
	if (asprintf(&client->path, "%s/%s", rundir, SOCK_VIEW) == -1 ||
	    (client->base = event_base_new()) == NULL)
		fatalx("out of memory");
	client->role = (struct link_role){ .self = R_VIEWER,
		.peer = R_TAGGERD,
		.handlers = {
			[MSG_host] = on_host,
			[MSG_snapshot_begin] = on_begin,
			[MSG_process] = on_process,
			[MSG_process_stat] = on_stat,
			[MSG_container] = on_container,
			[MSG_container_stat] = on_container_stat,
			[MSG_snapshot_end] = on_end,
			[MSG_files] = on_files,
			[MSG_status] = on_status,
		},
		.on_up = on_up,
		.on_down = on_down,
		.arg = client,
		.may_connect = may_connect };
	client->link = link_connect(client->base, client->path, &client->role);
	return client;
}

void
client_free(struct client *client)
{
	if (client == NULL)
		return;
	client->callback = NULL;
	link_free(client->link);
	event_base_free(client->base);
	model_free(client->model);
	free(client->path);
	free(client);
}

struct event_base *
client_base(struct client *client)
{
	return client->base;
}

const struct model *
client_model(const struct client *client)
{
	return client->model;
}

bool
client_is_up(const struct client *client)
{
	return client->down_since == 0;
}

static bool
is_stranger(const struct client *client)
{
	return client->reached && !may_believe(client, client->peer);
}

bool
client_is_denied(const struct client *client)
{
	return is_stranger(client) ||
	    (access(client->path, R_OK | W_OK) == -1 && errno == EACCES);
}

void
client_explain(const struct client *client, char *out, size_t size)
{
	struct link_stats stats;
	char why[sizeof(stats.last_error) * 6];

	if (is_stranger(client)) {
		snprintf(out, size,
		    "%s is served by uid %u, which is not root, %s or you",
		    client->path, client->peer, USER_TAGGERD);
		return;
	}
	if (client_is_denied(client)) {
		snprintf(out, size,
		    "permission denied on %s: you must be root or in group "
		    "%s",
		    client->path, GROUP_AGENT);
		return;
	}
	link_get_stats(client->link, &stats);
	if (client->reached && stats.last_error[0] == '\0') {
		snprintf(out, size,
		    "taggerd turns us away at %s: it serves %d viewers at "
		    "most",
		    client->path, LIMIT_VIEWERS);
		return;
	}
	utf8_printable(why, stats.last_error, strlen(stats.last_error));
	snprintf(out, size,
	    "taggerd does not answer at %s%s%s; start the daemons (service "
	    "dd-process-agent start) or use -r DIR",
	    client->path, why[0] != '\0' ? ": " : "", why);
}

int
client_ask_realtime(struct client *client, uint32_t ttl)
{
	struct rec_realtime wish = {
		.on = ttl > 0, .interval = LIMIT_RT_INTERVAL_MIN, .ttl = ttl
	};

	return link_send(client->link, MSG_realtime, &wish);
}

int
client_ask_files(struct client *client, int32_t pid, uint64_t start)
{
	struct rec_inspect wish = { .pid = pid, .start_ticks = start };

	return link_send(client->link, MSG_inspect, &wish);
}

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
}

/* Whoever has taken our connection is there, if too busy for a hello. */
static bool
nobody_is_there(const struct client *client)
{
	return client->down_since != 0 && !link_is_greeting(client->link) &&
	    client_now_ms() - client->down_since >= LIMIT_VIEW_CONNECT;
}

enum client_answer
client_wait(struct client *client,
    bool (*done)(const struct model *model, void *arg), void *arg,
    unsigned seconds)
{
	struct timeval tick = { .tv_usec = TICK_MS * 1000 };
	struct event *ticker = event_new(
	    client->base, -1, EV_PERSIST, on_tick, NULL);
	int64_t deadline = client_now_ms() + (int64_t)seconds * 1000;
	enum client_answer answer = CLIENT_DONE;

	if (ticker == NULL || event_add(ticker, &tick) == -1)
		fatalx("out of memory");
	while (!done(client->model, arg)) {
		if (nobody_is_there(client)) {
			answer = CLIENT_NOBODY;
			break;
		}
		if (client_now_ms() >= deadline) {
			answer = CLIENT_LATE;
			break;
		}
		event_base_loop(client->base, EVLOOP_ONCE);
	}
	event_free(ticker);
	return answer;
}

int
client_expect(struct client *client,
    bool (*done)(const struct model *model, void *arg), void *arg,
    const char *what)
{
	char why[1024];

	switch (client_wait(client, done, arg, LIMIT_VIEW_WAIT)) {
	case CLIENT_DONE:
		return 0;
	case CLIENT_NOBODY:
		client_explain(client, why, sizeof(why));
		fprintf(stderr, "ddproc: %s\n", why);
		break;
	case CLIENT_LATE:
		fprintf(stderr,
		    "ddproc: no %s within %d s; `ddproc status` says which "
		    "daemon is missing\n",
		    what, LIMIT_VIEW_WAIT);
		break;
	}
	return -1;
}

bool
client_has_full(const struct model *model, void *unused)
{
	(void)unused;
	return model_scan(model, SNAPSHOT_FULL)->seen;
}

bool
client_has_realtime(const struct model *model, void *since)
{
	const struct model_scan *scan = model_scan(model, SNAPSHOT_REALTIME);
	const int64_t *from = since;

	return scan->seen && scan->begin.wall_ms >= *from;
}
