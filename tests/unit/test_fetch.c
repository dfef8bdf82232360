/* SPDX-License-Identifier: ISC
 *
 * A server of canned bytes in the same loop: answers that are good, slow,
 * endless, cut and hostile, and what is told of them, in the given time.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <netinet/in.h>

#include "common/clock.h"
#include "common/limits.h"
#include "common/log.h"
#include "taggerd/fetch.h"

#define OK "HTTP/1.1 200 OK\r\n"

/* What the server does behind its text. */
enum then {
	CLOSE,
	HOLD,
	REPEAT, /* the last piece, without an end */
};

struct fixture {
	struct event_base *base;
	struct fetcher *fetcher;
	struct evconnlistener *listener;
	struct bufferevent *peer; /* the last one */
	int port;
	/* The answer: pieces, with '|' between them. */
	const char *text;
	enum then then;
	char request[1024];

	/* What came. */
	struct fetch *fetch;
	unsigned done;
	int status;
	char body[256];
	size_t len;
	char why[128];
	char lines[256];
	unsigned n_lines;
	bool cancel_at_line;
};

static void
send_piece(struct fixture *x)
{
	struct evbuffer *out = bufferevent_get_output(x->peer);
	size_t n = strcspn(x->text, "|");

	if (*x->text == '\0') {
		if (x->then == CLOSE) {
			bufferevent_free(x->peer);
			x->peer = NULL;
		}
		return;
	}
	evbuffer_add(out, x->text, n);
	if (x->text[n] == '|')
		x->text += n + 1;
	else if (x->then != REPEAT)
		x->text += n;
}

static void
on_sent(struct bufferevent *bev, void *arg)
{
	struct fixture *x = arg;

	if (x->peer == bev && x->request[0] != '\0')
		send_piece(x);
}

static void
on_request(struct bufferevent *bev, void *arg)
{
	struct fixture *x = arg;
	size_t have = strlen(x->request);
	ssize_t n = evbuffer_remove(bufferevent_get_input(bev),
	    x->request + have, sizeof(x->request) - 1 - have);

	if (n > 0)
		x->request[have + (size_t)n] = '\0';
	if (have == 0)
		send_piece(x);
}

static void
on_gone(struct bufferevent *bev, short what, void *arg)
{
	struct fixture *x = arg;

	(void)what;
	if (x->peer == bev)
		x->peer = NULL;
	bufferevent_free(bev);
}

static void
on_accept(struct evconnlistener *listener, evutil_socket_t fd,
    struct sockaddr *sa, int len, void *arg)
{
	struct fixture *x = arg;

	(void)listener;
	(void)sa;
	(void)len;
	if (x->peer != NULL)
		bufferevent_free(x->peer);
	x->peer = bufferevent_socket_new(x->base, fd, BEV_OPT_CLOSE_ON_FREE);
	bufferevent_setcb(x->peer, on_request, on_sent, on_gone, x);
	bufferevent_enable(x->peer, EV_READ | EV_WRITE);
}

static void
setup(struct fixture *x)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(sin);

	*x = (struct fixture){ 0 };
	x->base = event_base_new();
	x->fetcher = fetcher_new(x->base);
	x->listener = evconnlistener_new_bind(x->base, on_accept, x,
	    LEV_OPT_CLOSE_ON_FREE, 5, (struct sockaddr *)&sin, sizeof(sin));
	assert_non_null(x->listener);
	getsockname(
	    evconnlistener_get_fd(x->listener), (struct sockaddr *)&sin, &len);
	x->port = ntohs(sin.sin_port);
}

static void
teardown(struct fixture *x)
{
	fetcher_free(x->fetcher);
	if (x->peer != NULL)
		bufferevent_free(x->peer);
	if (x->listener != NULL)
		evconnlistener_free(x->listener);
	event_base_loop(x->base, EVLOOP_NONBLOCK);
	event_base_free(x->base);
}

static void
on_done(const struct fetch_answer *answer, void *arg)
{
	struct fixture *x = arg;

	x->done++;
	x->status = answer->status;
	x->len = answer->len;
	snprintf(x->body, sizeof(x->body), "%.*s",
	    (int)(answer->len < 200 ? answer->len : 200), answer->body);
	if (answer->status == 0)
		snprintf(x->why, sizeof(x->why), "%s", answer->why);
	x->fetch = NULL;
	event_base_loopbreak(x->base);
}

static void
on_line(const char *line, size_t len, void *arg)
{
	struct fixture *x = arg;
	size_t have = strlen(x->lines);

	x->n_lines++;
	snprintf(x->lines + have, sizeof(x->lines) - have, "%.*s,",
	    (int)(len < 20 ? len : 20), line);
	if (x->cancel_at_line) {
		fetch_cancel(x->fetch);
		event_base_loopbreak(x->base);
	}
}

static void
start(struct fixture *x, const char *host, bool lines)
{
	const struct fetch_request request = { .host = host,
		.port = x->port,
		.path = "/pods?x=1",
		.token = "abc",
		.header = "X-More: yes",
		.timeout = 1,
		.idle = 1,
		.max_body = 1000,
		.on_line = lines ? on_line : NULL,
		.on_done = on_done,
		.arg = x };

	x->fetch = fetch_start(x->fetcher, &request);
}

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

/* Cancelled at each stage: nobody is told, nothing leaks. */
static void
test_cancel(void **state)
{
	struct fixture x;
	int turns;

	(void)state;
	for (turns = 0; turns < 8; turns++) {
		setup(&x);
		x.text = OK "Content-Length: 9\r\n\r\n|h|e|l|l|o";
		x.then = HOLD;
		start(&x, "127.0.0.1", false);
		for (int i = 0; i < turns; i++)
			event_base_loop(x.base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
		fetch_cancel(x.fetch);
		event_base_loop(x.base, EVLOOP_NONBLOCK);
		teardown(&x);
		assert_int_equal(x.done, 0);
	}
	setup(&x);
	x.text = OK "\r\na\nb\nc\n";
	x.cancel_at_line = true;
	start(&x, "127.0.0.1", true);
	event_base_dispatch(x.base);
	event_base_loop(x.base, EVLOOP_NONBLOCK);
	teardown(&x);
	assert_string_equal(x.lines, "a,");
	assert_int_equal(x.done, 0);
}

/* Whoever frees the fetcher leaves nothing behind, whatever was going on. */
static void
test_free_under_way(void **state)
{
	static const char *const hosts[] = { "127.0.0.1", "no-such.invalid",
		"localhost" };
	struct fixture x;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		setup(&x);
		x.text = OK "Content-Length: 9\r\n\r\n|h|e";
		x.then = HOLD;
		start(&x, hosts[i], i == 2);
		event_base_loop(x.base, EVLOOP_NONBLOCK);
		teardown(&x);
		assert_int_equal(x.done, 0);
	}
}

static void
test_no_server(void **state)
{
	struct fixture x;

	(void)state;
	setup(&x);
	evconnlistener_free(x.listener);
	x.listener = NULL;
	start(&x, "127.0.0.1", false);
	event_base_dispatch(x.base);
	assert_string_equal(x.why, "cannot connect: Connection refused");
	start(&x, "::1", false);
	event_base_dispatch(x.base);
	assert_int_equal(x.done, 2);
	assert_memory_equal(x.why, "cannot connect: ", 16);
	teardown(&x);
}

/* ::1 refuses, 127.0.0.1 does not. */
static void
test_second_address(void **state)
{
	struct fixture x;

	(void)state;
	setup(&x);
	x.text = OK "Content-Length: 2\r\n\r\nhi";
	start(&x, "localhost", false);
	event_base_dispatch(x.base);
	assert_string_equal(x.why, "");
	assert_int_equal(x.status, 200);
	assert_string_equal(x.body, "hi");
	teardown(&x);
}

static void
test_bad_requests(void **state)
{
	static const char *const paths[] = { "pods", "/a b", "/a\r\nX: y", "" };
	struct fixture x;
	struct fetch_request request = {
		.host = "127.0.0.1", .timeout = 1, .on_done = on_done
	};

	(void)state;
	setup(&x);
	x.text = OK "Content-Length: 0\r\n\r\n";
	request.port = x.port;
	request.arg = &x;
	for (size_t i = 0; i < 4; i++) {
		request.path = paths[i];
		fetch_start(x.fetcher, &request);
		event_base_dispatch(x.base);
		assert_string_equal(
		    x.why, "the path of the request is no URL's");
	}
	request.path = "/";
	request.token = "a\r\nX: y";
	fetch_start(x.fetcher, &request);
	event_base_dispatch(x.base);
	assert_string_equal(x.why, "the token is no token");
	teardown(&x);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_request),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_cancel),
		cmocka_unit_test(test_free_under_way),
		cmocka_unit_test(test_no_server),
		cmocka_unit_test(test_second_address),
		cmocka_unit_test(test_bad_requests),
	};

	signal(SIGPIPE, SIG_IGN); /* as the daemons do */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
