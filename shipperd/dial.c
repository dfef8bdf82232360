/* SPDX-License-Identifier: ISC
 *
 * Addresses are tried in the resolver's order. Each one that is left gets an
 * equal share of the time that is left, so that one that swallows packets
 * does not hide a good one behind it.
 */
#include <errno.h>
#include <event2/event.h>
#include <event2/util.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/dns.h"
#include "common/limits.h"
#include "common/log.h"
#include "dial.h"

#define SHARE_MIN 100 /* ms for an address, however many there are */
/* bytes: who writes shall know what has gone out, which a kernel that takes
 * megabytes ahead would hide */
#define UNSENT_MAX (64 << 10)

struct dial {
	struct event_base *base; /* borrowed */
	const char *host;        /* borrowed */
	dial_done *done;
	void *arg;
	struct lookup *lookup;  /* NULL when it is over */
	struct addrinfo *found; /* owned */
	struct addrinfo *next;  /* in found: not tried yet */
	struct event *event;    /* of fd, or of the time-out while looking up */
	int fd;
	uint64_t end;  /* ns of CLOCK_MONOTONIC */
	int error;     /* errno of the last address */
	bool starting; /* within dial_start() */
	bool over;
};

static void try_next(struct dial *d);

static void
release(struct dial *d)
{
	lookup_cancel(d->lookup);
	if (d->event != NULL)
		event_free(d->event);
	if (d->found != NULL)
		evutil_freeaddrinfo(d->found);
	if (d->fd != -1)
		close(d->fd);
	free(d);
}

static void
finish(struct dial *d, const char *why)
{
	int fd = d->fd, on = 1, most = UNSENT_MAX;

	d->fd = -1;
	d->over = true;
	if (why == NULL) {
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		setsockopt(
		    fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &most, sizeof(most));
	}
	d->done(fd, d->found != NULL, why, d->arg);
	if (!d->starting)
		release(d);
}

static void
fail_address(struct dial *d, int error)
{
	d->error = error;
	if (d->event != NULL)
		event_free(d->event);
	d->event = NULL;
	if (d->fd != -1)
		close(d->fd);
	d->fd = -1;
}

static void
on_connected(evutil_socket_t fd, short what, void *arg)
{
	struct dial *d = arg;
	int error = 0;
	socklen_t len = sizeof(error);

	if (what & EV_TIMEOUT)
		error = ETIMEDOUT;
	else if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == -1)
		error = errno;
	if (error != 0) {
		fail_address(d, error);
		try_next(d);
	} else
		finish(d, NULL);
}

static struct timeval
time_share(const struct dial *d)
{
	const struct addrinfo *ai;
	uint64_t now = clock_mono_ns(), ms, n = 0;

	for (ai = d->next; ai != NULL; ai = ai->ai_next)
		n++;
	ms = now < d->end ? (d->end - now) / 1000000 / n : 0;
	if (ms < SHARE_MIN)
		ms = SHARE_MIN;
	return (struct timeval){ .tv_sec = (time_t)(ms / 1000),
		.tv_usec = (suseconds_t)(ms % 1000) * 1000 };
}

/* Returns 0 when the connection is on its way, or -1 with errno set. */
static int
try_address(struct dial *d, const struct addrinfo *ai)
{
	struct timeval share = time_share(d);

	d->fd = socket(
	    ai->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (d->fd == -1)
		return -1;
	if (connect(d->fd, ai->ai_addr, ai->ai_addrlen) == -1 &&
	    errno != EINPROGRESS)
		return -1;
	d->event = event_new(d->base, d->fd, EV_WRITE, on_connected, d);
	if (d->event == NULL)
		fatalx("out of memory");
	event_add(d->event, &share);
	return 0;
}

static void
try_next(struct dial *d)
{
	char text[128];

	for (; d->next != NULL; d->next = d->next->ai_next) {
		if (try_address(d, d->next) == 0) {
			d->next = d->next->ai_next;
			return;
		}
		fail_address(d, errno);
	}
	snprintf(text, sizeof(text), "cannot connect: %s", strerror(d->error));
	finish(d, text);
}

static void
on_found(struct addrinfo *found, const char *why, void *arg)
{
	struct dial *d = arg;
	char text[320];

	d->lookup = NULL;
	if (found == NULL) {
		snprintf(
		    text, sizeof(text), "cannot look up %s: %s", d->host, why);
		finish(d, text);
		return;
	}
	if (d->event != NULL)
		event_free(d->event);
	d->event = NULL;
	d->found = d->next = found;
	d->end = clock_mono_ns() + LIMIT_CONNECT_TIMEOUT * 1000000000ull;
	try_next(d);
}

static void
on_slow_lookup(evutil_socket_t fd, short what, void *arg)
{
	struct dial *d = arg;
	char text[320];

	(void)fd;
	(void)what;
	snprintf(text, sizeof(text), "cannot look up %s: no answer in time",
	    d->host);
	finish(d, text);
}

struct dial *
dial_start(struct event_base *base, struct dns *dns, const char *host, int port,
    dial_done *done, void *arg)
{
	struct timeval patience = { .tv_sec = LIMIT_CONNECT_TIMEOUT };
	struct dial *d = xcalloc(1, sizeof(*d));

	d->base = base;
	d->host = host;
	d->done = done;
	d->arg = arg;
	d->fd = -1;
	d->starting = true;
	d->lookup = dns_lookup(dns, host, port, SOCK_STREAM, on_found, d);
	d->starting = false;
	if (d->over) {
		release(d);
		return NULL;
	}
	if (d->lookup != NULL) {
		d->event = evtimer_new(base, on_slow_lookup, d);
		if (d->event == NULL)
			fatalx("out of memory");
		event_add(d->event, &patience);
	}
	return d;
}

void
dial_cancel(struct dial *d)
{
	if (d != NULL)
		release(d);
}

void
dial_describe_peer(int fd, char *out, size_t size)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	char host[INET6_ADDRSTRLEN], port[8];

	out[0] = '\0';
	if (getpeername(fd, (struct sockaddr *)&ss, &len) == 0 &&
	    getnameinfo((struct sockaddr *)&ss, len, host, sizeof(host), port,
		sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV) == 0)
		snprintf(out, size, "%s port %s", host, port);
}
