/* SPDX-License-Identifier: ISC
 *
 * One state per kind of thing that may come next. Lines are gathered until
 * they are whole; bodies are taken as they come.
 */
#include <string.h>

#include "http.h"
#include "http_header.h"
#include "limits.h"

void
http_response_fail(struct http_response *r, const char *why)
{
	r->state = HTTP_BAD;
	r->why = why;
}

void
http_response_start(struct http_response *r, int64_t now, size_t max_body)
{
	struct buf body = r->body, line = r->line;

	memset(r, 0, sizeof(*r));
	body.len = 0;
	line.len = 0;
	r->body = body;
	r->line = line;
	r->now = now;
	r->max_body = max_body;
	r->retry_after = -1;
	r->length = -1;
}

void
http_response_free(struct http_response *r)
{
	buf_free(&r->body);
	buf_free(&r->line);
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "HTTP/1.x NNN reason" */
static void
take_status_line(struct http_response *r, const char *s, size_t len)
{
	if (len < 12 || memcmp(s, "HTTP/1.", 7) != 0 || !is_digit(s[7]) ||
	    s[8] != ' ' || !is_digit(s[9]) || !is_digit(s[10]) ||
	    !is_digit(s[11]) || (len > 12 && s[12] != ' ')) {
		http_response_fail(r, "the answer is not HTTP/1");
		return;
	}
	r->minor = s[7] - '0';
	r->status = (s[9] - '0') * 100 + (s[10] - '0') * 10 + (s[11] - '0');
	if (r->status < 100 || r->status > 599 || r->status == 101) {
		http_response_fail(r, "the answer has an impossible status");
		return;
	}
	r->state = HTTP_HEADERS;
}

/* The empty line behind the headers: what comes next? */
static void
end_headers(struct http_response *r)
{
	if (r->status < 200) {
		struct http_response last = *r;

		http_response_start(r, last.now, last.max_body);
		r->header_bytes = last.header_bytes;
		r->head_only = last.head_only;
		return;
	}
	if (r->head_only) {
		r->state = HTTP_DONE;
		return;
	}
	if (r->chunked && (r->length != -1 || r->minor == 0)) {
		http_response_fail(
		    r, "Transfer-Encoding where a length decides");
		return;
	}
	r->keep_alive = r->minor >= 1 && !r->close;
	if (r->status == 204 || r->status == 304 || r->length == 0)
		r->state = HTTP_DONE;
	else if (r->chunked)
		r->state = HTTP_CHUNK_SIZE;
	else if (r->length > 0) {
		r->left = (uint64_t)r->length;
		r->state = HTTP_BODY_LENGTH;
	} else {
		r->keep_alive = false;
		r->state = HTTP_BODY_CLOSE;
	}
}

/* "1a" or "1a;extension" */
static void
take_chunk_size(struct http_response *r, const char *s, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	const char *d;
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < len; i++) {
		d = s[i] == '\0' ? NULL : strchr(digits, s[i] | 0x20);
		if (d == NULL || !(is_digit(s[i]) || (s[i] | 0x20) >= 'a'))
			break;
		n = n * 16 + (uint64_t)(d - digits);
		if (n > HTTP_LENGTH_MAX) {
			http_response_fail(r, "a chunk of an impossible size");
			return;
		}
	}
	if (i == 0 || (i < len && s[i] != ';' && s[i] != ' ')) {
		http_response_fail(r, "a chunk without a size");
		return;
	}
	r->left = n;
	r->state = n == 0 ? HTTP_TRAILERS : HTTP_CHUNK_DATA;
}

static void
take_line(struct http_response *r, const char *s, size_t len)
{
	switch (r->state) {
	case HTTP_STATUS_LINE:
		take_status_line(r, s, len);
		return;
	case HTTP_HEADERS:
		if (len == 0)
			end_headers(r);
		else
			http_header_take(r, s, len);
		return;
	case HTTP_CHUNK_SIZE:
		take_chunk_size(r, s, len);
		return;
	case HTTP_CHUNK_END:
		if (len == 0)
			r->state = HTTP_CHUNK_SIZE;
		else
			http_response_fail(r, "a chunk longer than its size");
		return;
	case HTTP_TRAILERS:
		if (len == 0)
			r->state = HTTP_DONE;
		return;
	case HTTP_BODY_LENGTH:
	case HTTP_BODY_CLOSE:
	case HTTP_CHUNK_DATA:
	case HTTP_DONE:
	case HTTP_BAD:
		return;
	}
}

/* Bounds the lines of headers together, and each line of a chunk by itself:
 * a stream may have any number of chunks. */
static void
count_line(struct http_response *r, size_t more)
{
	if (r->state == HTTP_CHUNK_SIZE || r->state == HTTP_CHUNK_END) {
		if (r->line.len + more > LIMIT_HTTP_HEADER)
			http_response_fail(r, "a chunk without a size");
		return;
	}
	r->header_bytes += more;
	if (r->header_bytes > LIMIT_HTTP_HEADER)
		http_response_fail(r, "the headers are too long");
}

/* Gathers a line, and takes it when it is whole. */
static size_t
feed_line(struct http_response *r, const char *data, size_t len)
{
	const char *end = memchr(data, '\n', len);
	size_t used = end != NULL ? (size_t)(end - data) + 1 : len, n;

	count_line(r, used);
	if (r->state == HTTP_BAD)
		return used;
	buf_append(&r->line, data, used);
	if (end == NULL)
		return used;
	n = r->line.len - 1;
	r->line.len = 0;
	if (n > 0 && r->line.data[n - 1] == '\r')
		n--;
	take_line(r, r->line.data, n);
	return used;
}

/* Keeps at most max_body; who sends more is not worth listening to. */
static void
keep_body(struct http_response *r, const char *data, size_t len)
{
	size_t room = r->max_body - r->body.len;

	buf_append(&r->body, data, len < room ? len : room);
	if (len > room) {
		r->body_cut = true;
		r->keep_alive = false;
		r->state = HTTP_DONE;
	}
}

static size_t
feed_body(struct http_response *r, const char *data, size_t len)
{
	size_t used = len < r->left ? len : (size_t)r->left;

	keep_body(r, data, used);
	r->left -= used;
	if (r->left == 0 && r->state == HTTP_BODY_LENGTH)
		r->state = HTTP_DONE;
	if (r->left == 0 && r->state == HTTP_CHUNK_DATA)
		r->state = HTTP_CHUNK_END;
	return used;
}

size_t
http_response_feed(struct http_response *r, const void *data, size_t len)
{
	const char *p = data;
	size_t used = 0;

	while (used < len) {
		switch (r->state) {
		case HTTP_STATUS_LINE:
		case HTTP_HEADERS:
		case HTTP_CHUNK_SIZE:
		case HTTP_CHUNK_END:
		case HTTP_TRAILERS:
			used += feed_line(r, p + used, len - used);
			break;
		case HTTP_BODY_LENGTH:
		case HTTP_CHUNK_DATA:
			used += feed_body(r, p + used, len - used);
			break;
		case HTTP_BODY_CLOSE:
			keep_body(r, p + used, len - used);
			used = len;
			break;
		case HTTP_DONE:
		case HTTP_BAD:
			return used;
		}
	}
	return used;
}

void
http_response_end(struct http_response *r)
{
	switch (r->state) {
	case HTTP_BODY_CLOSE:
		r->state = HTTP_DONE;
		return;
	case HTTP_STATUS_LINE:
		http_response_fail(r,
		    r->header_bytes == 0
			? "the connection ended without an answer"
			: "the connection ended within the answer");
		return;
	case HTTP_HEADERS:
	case HTTP_BODY_LENGTH:
	case HTTP_CHUNK_SIZE:
	case HTTP_CHUNK_DATA:
	case HTTP_CHUNK_END:
	case HTTP_TRAILERS:
		http_response_fail(r, "the connection ended within the answer");
		return;
	case HTTP_DONE:
	case HTTP_BAD:
		return;
	}
}
