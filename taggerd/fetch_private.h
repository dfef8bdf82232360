/* SPDX-License-Identifier: ISC
 *
 * The inside of one fetch, for fetch.c (its life: names, time, the end) and
 * fetch_conn.c (what evhttp and OpenSSL say).
 */
#ifndef TAGGERD_FETCH_PRIVATE_H
#define TAGGERD_FETCH_PRIVATE_H

#include <event2/bufferevent.h>
#include <sys/queue.h>

#include "common/schema.h"
#include "fetch.h"

struct addrinfo;
struct evbuffer;
struct event;
struct evhttp_connection;
struct lookup;

struct fetcher {
	struct event_base *base; /* borrowed */
	struct dns *dns;
	LIST_HEAD(fetches, fetch) fetches;
};

struct fetch {
	struct fetcher *fetcher; /* borrowed */
	LIST_ENTRY(fetch) entry;
	struct fetch_request request; /* its strings are owned */

	struct lookup *lookup;  /* NULL when it is over */
	struct addrinfo *found; /* owned */
	struct addrinfo *next;  /* in found: not tried yet */

	/* One try with one address. */
	struct evhttp_connection *conn; /* owned; NULL: none */
	struct bufferevent *bev;        /* conn's */
	bufferevent_event_cb evhttp_cb; /* what evhttp wants to hear */
	void *evhttp_arg;
	bool connected;
	int error; /* errno of the connection */

	/*
	 * evhttp may not be freed from within its own callbacks, so these
	 * only note what came and make `turn` active; the rest happens in
	 * the loop.
	 */
	struct event *turn;
	struct event *timer;
	bool over;      /* nothing more is taken from the server */
	bool cancelled; /* nobody is told */

	int status;            /* of a whole answer, else 0 */
	char why[320];         /* why there is none */
	struct evbuffer *body; /* of a whole answer */
	struct buf line;       /* begun, without its end */
};

/* fetch.c: the end, told in the next turn of the loop, with what is noted in
 * f. fetch_fail() notes the reason, unless the end has come before. */
void fetch_finish(struct fetch *f);
void fetch_fail(struct fetch *f, const char *why);
/* fetch.c: the time that is left from now on, in s. */
void fetch_set_timer(struct fetch *f, unsigned seconds);

/* fetch_conn.c: sends the request to the address. What comes of it ends in
 * `over`, or in an active `turn` alone when the address is no good. */
void fetch_conn_start(struct fetch *f, const struct addrinfo *ai);
void fetch_conn_free(struct fetch *f);

#endif
