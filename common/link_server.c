/* SPDX-License-Identifier: ISC
 *
 * Accepting links. Who may connect is asked before a single byte is read.
 */
#include <errno.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "limits.h"
#include "link_private.h"
#include "log.h"

#define LISTEN_BACKLOG 64

struct link_server {
	struct event_base *base;      /* borrowed */
	const struct link_role *role; /* borrowed */
	struct evconnlistener *listener;
	struct event *again; /* accepts again after an error */
	unsigned max_peers;
	unsigned peers;
	LIST_HEAD(link_list, link) links;
	struct link *counter; /* never connected: counts for those that left */
};

static void
add_counters(struct link *to, const struct link *from)
{
	to->dropped += from->dropped;
	to->refused += from->refused;
	to->last_complaint = from->last_complaint;
	if (from->last_error[0] != '\0')
		memcpy(
		    to->last_error, from->last_error, sizeof(to->last_error));
}

void
link_server_forget(struct link_server *server, struct link *link)
{
	LIST_REMOVE(link, entry);
	server->peers--;
	add_counters(server->counter, link);
	link_free(link);
}

static void
on_accept(struct evconnlistener *listener, evutil_socket_t fd,
    struct sockaddr *addr, int len, void *arg)
{
	struct link_server *server = arg;
	struct link *link, *old = LIST_FIRST(&server->links);

	(void)listener;
	(void)addr;
	(void)len;
	if (server->peers >= server->max_peers && server->max_peers > 1) {
		link_complain(server->counter, "too many peers");
		close(fd);
		return;
	}
	link = link_new(server->base, server->role);
	link->server = server;
	link->last_complaint = server->counter->last_complaint;
	if (link_attach(link, fd) == -1) {
		add_counters(server->counter, link);
		link_free(link);
		return;
	}
	if (server->peers >= server->max_peers) {
		link_teardown(old);
		link_server_forget(server, old);
	}
	LIST_INSERT_HEAD(&server->links, link, entry);
	server->peers++;
}

static void
on_accept_again(evutil_socket_t fd, short what, void *arg)
{
	struct link_server *server = arg;

	(void)fd;
	(void)what;
	evconnlistener_enable(server->listener);
}

/* Out of descriptors or memory: accepting again at once would spin. */
static void
on_accept_error(struct evconnlistener *listener, void *arg)
{
	struct link_server *server = arg;
	struct timeval wait = { .tv_usec = LIMIT_RECONNECT_MIN * 1000 };

	link_complain(server->counter, strerror(errno));
	evconnlistener_disable(listener);
	event_add(server->again, &wait);
}

struct link_server *
link_serve(struct event_base *base, int fd, const struct link_role *role,
    unsigned max_peers)
{
	struct link_server *server = xcalloc(1, sizeof(*server));

	server->base = base;
	server->role = role;
	server->max_peers = max_peers;
	LIST_INIT(&server->links);
	server->listener = evconnlistener_new(base, on_accept, server,
	    LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, LISTEN_BACKLOG, fd);
	if (server->listener == NULL) {
		free(server);
		return NULL;
	}
	server->again = evtimer_new(base, on_accept_again, server);
	if (server->again == NULL)
		fatalx("out of memory");
	evconnlistener_set_error_cb(server->listener, on_accept_error);
	server->counter = link_new(base, role);
	server->counter->server = server;
	return server;
}

void
link_server_free(struct link_server *server)
{
	struct link *link;

	if (server == NULL)
		return;
	evconnlistener_free(server->listener);
	event_free(server->again);
	while ((link = LIST_FIRST(&server->links)) != NULL) {
		link_teardown(link);
		link_server_forget(server, link);
	}
	link_free(server->counter);
	free(server);
}

void
link_server_each(struct link_server *server,
    void (*fn)(struct link *link, void *arg), void *arg)
{
	struct link *link;

	LIST_FOREACH(link, &server->links, entry)
		if (link_is_up(link))
			fn(link, arg);
}

static void
add_stats(struct link_stats *sum, const struct link *link)
{
	struct link_stats one;

	link_get_stats(link, &one);
	sum->up |= one.up;
	sum->queued += one.queued;
	sum->dropped += one.dropped;
	sum->refused += one.refused;
	if (one.last_error[0] != '\0')
		memcpy(
		    sum->last_error, one.last_error, sizeof(sum->last_error));
}

void
link_server_get_stats(const struct link_server *server, struct link_stats *out)
{
	const struct link *link = LIST_FIRST(&server->links);

	link_get_stats(server->counter, out);
	for (; link != NULL; link = LIST_NEXT(link, entry))
		add_stats(out, link);
}
