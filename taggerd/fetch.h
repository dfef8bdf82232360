/* SPDX-License-Identifier: ISC
 *
 * One GET over HTTP or HTTPS, by libevent's evhttp and OpenSSL, with bounds
 * on time, headers and body, for the sources that ask servers. No redirect
 * is followed, no body is decoded, nothing is sent but the request. Whatever
 * the server does, the loop goes on and on_done comes within the time.
 */
#ifndef TAGGERD_FETCH_H
#define TAGGERD_FETCH_H

#include <stdbool.h>
#include <stddef.h>

#include "common/strview.h"

struct event_base;
struct fetch;
struct fetcher;
struct tls;

/* What a server answered. Borrowed, for the call of on_done. */
struct fetch_answer {
	int status;       /* 100-599; 0: there was no whole answer */
	const char *body; /* of a whole answer; never NULL */
	size_t len;
	const char *why; /* status 0: what went wrong, in words */
};

struct fetch_request {
	const char *host; /* a name or a literal address */
	int port;
	struct tls *tls;    /* borrowed until on_done; NULL: plain HTTP */
	const char *path;   /* with its query */
	const char *token;  /* bearer token; NULL: none */
	const char *header; /* "Name: value" of one more header; NULL: none */
	unsigned timeout;   /* s for all of it; with on_line, until the
				headers */
	unsigned idle;      /* s between lines, with on_line */
	size_t max_body;    /* bytes of all of it, lines or not */
	/*
	 * NULL: the whole body comes with on_done. Else each line of a 200's
	 * body as it comes, without its newline, unless it is empty, at most
	 * LIMIT_JSON_ITEM bytes (a longer one ends the request); on_done has
	 * no body then. Bytes behind the last newline are dropped. It may
	 * call fetch_cancel().
	 */
	void (*on_line)(const char *line, size_t len, void *arg);
	/* Called once, never from within fetch_start(), not after
	 * fetch_cancel(). The fetch is gone then. */
	void (*on_done)(const struct fetch_answer *answer, void *arg);
	void *arg;
};

/* Names are looked up without blocking. Fatal without memory. */
struct fetcher *fetcher_new(struct event_base *base);
/* Cancels what is under way. NULL is fine. */
void fetcher_free(struct fetcher *fetcher);
/* Reads /etc/hosts and /etc/resolv.conf again. */
void fetcher_reload(struct fetcher *fetcher);

/* Starts the request; copies what it needs of it, but for tls. */
struct fetch *fetch_start(
    struct fetcher *fetcher, const struct fetch_request *request);
/* on_done will not be called; tls may be freed. */
void fetch_cancel(struct fetch *fetch); /* NULL is fine */

#endif
