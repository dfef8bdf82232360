/* SPDX-License-Identifier: ISC
 *
 * Requests that end before there is an answer: cancelled, without a server,
 * or never made.
 */
#include "fetch_help.h"

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
		cmocka_unit_test(test_cancel),
		cmocka_unit_test(test_free_under_way),
		cmocka_unit_test(test_no_server),
		cmocka_unit_test(test_second_address),
		cmocka_unit_test(test_bad_requests),
	};

	signal(SIGPIPE, SIG_IGN); /* as the daemons do */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
