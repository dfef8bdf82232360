/* SPDX-License-Identifier: ISC
 *
 * Answers that are good, slow, endless, cut and hostile, and what is told of
 * them, in the given time.
 */
#include "fetch_help.h"

struct answer_case {
	const char *name;
	const char *text;
	enum then then;
	int status;
	const char *body; /* or why */
};

static const struct answer_case answer_cases[] = {
	{ "length", OK "Content-Length: 5\r\n\r\nhello", CLOSE, 200, "hello" },
	{ "length, held open", OK "Content-Length: 5\r\n\r\nhello", HOLD, 200,
	    "hello" },
	{ "byte by byte",
	    "H|T|T|P|/1.1 200 OK\r|\nContent-|Length: 2\r\n|\r|\nh|i", HOLD,
	    200, "hi" },
	{ "until the end", OK "\r\nhello| world", CLOSE, 200, "hello world" },
	{ "chunked",
	    OK "Transfer-Encoding: chunked\r\n\r\n3\r\nhel|\r\n2\r\n"
	       "lo\r\n0\r\n\r\n",
	    HOLD, 200, "hello" },
	{ "no body", OK "Content-Length: 0\r\n\r\n", HOLD, 200, "" },
	{ "no content", "HTTP/1.1 204 No Content\r\n\r\n", HOLD, 204, "" },
	{ "401", "HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno",
	    CLOSE, 401, "no" },
	{ "500", "HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n", CLOSE, 500,
	    "" },
	{ "a redirect is an answer",
	    "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\n"
	    "Content-Length: 0\r\n\r\n",
	    CLOSE, 302, "" },
	{ "cut in the body", OK "Content-Length: 5\r\n\r\nhel", CLOSE, 0,
	    "the connection was cut" },
	{ "cut in a chunk", OK "Transfer-Encoding: chunked\r\n\r\n5\r\nhel",
	    CLOSE, 0, "the connection was cut" },
	{ "cut in the headers", OK "Content-Le", CLOSE, 0,
	    "the connection was cut" },
	{ "nothing, then the end", "", CLOSE, 0, "the connection was cut" },
	{ "nothing", "", HOLD, 0, "no whole answer in time" },
	{ "half an answer", OK "Content-Length: 5\r\n\r\nhel", HOLD, 0,
	    "no whole answer in time" },
	{ "garbage", "\x16\x03\x01 garbage\r\n\r\n", CLOSE, 0,
	    "the answer is not HTTP" },
	{ "garbage headers", OK "\xff\xff\r\n\r\n", CLOSE, 0,
	    "the answer is not HTTP" },
	{ "an endless first line", "x|yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy",
	    REPEAT, 0, "the answer is not HTTP" },
	{ "endless headers", OK "|X-Header: 0123456789012345678901234567\r\n",
	    REPEAT, 0, "the answer is not HTTP" },
	{ "an endless head of a chunk",
	    OK "Transfer-Encoding: chunked\r\n\r\n|00000000000000000000000",
	    REPEAT, 0, "no whole answer in time" },
	{ "endless chunks",
	    OK "Transfer-Encoding: chunked\r\n\r\n|5\r\nhello\r\n", REPEAT, 0,
	    "the answer is too long, or not HTTP" },
	{ "an endless body", OK "\r\n|0123456789012345678901234567890123456789",
	    REPEAT, 0, "the answer is too long, or not HTTP" },
	{ "a length past the bound", OK "Content-Length: 1001\r\n\r\n", HOLD, 0,
	    "the answer is too long, or not HTTP" },
	{ "a length past everything",
	    OK "Content-Length: 99999999999999999999\r\n\r\n", HOLD, 0,
	    "the answer is too long, or not HTTP" },
	{ "a negative length", OK "Content-Length: -1\r\n\r\n", HOLD, 0,
	    "the answer is not HTTP" },
	{ "a chunk past the bound",
	    OK "Transfer-Encoding: chunked\r\n\r\n7fffffffffffffff\r\n", HOLD,
	    0, "the answer is too long, or not HTTP" },
	{ "endless interim answers", "HTTP/1.1 100 Continue\r\n\r\n", REPEAT, 0,
	    "the answer is an interim one" },
};

static void
test_answers(void **state)
{
	const struct answer_case *c;
	struct fixture x;
	uint64_t began;
	double took;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(answer_cases) / sizeof(*answer_cases); i++) {
		c = &answer_cases[i];
		setup(&x);
		x.text = c->text;
		x.then = c->then;
		began = clock_mono_ns();
		start(&x, "127.0.0.1", false);
		event_base_dispatch(x.base);
		took = (double)(clock_mono_ns() - began) / 1e9;
		event_base_loop(x.base, EVLOOP_NONBLOCK);
		teardown(&x);
		if (x.done == 1 && x.status == c->status && took < 1.5 &&
		    strcmp(c->status == 0 ? x.why : x.body, c->body) == 0)
			continue;
		print_error("%s: got %u times %d \"%s\"%s in %.1f s, want %d "
			    "\"%s\"\n",
		    c->name, x.done, x.status, x.body, x.why, took, c->status,
		    c->body);
		fail();
	}
}

static void
test_request(void **state)
{
	static const char want[] = "GET /pods?x=1 HTTP/1.1\r\n"
				   "Host: 127.0.0.1:%d\r\n"
				   "Connection: close\r\n"
				   "User-Agent: dd-process-agent/";
	struct fixture x;
	char text[256];

	(void)state;
	setup(&x);
	x.text = OK "Content-Length: 0\r\n\r\n";
	start(&x, "127.0.0.1", false);
	event_base_dispatch(x.base);
	snprintf(text, sizeof(text), want, x.port);
	assert_memory_equal(x.request, text, strlen(text));
	assert_non_null(strstr(x.request, "\r\nAuthorization: Bearer abc\r\n"));
	assert_non_null(strstr(x.request, "\r\nX-More: yes\r\n"));
	teardown(&x);
}

struct line_case {
	const char *name;
	const char *text;
	enum then then;
	int status;
	const char *lines;
	const char *why;
};

static const struct line_case line_cases[] = {
	{ "chunks and lines differ",
	    OK "Transfer-Encoding: chunked\r\n\r\n4\r\nab\nc\r\n|"
	       "3\r\nd\ne\r\n|2\r\n\n\n\r\n0\r\n\r\n",
	    CLOSE, 200, "ab,cd,e,", "" },
	{ "until the end", OK "\r\na\nb|c\nd", CLOSE, 200, "a,bc,", "" },
	{ "not 200", "HTTP/1.1 410 Gone\r\nContent-Length: 4\r\n\r\na\nb\n",
	    HOLD, 410, "", "" },
	{ "silence", OK "Transfer-Encoding: chunked\r\n\r\n2\r\na\n\r\n", HOLD,
	    0, "a,", "no whole answer in time" },
	{ "cut", OK "Transfer-Encoding: chunked\r\n\r\n2\r\na\n\r\n|5\r\nb",
	    CLOSE, 0, "a,", "the connection was cut" },
};

static void
test_lines(void **state)
{
	const struct line_case *c;
	struct fixture x;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(line_cases) / sizeof(*line_cases); i++) {
		c = &line_cases[i];
		setup(&x);
		x.text = c->text;
		x.then = c->then;
		start(&x, "127.0.0.1", true);
		event_base_dispatch(x.base);
		teardown(&x);
		if (x.done == 1 && x.status == c->status && x.len == 0 &&
		    strcmp(x.lines, c->lines) == 0 &&
		    strcmp(x.why, c->why) == 0)
			continue;
		print_error("%s: got %d \"%s\" (%s), want %d \"%s\" (%s)\n",
		    c->name, x.status, x.lines, x.why, c->status, c->lines,
		    c->why);
		fail();
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_request),
		cmocka_unit_test(test_lines),
	};

	signal(SIGPIPE, SIG_IGN); /* as the daemons do */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
