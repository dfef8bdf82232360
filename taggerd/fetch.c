/* SPDX-License-Identifier: ISC
 *
 * The life of a fetch: a name becomes addresses, these are tried one after
 * the other, one timer bounds it all, and the end is told from the loop.
 */
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/util.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/dns.h"
#include "common/log.h"
#include "fetch_private.h"

struct fetcher *
fetcher_new(struct event_base *base)
{
	struct fetcher *fetcher = xcalloc(1, sizeof(*fetcher));

	fetcher->base = base;
	fetcher->dns = dns_new(base);
	LIST_INIT(&fetcher->fetches);
	return fetcher;
}

void
fetcher_reload(struct fetcher *fetcher)
{
	dns_reload(fetcher->dns);
}

static void
release(struct fetch *f)
{
	LIST_REMOVE(f, entry);
	fetch_conn_free(f);
	lookup_cancel(f->lookup);
	if (f->found != NULL)
		evutil_freeaddrinfo(f->found);
	event_free(f->turn);
	event_free(f->timer);
	evbuffer_free(f->body);
	buf_free(&f->line);
	free((char *)f->request.host);
	free((char *)f->request.path);
	free((char *)f->request.token);
	free((char *)f->request.header);
	free(f);
}

void
fetcher_free(struct fetcher *fetcher)
{
	struct fetch *f, *next;

	if (fetcher == NULL)
		return;
	for (f = LIST_FIRST(&fetcher->fetches); f != NULL; f = next) {
		next = LIST_NEXT(f, entry);
		release(f);
	}
	dns_free(fetcher->dns);
	free(fetcher);
}

void
fetch_finish(struct fetch *f)
{
	f->over = true;
	event_active(f->turn, EV_TIMEOUT, 0);
}

void
fetch_fail(struct fetch *f, const char *why)
{
	if (f->over)
		return;
	snprintf(f->why, sizeof(f->why), "%s", why);
	fetch_finish(f);
}

void
fetch_set_timer(struct fetch *f, unsigned seconds)
{
	const struct timeval tv = { .tv_sec = (time_t)seconds };

	if (event_add(f->timer, &tv) == -1)
		fatalx("out of memory");
}

void
fetch_cancel(struct fetch *f)
{
	if (f == NULL)
		return;
	f->cancelled = true;
	fetch_fail(f, "cancelled");
}

/* The connection goes first: a large body is there once only. */
static void
tell(struct fetch *f)
{
	struct fetch_answer answer = { .status = f->status,
		.body = "",
		.len = evbuffer_get_length(f->body),
		.why = f->why };

	fetch_conn_free(f);
	if (answer.len > 0)
		answer.body = (const char *)evbuffer_pullup(f->body, -1);
	if (answer.body == NULL)
		fatalx("out of memory");
	f->request.on_done(&answer, f->request.arg);
}

static void
try_next(struct fetch *f)
{
	const struct addrinfo *ai = f->next;

	f->next = ai->ai_next;
	f->why[0] = '\0';
	fetch_conn_start(f, ai);
}

static void
on_turn(evutil_socket_t fd, short what, void *arg)
{
	struct fetch *f = arg;

	(void)fd;
	(void)what;
	if (!f->over) {
		try_next(f);
		return;
	}
	if (!f->cancelled)
		tell(f);
	release(f);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct fetch *f = arg;

	(void)fd;
	(void)what;
	if (f->lookup != NULL)
		fetch_fail(f, "cannot look up the name: no answer in time");
	else if (!f->connected)
		fetch_fail(f, "cannot connect in time");
	else
		fetch_fail(f, "no whole answer in time");
}

static void
on_found(struct addrinfo *found, const char *why, void *arg)
{
	struct fetch *f = arg;
	char text[sizeof(f->why)];

	f->lookup = NULL;
	if (found == NULL) {
		snprintf(text, sizeof(text), "cannot look up %s: %s",
		    f->request.host, why);
		fetch_fail(f, text);
		return;
	}
	f->found = f->next = found;
	event_active(f->turn, EV_TIMEOUT, 0);
}

static const char *
copy(const char *s)
{
	return s != NULL ? xstrdup(s) : NULL;
}

/* Nothing that ends the request's line may come from outside. */
static bool
is_path(const char *path)
{
	const char *p;

	for (p = path; *p != '\0'; p++)
		if (*p <= ' ' || *p > '~')
			return false;
	return path[0] == '/';
}

struct fetch *
fetch_start(struct fetcher *fetcher, const struct fetch_request *request)
{
	struct fetch *f = xcalloc(1, sizeof(*f));

	f->fetcher = fetcher;
	LIST_INSERT_HEAD(&fetcher->fetches, f, entry);
	f->request = *request;
	f->request.host = copy(request->host);
	f->request.path = copy(request->path);
	f->request.token = copy(request->token);
	f->request.header = copy(request->header);
	f->turn = event_new(fetcher->base, -1, 0, on_turn, f);
	f->timer = evtimer_new(fetcher->base, on_timer, f);
	f->body = evbuffer_new();
	if (f->turn == NULL || f->timer == NULL || f->body == NULL)
		fatalx("out of memory");
	fetch_set_timer(f, request->timeout);
	if (!is_path(request->path))
		fetch_fail(f, "the path of the request is no URL's");
	else
		f->lookup = dns_lookup(fetcher->dns, f->request.host,
		    request->port, SOCK_STREAM, on_found, f);
	return f;
}
