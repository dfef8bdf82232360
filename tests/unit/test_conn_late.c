/* SPDX-License-Identifier: ISC
 *
 * Connections that wait: each state has its time, after which the request
 * has failed, once, with words that say what was waited for.
 */
#include <arpa/inet.h>

#include "conn_help.h"

/* Where each wait stands still, its time, and what is said after that. */
static const struct late_case {
	const char *name;
	int way;
	struct peer_step then[4]; /* behind so many steps of the way: */
	unsigned steps;
	bool large;
	enum conn_state state;
	const char *state_name;
	int limit; /* s */
	const char *why;
	enum endpoint_step step;
} lates[] = {
	{ "TLS to the proxy", TLS_PROXY_HTTPS, { { 0 } }, 0, false,
	    CONN_PROXY_TLS, "TLS handshake with the proxy", LIMIT_TLS_TIMEOUT,
	    "the TLS handshake timed out", STEP_PROXY },
	{ "CONNECT", PROXY_HTTPS, { { 0 } }, 2, false, CONN_PROXY_CONNECT,
	    "asking the proxy", LIMIT_PROXY_TIMEOUT, "no whole answer in time",
	    STEP_PROXY },
	{ "CONNECT, half an answer", PROXY_HTTPS,
	    { SAY("HTTP/1.1 200 OK\r\nA: b\r\n") }, 2, false,
	    CONN_PROXY_CONNECT, "asking the proxy", LIMIT_PROXY_TIMEOUT,
	    "no whole answer in time", STEP_PROXY },
	{ "CONNECT, in TLS", TLS_PROXY_HTTPS, { { 0 } }, 3, false,
	    CONN_PROXY_CONNECT, "asking the proxy", LIMIT_PROXY_TIMEOUT,
	    "no whole answer in time", STEP_PROXY },
	{ "SOCKS method", SOCKS_LOGIN, { { 0 } }, 1, false, CONN_SOCKS_METHOD,
	    "asking the proxy", LIMIT_PROXY_TIMEOUT, "no whole answer in time",
	    STEP_PROXY },
	{ "SOCKS method, half of it", SOCKS_LOGIN, { SAY("\x05") }, 1, false,
	    CONN_SOCKS_METHOD, "asking the proxy", LIMIT_PROXY_TIMEOUT,
	    "no whole answer in time", STEP_PROXY },
	{ "SOCKS login", SOCKS_LOGIN, { { 0 } }, 3, false, CONN_SOCKS_LOGIN,
	    "asking the proxy", LIMIT_PROXY_TIMEOUT,
	    "no answer to user and password in time", STEP_PROXY },
	{ "SOCKS request", SOCKS_LOGIN, { { 0 } }, 5, false, CONN_SOCKS_REQUEST,
	    "asking the proxy", LIMIT_PROXY_TIMEOUT,
	    "it does not connect in time", STEP_PROXY },
	{ "SOCKS request, half a reply", SOCKS_LOGIN, { SAY("\x05\x00\x00") },
	    5, false, CONN_SOCKS_REQUEST, "asking the proxy",
	    LIMIT_PROXY_TIMEOUT, "it does not connect in time", STEP_PROXY },
	{ "TLS", HTTPS, { { 0 } }, 0, false, CONN_TLS, "TLS handshake",
	    LIMIT_TLS_TIMEOUT, "the TLS handshake timed out", STEP_TLS },
	{ "TLS, a part of it", HTTPS,
	    { HEAR("\x16\x03\x01"), SAY("\x16\x03\x03\x00\x7a\x02\x00\x00") },
	    0, false, CONN_TLS, "TLS handshake", LIMIT_TLS_TIMEOUT,
	    "the TLS handshake timed out", STEP_TLS },
	{ "TLS by a proxy", PROXY_HTTPS, { { 0 } }, 3, false, CONN_TLS,
	    "TLS handshake", LIMIT_TLS_TIMEOUT, "the TLS handshake timed out",
	    STEP_TLS },
	{ "TLS in TLS", TLS_PROXY_HTTPS, { { 0 } }, 4, false, CONN_TLS,
	    "TLS handshake", LIMIT_TLS_TIMEOUT, "the TLS handshake timed out",
	    STEP_TLS },
	{ "request not taken", HTTP, { { 0 } }, 9, true, CONN_WRITING,
	    "sending", LIMIT_REQUEST_TIMEOUT,
	    "the request was not taken in time", STEP_ANSWER },
	{ "request taken in part", HTTP, { TAKE(LARGE / 2) }, 9, true,
	    CONN_WRITING, "sending", LIMIT_REQUEST_TIMEOUT,
	    "the request was not taken in time", STEP_ANSWER },
	{ "request not taken, TLS", HTTPS, { { 0 } }, 9, true, CONN_WRITING,
	    "sending", LIMIT_REQUEST_TIMEOUT,
	    "the request was not taken in time", STEP_ANSWER },
	{ "request not taken, TLS in TLS", TLS_PROXY_HTTPS, { { 0 } }, 9, true,
	    CONN_WRITING, "sending", LIMIT_REQUEST_TIMEOUT,
	    "the request was not taken in time", STEP_ANSWER },
	{ "request not taken, but answered in part", HTTP,
	    { SAY("HTTP/1.1 103 x\r\n\r\nHTTP/1.1 413") }, 9, true,
	    CONN_WRITING, "sending", LIMIT_REQUEST_TIMEOUT,
	    "the request was not taken in time", STEP_ANSWER },
	{ "no answer", HTTP, { TAKEN }, 9, false, CONN_READING,
	    "awaiting answer", LIMIT_REPLY_TIMEOUT, "no whole answer in time",
	    STEP_ANSWER },
	{ "half an answer", HTTPS,
	    { TAKEN, SAY("HTTP/1.1 200 OK\r\nA: b\r\n") }, 9, false,
	    CONN_READING, "awaiting answer", LIMIT_REPLY_TIMEOUT,
	    "no whole answer in time", STEP_ANSWER },
	{ "half a body", SOCKS_HTTPS,
	    { TAKEN, SAY("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n1234") },
	    9, false, CONN_READING, "awaiting answer", LIMIT_REPLY_TIMEOUT,
	    "no whole answer in time", STEP_ANSWER },
	{ "hints only", PROXY_HTTP, { TAKEN, SAY("HTTP/1.1 103 x\r\n\r\n") }, 9,
	    false, CONN_READING, "awaiting answer", LIMIT_REPLY_TIMEOUT,
	    "no whole answer in time", STEP_ANSWER },
};

static void
test_late(void **state)
{
	const struct late_case *c;
	struct fixture x;

	(void)state;
	for (c = lates; c < lates + COUNT(lates); c++) {
		open_at(&x, c->name, c->way, c->steps, c->large, c->then);
		UNTIL(&x, x.n_peers == 1 && peer_is_through(x.peers[0]));
		turn_often(&x);
		check_state(&x, c->state);
		assert_string_equal(conn_state_name(x.conn), c->state_name);
		pass(&x, c->limit * 1000 - 1);
		if (x.done != 0)
			fail_msg("%s: too early: %s", c->name, x.text);
		pass(&x, 1);
		check_failed(&x, c->why, c->step);
		pass(&x, 600 * 1000);
		assert_int_equal(x.done, 1);
		teardown(&x);
	}
}

/* A byte now and then gives no more time, neither to take a request nor to
 * answer it. */
static void
test_drips(void **state)
{
	static const struct peer_step take[] = { TAKE(LARGE / 100), { 0 } },
				      hint[] = { SAY("HTTP/1.1 103 x\r\n\r\n"),
					      { 0 } },
				      taken[] = { TAKEN, { 0 } };
	struct fixture x;
	int s;

	(void)state;
	open_at(&x, "drips", HTTP, 0, true, take);
	for (s = 0; s < LIMIT_REQUEST_TIMEOUT; s++) {
		UNTIL(&x, x.n_peers == 1 && peer_is_through(x.peers[0]));
		check_state(&x, CONN_WRITING);
		x.peers[0]->step = take;
		pass(&x, 1000);
	}
	check_failed(&x, "the request was not taken in time", STEP_ANSWER);
	teardown(&x);

	open_at(&x, "hints", HTTP, 0, false, taken);
	for (s = 0; s < LIMIT_REPLY_TIMEOUT; s++) {
		UNTIL(&x, x.n_peers == 1 && peer_is_through(x.peers[0]));
		turn_often(&x);
		check_state(&x, CONN_READING);
		x.peers[0]->step = hint;
		pass(&x, 1000);
	}
	check_failed(&x, "no whole answer in time", STEP_ANSWER);
	teardown(&x);
}

/* Nobody is told, and the next request has a connection of its own. */
static void
test_idle_is_not_kept_long(void **state)
{
	static const struct peer_step script[] = { TAKEN, SAY(OK), END, { 0 } };
	struct fixture x;

	(void)state;
	open_at(&x, "idle", HTTPS, 9, false, script);
	UNTIL(&x, x.done == 1);
	pass(&x, LIMIT_KEEPALIVE_IDLE * 1000 - 1);
	check_state(&x, CONN_IDLE);
	pass(&x, 1);
	check_state(&x, CONN_CLOSED);
	UNTIL(&x, peer_is_through(x.peers[0]));
	assert_int_equal(x.peers[0]->byes, 1);
	assert_int_equal(x.done, 1);
	send_request(&x);
	UNTIL(&x, x.done == 1);
	check_done(&x, 200, "hi");
	assert_int_equal(x.n_peers, 2);
	teardown(&x);
}

/* A listener whose queue is full lets nobody in, and sends nobody away. What
 * fills it is to be closed. */
static int
fill_queue(struct fixture *x)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons((uint16_t)x->port) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(listen(x->listener, 0), 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&sin, sizeof(sin)), 0);
	return fd;
}

static void
test_connect_is_late(void **state)
{
	struct fixture x;
	int way, listener, filler;

	(void)state;
	for (way = HTTP; way <= PROXY_HTTP; way++) {
		open_way(&x, ways[way].name, &ways[way]);
		filler = fill_queue(&x);
		listener = x.listener;
		x.listener = -1;
		send_request(&x);
		pass(&x, LIMIT_CONNECT_TIMEOUT * 1000 - 1);
		check_state(&x, CONN_CONNECTING);
		assert_string_equal(conn_state_name(x.conn), "connecting");
		pass(&x, 1);
		check_failed(
		    &x, "cannot connect: Connection timed out", STEP_CONNECT);
		send_request(&x);
		turn_often(&x);
		check_state(&x, CONN_CONNECTING);
		conn_free(x.conn);
		x.conn = NULL;
		pass(&x, LIMIT_CONNECT_TIMEOUT * 1000);
		assert_int_equal(x.done, 0);
		close(filler);
		x.listener = listener;
		teardown(&x);
	}
}

/* The time of an idle connection that was closed is not that of the next. */
static void
test_no_time_is_left_over(void **state)
{
	static const struct peer_step script[] = { TAKEN, SAY(OK), { 0 } },
				      end[] = { CLOSE, { 0 } };
	struct fixture x;
	int listener, filler;

	(void)state;
	open_at(&x, "left over", HTTP, 0, false, script);
	UNTIL(&x, x.done == 1);
	pass(&x, (LIMIT_KEEPALIVE_IDLE - 1) * 1000);
	x.peers[0]->step = end;
	UNTIL(&x, x.conn->state == CONN_CLOSED);
	filler = fill_queue(&x);
	listener = x.listener;
	x.listener = -1;
	send_request(&x);
	pass(&x, 1000);
	check_state(&x, CONN_CONNECTING);
	assert_int_equal(x.done, 0);
	pass(&x, (LIMIT_CONNECT_TIMEOUT - 1) * 1000);
	check_failed(&x, "cannot connect: Connection timed out", STEP_CONNECT);
	close(filler);
	x.listener = listener;
	teardown(&x);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_late),
		cmocka_unit_test(test_drips),
		cmocka_unit_test(test_idle_is_not_kept_long),
		cmocka_unit_test(test_connect_is_late),
		cmocka_unit_test(test_no_time_is_left_over),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
