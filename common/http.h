/* SPDX-License-Identifier: ISC
 *
 * An HTTP/1.1 response, parsed as it arrives. A parser of foreign bytes:
 * pure, and strict where leniency lets two programs disagree about where a
 * body ends (RFC 9112): both lengths, two lengths, folded lines, bare CR and
 * control bytes in a header are errors. Memory is bounded by
 * LIMIT_HTTP_HEADER and the caller's bound on the body.
 */
#ifndef COMMON_HTTP_H
#define COMMON_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "schema.h"

enum http_state {
	HTTP_STATUS_LINE,
	HTTP_HEADERS,
	HTTP_BODY_LENGTH, /* Content-Length bytes */
	HTTP_BODY_CLOSE,  /* until the connection ends */
	HTTP_CHUNK_SIZE,
	HTTP_CHUNK_DATA,
	HTTP_CHUNK_END,
	HTTP_TRAILERS,
	HTTP_DONE,
	HTTP_BAD,
};

struct http_response {
	enum http_state state;
	const char *why; /* HTTP_BAD: a constant that says what is wrong */

	int status;          /* 200-599 once past the status line; 1xx are
				 skipped */
	bool keep_alive;     /* the connection may be used again */
	int64_t retry_after; /* s from now, -1 without one */
	/* At most max_body bytes. Who reads a body as it comes takes them out
	 * between two feeds (body.len = 0). */
	struct buf body;
	bool body_cut; /* there was more; HTTP_DONE all the same */

	/* Set behind http_response_start() for the answer to CONNECT: it ends
	 * with its headers, whatever they say of a body. */
	bool head_only;

	/* The parser's own. */
	size_t max_body;
	struct buf line; /* an unfinished line */
	size_t header_bytes;
	int64_t now;    /* s since the epoch */
	int64_t length; /* Content-Length, -1 without one */
	int minor;      /* HTTP/1.minor */
	bool chunked;
	bool close;
	uint64_t left; /* bytes of body or chunk still to come */
};

/* Starts a response. `now` is s since the epoch, for dates in Retry-After;
 * max_body bounds the bytes in body. Memory of the response before is kept
 * for this one. */
void http_response_start(struct http_response *r, int64_t now, size_t max_body);

/*
 * Takes bytes. Returns how many of them were used: all, unless the response
 * ended (state is HTTP_DONE) or is wrong (HTTP_BAD).
 */
size_t http_response_feed(
    struct http_response *r, const void *data, size_t len);

/* The connection has ended. state becomes HTTP_DONE or HTTP_BAD. */
void http_response_end(struct http_response *r);

void http_response_free(struct http_response *r);

#endif
