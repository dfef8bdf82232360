/* SPDX-License-Identifier: ISC
 *
 * Connections that are refused, cut and lied to, by a proxy or an endpoint:
 * what is said of it, how far it came, and what is an answer all the same.
 */
#include "conn_help.h"

static void
test_connect_is_refused(void **state)
{
	struct fixture x;
	int way;

	(void)state;
	for (way = HTTP; way < WAYS; way++) {
		open_way(&x, ways[way].name, &ways[way]);
		close(x.listener);
		x.listener = -1;
		send_request(&x);
		UNTIL(&x, x.done == 1);
		check_failed(
		    &x, "cannot connect: Connection refused", STEP_CONNECT);
		assert_string_equal(conn_report(x.conn)->address, "");
		teardown(&x);
	}
}

/* An address that the kernel does not even try, before the request returns. */
static void
test_connect_fails_at_once(void **state)
{
	struct fixture x;
	int i;

	(void)state;
	open_way(&x, "broadcast", &ways[HTTP]);
	x.conn->target.host = "255.255.255.255";
	for (i = 0; i < 2; i++) {
		send_request(&x);
		check_failed(
		    &x, "cannot connect: Network is unreachable", STEP_CONNECT);
	}
	teardown(&x);
}

/* The report is of the last try, not of the last that came so far. */
static void
test_refused_after_an_answer(void **state)
{
	static const struct peer_step script[] = { TAKEN, SAY(OK), CLOSE,
		{ 0 } };
	struct fixture x;

	(void)state;
	open_at(&x, "answered, then refused", HTTP, 0, false, script);
	UNTIL(&x, x.done == 1 && x.conn->state == CONN_CLOSED);
	close(x.listener);
	x.listener = -1;
	send_request(&x);
	UNTIL(&x, x.done == 1);
	check_failed(&x, "cannot connect: Connection refused", STEP_CONNECT);
	assert_string_equal(conn_report(x.conn)->address, "");
	teardown(&x);
}

/* "localhost" has two of them, of which one is served. */
static void
test_connect_to_the_next_address(void **state)
{
	static const struct peer_step script[] = { TAKEN, SAY(OK), { 0 } };
	struct fixture x;

	(void)state;
	open_way(&x, "localhost", &ways[HTTP]);
	x.conn->target.host = "localhost";
	add_script(&x, &ways[HTTP], script);
	send_request(&x);
	UNTIL(&x, x.done == 1);
	check_done(&x, 200, "hi");
	teardown(&x);
}

#define NO_TLS     "what answers does not speak TLS (wrong version number)"
#define CUT        "the connection was cut"
#define CUT_SHAKE  CUT " in the TLS handshake"
#define CLOSED     "the connection was closed"
#define BROKE      "the connection broke: Connection reset by peer"
#define NO_ANSWER  "the connection ended without an answer"
#define CLIENT     HEAR("\x16\x03\x01")
#define HTTP_400   SAY("HTTP/1.1 400 x\r\n\r\n")
#define MORE       "it sends bytes behind its answer"
#define TOO_LARGE  "HTTP/1.1 413 x\r\nContent-Length: 2\r\n\r\nno"
#define HALF       "HTTP/1.1 413 x\r\nContent-Length: 9\r\n\r\nno"
#define HALF_CHUNK "HTTP/1.1 413 x\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nno"
#define ENDLESS    "HTTP/1.1 413 x\r\n\r\nno" /* until the connection's end */

/* What is said and done behind so many steps of a way, and what comes of it:
 * an answer, or status 0 and why. */
static const struct fail_case {
	const char *name;
	int way;
	unsigned steps;
	struct peer_step then[5];
	bool large;
	int status;
	const char *text;
	enum endpoint_step step;
} fails[] = {
	/* TLS to a proxy */
	{ "no TLS", TLS_PROXY_HTTP, 0, { CLIENT, HTTP_400 }, false, 0, NO_TLS,
	    STEP_PROXY },
	{ "closed", TLS_PROXY_HTTPS, 0, { CLIENT, CLOSE }, false, 0, CUT_SHAKE,
	    STEP_PROXY },
	{ "reset", TLS_PROXY_HTTPS, 0, { CLIENT, RESET }, false, 0, BROKE,
	    STEP_PROXY },
	{ "a word unasked", TLS_PROXY_HTTPS, 1, { SAY("hi\r\n") }, false, 0,
	    "the answer is not HTTP/1", STEP_PROXY },

	/* CONNECT */
	{ "closed", PROXY_HTTPS, 2, { CLOSE }, false, 0, CLOSED, STEP_PROXY },
	{ "reset", PROXY_HTTPS, 2, { RESET }, false, 0, BROKE, STEP_PROXY },
	{ "closed in the answer", PROXY_HTTPS, 2,
	    { SAY("HTTP/1.1 200 OK\r\n"), CLOSE }, false, 0, CLOSED,
	    STEP_PROXY },
	{ "not HTTP", PROXY_HTTPS, 2, { SAY("SSH-2.0-x\r\n") }, false, 0,
	    "the answer is not HTTP/1", STEP_PROXY },
	{ "403", PROXY_HTTPS, 2, { SAY("HTTP/1.1 403 x\r\n\r\nwhy") }, false, 0,
	    "it forbids the connection to the endpoint (status 403)",
	    STEP_PROXY },
	{ "407", PROXY_HTTPS, 2, { SAY("HTTP/1.1 407 x\r\n\r\n") }, false, 0,
	    "it wants a user and a password (status 407)", STEP_PROXY },
	{ "407 with a login", PROXY_LOGIN, 2, { SAY("HTTP/1.1 407 x\r\n\r\n") },
	    false, 0, "it refuses the user or the password (status 407)",
	    STEP_PROXY },
	{ "502", PROXY_HTTPS, 2, { SAY("HTTP/1.1 502 x\r\n\r\n") }, false, 0,
	    "it cannot reach the endpoint (status 502)", STEP_PROXY },
	{ "301", PROXY_HTTPS, 2, { SAY("HTTP/1.1 301 x\r\n\r\n") }, false, 0,
	    "it makes no connection (status 301)", STEP_PROXY },
	{ "200 and more", PROXY_HTTPS, 2,
	    { SAY("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx") }, false, 0,
	    MORE, STEP_PROXY },
	{ "a hint, 200 and the end", PROXY_HTTPS, 2,
	    { SAY("HTTP/1.1 103 x\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"), CLOSE },
	    false, 0, CUT_SHAKE, STEP_TLS },
	{ "200 and the end of its TLS", TLS_PROXY_HTTPS, 3,
	    { SAY("HTTP/1.1 200 OK\r\n\r\n"), BYE }, false, 0, CUT_SHAKE,
	    STEP_TLS },

	/* SOCKS */
	{ "closed", SOCKS_HTTP, 1, { CLOSE }, false, 0, CLOSED, STEP_PROXY },
	{ "reset", SOCKS_HTTP, 3, { RESET }, false, 0, BROKE, STEP_PROXY },
	{ "HTTP", SOCKS_HTTP, 1, { HTTP_400 }, false, 0,
	    "it does not speak SOCKS5", STEP_PROXY },
	{ "a login wanted", SOCKS_HTTP, 1, { SAY("\x05\xff") }, false, 0,
	    "it wants a user and a password", STEP_PROXY },
	{ "no login wanted", SOCKS_LOGIN, 1, { SAY("\x05\xff") }, false, 0,
	    "it takes no user and password", STEP_PROXY },
	{ "login refused", SOCKS_LOGIN, 3, { SAY("\x01\x01"), CLOSE }, false, 0,
	    "it refuses the user or the password", STEP_PROXY },
	{ "closed by the login", SOCKS_LOGIN, 3, { CLOSE }, false, 0, CLOSED,
	    STEP_PROXY },
	{ "forbidden", SOCKS_HTTPS, 3, { SAY("\x05\x02"), CLOSE }, false, 0,
	    "it forbids the connection to the endpoint", STEP_PROXY },
	{ "refused there", SOCKS_HTTPS, 3,
	    { SAY("\x05\x05\x00\x01\x00\x00\x00\x00\x00\x00") }, false, 0,
	    "it cannot connect to the endpoint: connection refused",
	    STEP_PROXY },
	{ "a reply and more", SOCKS_HTTP, 3,
	    { SAY("\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00x") }, false, 0,
	    MORE, STEP_PROXY },
	{ "a reply and the end", SOCKS_HTTPS, 3, { REPLY, CLOSE }, false, 0,
	    CUT_SHAKE, STEP_TLS },
	{ "a reply and the end, no TLS", SOCKS_HTTP, 3, { REPLY, CLOSE }, false,
	    0, NO_ANSWER, STEP_ANSWER },

	/* TLS to the endpoint */
	{ "no TLS", HTTPS, 0, { CLIENT, HTTP_400 }, false, 0, NO_TLS,
	    STEP_TLS },
	{ "no TLS", TLS_PROXY_HTTPS, 4, { CLIENT, HTTP_400 }, false, 0, NO_TLS,
	    STEP_TLS },
	{ "closed", HTTPS, 0, { CLIENT, CLOSE }, false, 0, CUT_SHAKE,
	    STEP_TLS },
	{ "closed", SOCKS_HTTPS, 4, { CLIENT, CLOSE }, false, 0, CUT_SHAKE,
	    STEP_TLS },
	{ "reset", PROXY_HTTPS, 3, { CLIENT, RESET }, false, 0, BROKE,
	    STEP_TLS },

	/* The answer */
	{ "closed", HTTP, 9, { TAKEN, CLOSE }, false, 0, NO_ANSWER,
	    STEP_ANSWER },
	{ "good-bye", HTTPS, 9, { TAKEN, BYE }, false, 0, NO_ANSWER,
	    STEP_ANSWER },
	{ "cut", HTTPS, 9, { TAKEN, CLOSE }, false, 0, CUT, STEP_ANSWER },
	{ "cut in a body without a length", HTTPS, 9,
	    { TAKEN, SAY("HTTP/1.1 200 OK\r\n\r\nhi"), CLOSE }, false, 0, CUT,
	    STEP_ANSWER },
	{ "hints", SOCKS_HTTPS, 9,
	    { TAKEN, SAY("HTTP/1.1 100 x\r\n\r\nHTTP/1.1 103 x\r\n\r\n" OK) },
	    false, 200, "hi", STEP_ANSWER },
	{ "reset in a body without a length", HTTP, 9,
	    { TAKEN, SAY("HTTP/1.1 200 OK\r\n\r\nhi"), RESET }, false, 0, BROKE,
	    STEP_ANSWER },
	{ "without a length", HTTPS, 9,
	    { TAKEN, SAY("HTTP/1.1 200 OK\r\n\r\nhi"), BYE, CLOSE }, false, 200,
	    "hi", STEP_ANSWER },
	{ "500", PROXY_HTTP, 9,
	    { TAKEN, SAY("HTTP/1.1 500 x\r\nContent-Length: 0\r\n\r\n") },
	    false, 500, "", STEP_ANSWER },

	/* before the request is out */
	{ "taken too early", HTTP, 9, { HEAR("POST"), SAY(OK) }, true, 0,
	    "it was answered before it was sent", STEP_ANSWER },
	{ "taken too early", TLS_PROXY_HTTPS, 9, { HEAR("POST"), SAY(OK) },
	    true, 0, "it was answered before it was sent", STEP_ANSWER },
	{ "refused", HTTP, 9, { HEAR("POST"), SAY(TOO_LARGE) }, true, 413, "no",
	    STEP_ANSWER },
	{ "refused, reset", HTTP, 9, { HEAR("POST"), SAY(TOO_LARGE), RESET },
	    true, 413, "no", STEP_ANSWER },
	{ "refused, closed", TLS_PROXY_HTTPS, 9,
	    { HEAR("POST"), SAY(TOO_LARGE), CLOSE }, true, 413, "no",
	    STEP_ANSWER },
	{ "refused, no length", HTTP, 9, { HEAR("POST"), SAY(ENDLESS), FIN },
	    true, 413, "no", STEP_ANSWER },
	{ "refused, no length, reset", HTTP, 9,
	    { HEAR("POST"), SAY(ENDLESS), RESET }, true, 413, "no",
	    STEP_ANSWER },
	{ "refused, a part of its body, reset", HTTP, 9,
	    { HEAR("POST"), SAY(HALF), RESET }, true, 413, "no", STEP_ANSWER },
	{ "refused, a part of its body, closed", HTTPS, 9,
	    { HEAR("POST"), SAY(HALF), CLOSE }, true, 413, "no", STEP_ANSWER },
	{ "refused, a part of its chunk", HTTP, 9,
	    { HEAR("POST"), SAY(HALF_CHUNK), FIN }, true, 413, "no",
	    STEP_ANSWER },
	{ "refused, no length, good-bye", HTTPS, 9,
	    { HEAR("POST"), SAY(ENDLESS), BYE, CLOSE }, true, 413, "no",
	    STEP_ANSWER },
};

static void
test_fails(void **state)
{
	const struct fail_case *c;
	struct fixture x;
	char name[128];

	(void)state;
	for (c = fails; c < fails + COUNT(fails); c++) {
		snprintf(
		    name, sizeof(name), "%s: %s", ways[c->way].name, c->name);
		open_at(&x, name, c->way, c->steps, c->large, c->then);
		UNTIL(&x, x.done == 1);
		turn_often(&x);
		if (c->status == 0)
			check_failed(&x, c->text, c->step);
		else
			check_done(&x, c->status, c->text);
		if (c->large) /* nothing goes behind half a request */
			check_state(&x, CONN_CLOSED);
		assert_int_equal(x.n_peers, 1);
		teardown(&x);
	}
}

/* Who is not trusted learns nothing, as a proxy or as an endpoint. */
static void
test_certificates(void **state)
{
	static const char
	    why[] = "certificate refused: self-signed certificate";
	struct tls *strict = tls_new(NULL, false, NULL, 0);
	static const struct peer_step none[] = { { 0 } };
	const struct buf *got;
	struct fixture x;
	int way;

	(void)state;
	assert_non_null(strict);
	for (way = HTTPS; way < WAYS; way++) {
		bool proxy = ways[way].scheme == CONFIG_PROXY_HTTPS;

		if (!ways[way].tls && !proxy)
			continue;
		open_way(&x, ways[way].name, &ways[way]);
		add_script(&x, &ways[way], none);
		conn_set_way(x.conn, strict, x.proxy);
		send_request(&x);
		UNTIL(&x, x.done == 1);
		turn_often(&x);
		check_failed(&x, why, proxy ? STEP_PROXY : STEP_TLS);
		got = &x.peers[0]->got;
		assert_true(got->len == 0 ||
		    memmem(got->data, got->len, "POST", 4) == NULL);
		teardown(&x);
	}
	tls_free(strict);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_connect_is_refused),
		cmocka_unit_test(test_connect_fails_at_once),
		cmocka_unit_test(test_refused_after_an_answer),
		cmocka_unit_test(test_connect_to_the_next_address),
		cmocka_unit_test(test_fails),
		cmocka_unit_test(test_certificates),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
