/* SPDX-License-Identifier: ISC
 *
 * Responses, good and bad, each fed whole, byte by byte and cut at every
 * place: how they arrive may change nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/http.h"
#include "common/limits.h"

#define NOW 1700000000 /* Tue, 14 Nov 2023 22:13:20 GMT */
#define OK  "HTTP/1.1 200 OK\r\n"

struct http_case {
	const char *name;
	const char *in;
	int status;       /* 0: HTTP_BAD */
	const char *text; /* body, or why not */
	bool keep_alive;
	int64_t retry_after;
	size_t rest; /* bytes not used */
};

static const struct http_case cases[] = {
	{ "length", OK "Content-Length: 5\r\n\r\nhello", 200, "hello", true, -1,
	    0 },
	{ "no body", OK "Content-Length: 0\r\n\r\n", 200, "", true, -1, 0 },
	{ "bytes behind", OK "Content-Length: 2\r\n\r\nhello", 200, "he", true,
	    -1, 3 },
	{ "bare newlines", "HTTP/1.1 200 OK\nContent-Length: 2\n\nhi", 200,
	    "hi", true, -1, 0 },
	{ "no reason", "HTTP/1.1 503\r\nContent-Length: 0\r\n\r\n", 503, "",
	    true, -1, 0 },
	{ "until the end", OK "\r\nhello", 200, "hello", false, -1, 0 },
	{ "until the end, empty", OK "\r\n", 200, "", false, -1, 0 },
	{ "HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi", 200,
	    "hi", false, -1, 0 },
	{ "close", OK "Connection: close\r\nContent-Length: 2\r\n\r\nhi", 200,
	    "hi", false, -1, 0 },
	{ "close in a list",
	    OK "connection: foo, Close\r\nContent-Length: 2\r\n\r\nhi", 200,
	    "hi", false, -1, 0 },
	{ "keep-alive named",
	    OK "Connection: keep-alive,\r\nContent-Length: 2\r\n\r\nhi", 200,
	    "hi", true, -1, 0 },
	{ "chunked",
	    OK "Transfer-Encoding: chunked\r\n\r\n"
	       "3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n",
	    200, "hello", true, -1, 0 },
	{ "chunked, upper case, extension, trailer",
	    OK "transfer-encoding: Chunked\r\n\r\n"
	       "A;x=y\r\n0123456789\r\n00\r\nTrailer: x\r\n\r\n",
	    200, "0123456789", true, -1, 0 },
	{ "chunk with blanks behind its size",
	    OK "Transfer-Encoding: chunked\r\n\r\n1  \r\nx\r\n0\r\n\r\n", 200,
	    "x", true, -1, 0 },
	{ "100 first",
	    "HTTP/1.1 100 Continue\r\n\r\n" OK "Content-Length: 2\r\n\r\nhi",
	    200, "hi", true, -1, 0 },
	{ "102 and 103 first, their headers forgotten",
	    "HTTP/1.1 102 x\r\nContent-Length: 9\r\n\r\n"
	    "HTTP/1.1 103 x\r\nLink: y\r\n\r\n" OK
	    "Content-Length: 2\r\n\r\nhi",
	    200, "hi", true, -1, 0 },
	{ "204 has no body", "HTTP/1.1 204 No Content\r\n\r\n", 204, "", true,
	    -1, 0 },
	{ "304 has no body", "HTTP/1.1 304 x\r\nContent-Length: 10\r\n\r\n",
	    304, "", true, -1, 0 },
	{ "redirect",
	    "HTTP/1.1 302 x\r\nLocation: /\r\nContent-Length: 0\r\n\r\n", 302,
	    "", true, -1, 0 },
	{ "retry after seconds",
	    "HTTP/1.1 429 x\r\nRetry-After: 17\r\nContent-Length: 0\r\n\r\n",
	    429, "", true, 17, 0 },
	{ "retry after a date",
	    "HTTP/1.1 503 x\r\nRetry-After: Tue, 14 Nov 2023 22:14:20 GMT\r\n"
	    "Content-Length: 0\r\n\r\n",
	    503, "", true, 60, 0 },
	{ "retry after a date, RFC 850",
	    "HTTP/1.1 503 x\r\nRetry-After: Tuesday, 14-Nov-23 22:14:20 GMT"
	    "\r\nContent-Length: 0\r\n\r\n",
	    503, "", true, 60, 0 },
	{ "retry after a date, asctime",
	    "HTTP/1.1 503 x\r\nRetry-After: Tue Nov 14 22:14:20 2023\r\n"
	    "Content-Length: 0\r\n\r\n",
	    503, "", true, 60, 0 },
	{ "retry after a date that is over",
	    "HTTP/1.1 503 x\r\nRetry-After: Tue, 14 Nov 2013 22:14:20 GMT\r\n"
	    "Content-Length: 0\r\n\r\n",
	    503, "", true, 0, 0 },
	{ "retry after nonsense",
	    "HTTP/1.1 503 x\r\nRetry-After: soon\r\nContent-Length: 0\r\n\r\n",
	    503, "", true, -1, 0 },
	{ "blanks around values", OK "Content-Length: \t 2 \t\r\n\r\nhi", 200,
	    "hi", true, -1, 0 },
	{ "empty value", OK "X:\r\nContent-Length:2\r\n\r\nhi", 200, "hi", true,
	    -1, 0 },

	{ "not HTTP", "SSH-2.0-OpenSSH_9.2\r\n", 0, "the answer is not HTTP/1",
	    false, -1, 0 },
	{ "HTTP/2", "HTTP/2.0 200 OK\r\n", 0, "the answer is not HTTP/1", false,
	    -1, 0 },
	{ "no status", "HTTP/1.1 \r\n", 0, "the answer is not HTTP/1", false,
	    -1, 0 },
	{ "status of four digits", "HTTP/1.1 2000 OK\r\n", 0,
	    "the answer is not HTTP/1", false, -1, 0 },
	{ "status 099", "HTTP/1.1 099 OK\r\n", 0,
	    "the answer has an impossible status", false, -1, 0 },
	{ "status 600", "HTTP/1.1 600 OK\r\n", 0,
	    "the answer has an impossible status", false, -1, 0 },
	{ "101", "HTTP/1.1 101 Switching Protocols\r\n\r\n", 0,
	    "the answer has an impossible status", false, -1, 0 },
	{ "two lengths", OK "Content-Length: 2\r\nContent-Length: 3\r\n\r\nhi",
	    0, "Content-Length twice", false, -1, 0 },
	{ "the same length twice",
	    OK "Content-Length: 2\r\nContent-Length: 2\r\n\r\nhi", 0,
	    "Content-Length twice", false, -1, 0 },
	{ "a list of lengths", OK "Content-Length: 2, 2\r\n\r\nhi", 0,
	    "Content-Length is not a number", false, -1, 0 },
	{ "negative length", OK "Content-Length: -2\r\n\r\nhi", 0,
	    "Content-Length is not a number", false, -1, 0 },
	{ "signed length", OK "Content-Length: +2\r\n\r\nhi", 0,
	    "Content-Length is not a number", false, -1, 0 },
	{ "hexadecimal length", OK "Content-Length: 0x2\r\n\r\nhi", 0,
	    "Content-Length is not a number", false, -1, 0 },
	{ "empty length", OK "Content-Length:\r\n\r\nhi", 0,
	    "Content-Length is not a number", false, -1, 0 },
	{ "a length past 2^64",
	    OK "Content-Length: 18446744073709551618\r\n\r\nhi", 0,
	    "Content-Length is not a number", false, -1, 0 },
	{ "chunked and a length",
	    OK "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\nhi", 0,
	    "Transfer-Encoding where a length decides", false, -1, 0 },
	{ "a length and chunked",
	    OK "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n", 0,
	    "Transfer-Encoding where a length decides", false, -1, 0 },
	{ "chunked in HTTP/1.0",
	    "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 0,
	    "Transfer-Encoding where a length decides", false, -1, 0 },
	{ "gzip", OK "Transfer-Encoding: gzip, chunked\r\n\r\n", 0,
	    "a Transfer-Encoding that we did not ask for", false, -1, 0 },
	{ "chunked twice",
	    OK "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"
	       "\r\n",
	    0, "Transfer-Encoding twice", false, -1, 0 },
	{ "folded line", OK "X: a\r\n b\r\n\r\n", 0, "a folded header line",
	    false, -1, 0 },
	{ "no colon", OK "Content-Length\r\n\r\n", 0,
	    "a header line without a name", false, -1, 0 },
	{ "blank before the colon", OK "Content-Length : 2\r\n\r\nhi", 0,
	    "a header line without a name", false, -1, 0 },
	{ "no name", OK ": 2\r\n\r\n", 0, "a header line without a name", false,
	    -1, 0 },
	{ "bare CR", OK "X: a\rContent-Length: 2\r\n\r\nhi", 0,
	    "a control byte in a header", false, -1, 0 },
	{ "escape byte", OK "X: \x1b[2J\r\n\r\n", 0,
	    "a control byte in a header", false, -1, 0 },
	{ "no chunk size", OK "Transfer-Encoding: chunked\r\n\r\n\r\n", 0,
	    "a chunk without a size", false, -1, 0 },
	{ "chunk size 0x1", OK "Transfer-Encoding: chunked\r\n\r\n0x1\r\n", 0,
	    "a chunk without a size", false, -1, 0 },
	{ "negative chunk", OK "Transfer-Encoding: chunked\r\n\r\n-1\r\n", 0,
	    "a chunk without a size", false, -1, 0 },
	{ "chunk past 2^64",
	    OK "Transfer-Encoding: chunked\r\n\r\n10000000000000001\r\nx", 0,
	    "a chunk of an impossible size", false, -1, 0 },
	{ "chunk longer than its size",
	    OK "Transfer-Encoding: chunked\r\n\r\n1\r\nxy\r\n", 0,
	    "a chunk longer than its size", false, -1, 0 },
	{ "nothing", "", 0, "the connection ended without an answer", false, -1,
	    0 },
	{ "half a status line", "HTTP/1.1 2", 0,
	    "the connection ended within the answer", false, -1, 0 },
	{ "half the headers", OK "Content-Le", 0,
	    "the connection ended within the answer", false, -1, 0 },
	{ "half a body", OK "Content-Length: 5\r\n\r\nhel", 0,
	    "the connection ended within the answer", false, -1, 0 },
	{ "only half the chunks",
	    OK "Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n", 0,
	    "the connection ended within the answer", false, -1, 0 },
	{ "no end of trailers",
	    OK "Transfer-Encoding: chunked\r\n\r\n0\r\nX: y\r\n", 0,
	    "the connection ended within the answer", false, -1, 0 },
};

/* Feeds len bytes in pieces; returns how many were used. */
static size_t
feed(struct http_response *r, const char *in, size_t len, size_t piece)
{
	size_t used = 0, n;

	while (used < len && r->state != HTTP_DONE && r->state != HTTP_BAD) {
		/* A copy of its own, so that the sanitizers see overreads. */
		n = len - used < piece ? len - used : piece;
		char *copy = malloc(n);

		memcpy(copy, in + used, n);
		used += http_response_feed(r, copy, n);
		free(copy);
	}
	return used;
}

static bool
is_as_wanted(
    const struct http_case *c, const struct http_response *r, size_t rest)
{
	if (c->status == 0)
		return r->state == HTTP_BAD && strcmp(r->why, c->text) == 0;
	return r->state == HTTP_DONE && r->status == c->status &&
	    r->body.len == strlen(c->text) &&
	    memcmp(r->body.len > 0 ? r->body.data : "", c->text, r->body.len) ==
	    0 &&
	    r->keep_alive == c->keep_alive &&
	    r->retry_after == c->retry_after && rest == c->rest;
}

static void
test_responses(void **state)
{
	struct http_response r = { 0 };
	int failed = 0;
	size_t i, piece;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct http_case *c = &cases[i];
		size_t len = strlen(c->in), used;

		for (piece = 1; piece <= len + 1; piece++) {
			http_response_start(&r, NOW, LIMIT_REPLY_BODY);
			used = feed(&r, c->in, len, piece);
			http_response_end(&r);
			if (is_as_wanted(c, &r, len - used))
				continue;
			print_error("%s, in pieces of %zu: got state %d "
				    "status %d \"%s\" body \"%.*s\" keep %d "
				    "after %lld rest %zu, want %d \"%s\" %d "
				    "%lld %zu\n",
			    c->name, piece, r.state, r.status,
			    r.why != NULL ? r.why : "", (int)r.body.len,
			    r.body.len > 0 ? r.body.data : "", r.keep_alive,
			    (long long)r.retry_after, len - used, c->status,
			    c->text, c->keep_alive, (long long)c->retry_after,
			    c->rest);
			failed++;
			break;
		}
	}
	http_response_free(&r);
	assert_int_equal(failed, 0);
}

/* Endless headers, in lines and in one line. */
static void
test_header_flood(void **state)
{
	struct http_response r = { 0 };
	static char line[1000];
	int i, kind;

	(void)state;
	for (kind = 0; kind < 2; kind++) {
		memset(line, 'x', sizeof(line));
		if (kind == 0)
			memcpy(line + sizeof(line) - 5, ": y\r\n", 5);
		http_response_start(&r, NOW, LIMIT_REPLY_BODY);
		http_response_feed(&r, OK, sizeof(OK) - 1);
		for (i = 0; i < 100 && r.state == HTTP_HEADERS; i++)
			http_response_feed(&r, line, sizeof(line));
		assert_int_equal(r.state, HTTP_BAD);
		assert_string_equal(r.why, "the headers are too long");
		assert_in_range(i, 1, LIMIT_HTTP_HEADER / sizeof(line) + 1);
	}
	http_response_free(&r);
}

/* An endless line in front of a chunk. */
static void
test_chunk_flood(void **state)
{
	struct http_response r = { 0 };
	static char line[1000];
	int i;

	(void)state;
	memset(line, 'x', sizeof(line));
	http_response_start(&r, NOW, LIMIT_REPLY_BODY);
	http_response_feed(&r, OK "Transfer-Encoding: chunked\r\n\r\n5;",
	    sizeof(OK "Transfer-Encoding: chunked\r\n\r\n5;") - 1);
	for (i = 0; i < 100 && r.state == HTTP_CHUNK_SIZE; i++)
		http_response_feed(&r, line, sizeof(line));
	assert_int_equal(r.state, HTTP_BAD);
	assert_string_equal(r.why, "a chunk without a size");
	assert_in_range(i, 1, LIMIT_HTTP_HEADER / sizeof(line) + 1);
	http_response_free(&r);
}

static void
test_endless_1xx(void **state)
{
	static const char one[] = "HTTP/1.1 100 Continue\r\n\r\n";
	struct http_response r = { 0 };
	int i;

	(void)state;
	http_response_start(&r, NOW, LIMIT_REPLY_BODY);
	for (i = 0; i < 10000 && r.state != HTTP_BAD; i++)
		http_response_feed(&r, one, sizeof(one) - 1);
	assert_int_equal(r.state, HTTP_BAD);
	http_response_free(&r);
}

/* A body past the bound ends the response: the status is known. */
static void
test_body_flood(void **state)
{
	static const char *const heads[] = {
		OK "\r\n",
		OK "Content-Length: 1000000000\r\n\r\n",
		OK "Transfer-Encoding: chunked\r\n\r\n3b9aca00\r\n",
	};
	static char data[4096];
	struct http_response r = { 0 };
	size_t i;
	int n;

	(void)state;
	for (i = 0; i < 3; i++) {
		http_response_start(&r, NOW, LIMIT_REPLY_BODY);
		http_response_feed(&r, heads[i], strlen(heads[i]));
		for (n = 0; n < 1000 && r.state != HTTP_DONE; n++)
			http_response_feed(&r, data, sizeof(data));
		assert_int_equal(r.state, HTTP_DONE);
		assert_int_equal(r.status, 200);
		assert_true(r.body_cut);
		assert_false(r.keep_alive);
		assert_int_equal(r.body.len, LIMIT_REPLY_BODY);
		assert_int_equal(n, LIMIT_REPLY_BODY / sizeof(data) + 1);
	}
	http_response_free(&r);
}

/* Who takes the body out as it comes may read one without end in a small
 * buffer; who does not is bounded by what it asked for. */
static void
test_streaming(void **state)
{
	struct http_response r = { 0 };
	size_t total = 0;
	int i;

	(void)state;
	http_response_start(&r, NOW, 8);
	http_response_feed(&r, OK "Transfer-Encoding: chunked\r\n\r\n",
	    sizeof(OK "Transfer-Encoding: chunked\r\n\r\n") - 1);
	/* The lines of so many chunks are longer than headers may be. */
	for (i = 0; i < (int)LIMIT_HTTP_HEADER; i++) {
		http_response_feed(&r, "6\r\nabcdef\r\n", 11);
		total += r.body.len;
		r.body.len = 0;
	}
	assert_int_equal(total, 6 * LIMIT_HTTP_HEADER);
	assert_int_equal(r.state, HTTP_CHUNK_SIZE);
	http_response_feed(&r, "9\r\n123456789\r\n", 14);
	assert_int_equal(r.state, HTTP_DONE);
	assert_true(r.body_cut);
	assert_int_equal(r.body.len, 8);
	http_response_free(&r);
}

/* The answer to CONNECT has no body, whatever it says of one. */
static void
test_head_only(void **state)
{
	static const struct {
		const char *in;
		int status; /* 0: HTTP_BAD */
		size_t rest;
	} answers[] = {
		{ OK "\r\n", 200, 0 },
		{ OK "\r\nx", 200, 1 },
		{ "HTTP/1.0 200 Connection established\r\n\r\n", 200, 0 },
		{ OK "Content-Length: 5\r\n\r\nhello", 200, 5 },
		{ OK "Transfer-Encoding: gzip\r\nContent-Length: 1\r\n"
		     "Content-Length: 2\r\n\r\n",
		    200, 0 },
		{ "HTTP/1.1 100 Continue\r\n\r\n" OK
		  "Content-Length: 5\r\n\r\nhello",
		    200, 5 },
		{ "HTTP/1.1 407 x\r\nContent-Length: 5\r\n\r\nhello", 407, 5 },
		{ OK "a\x01: b\r\n\r\n", 0, 0 },
		{ "SSH-2.0-OpenSSH_9.2\r\n", 0, 0 },
	};
	struct http_response r = { 0 };
	size_t i, len, used;
	int got;

	(void)state;
	for (i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		len = strlen(answers[i].in);
		http_response_start(&r, NOW, 0);
		r.head_only = true;
		used = http_response_feed(&r, answers[i].in, len);
		got = r.state == HTTP_DONE ? r.status : 0;
		if (got != answers[i].status ||
		    (got != 0 && len - used != answers[i].rest))
			fail_msg("%s: got %d, %zu left; want %d, %zu",
			    answers[i].in, got, len - used, answers[i].status,
			    answers[i].rest);
	}
	http_response_free(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_responses),
		cmocka_unit_test(test_header_flood),
		cmocka_unit_test(test_chunk_flood),
		cmocka_unit_test(test_endless_1xx),
		cmocka_unit_test(test_body_flood),
		cmocka_unit_test(test_streaming),
		cmocka_unit_test(test_head_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
