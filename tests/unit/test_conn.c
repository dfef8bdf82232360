/* SPDX-License-Identifier: ISC
 *
 * Connections that work: each way to an endpoint step by step, kept ones,
 * and what becomes of one whose way changes.
 */
#include "conn_help.h"

static void
check_report(struct fixture *x, const struct way *way)
{
	const struct conn_report *r = conn_report(x->conn);
	char want[64];

	snprintf(want, sizeof(want), "127.0.0.1 port %d", x->port);
	if (strcmp(r->address, want) != 0 || r->step != STEP_ANSWER ||
	    (strncmp(r->tls, "TLSv1.3 ", 8) == 0) != way->tls)
		fail_msg("%s: got %s, step %d, TLS \"%s\"", x->name, r->address,
		    r->step, r->tls);
}

/* Two requests over one connection, which is ended in good order. */
static void
test_ways(void **state)
{
	static const struct peer_step script[] = { HEAR("POST"), TAKEN, SAY(OK),
		TAKEN, SAY(OK), END, { 0 } };
	struct fixture x;
	unsigned layers;
	int i;

	(void)state;
	for (i = 0; i < WAYS; i++) {
		open_way(&x, ways[i].name, &ways[i]);
		add_script(&x, &ways[i], script);
		assert_string_equal(conn_state_name(x.conn), "closed");
		x.again = 1;
		send_request(&x);
		assert_string_equal(conn_state_name(x.conn), "connecting");
		UNTIL(&x, x.done == 2);
		x.done--;
		check_done(&x, 200, "hi");
		check_report(&x, &ways[i]);
		turn_often(&x); /* the tickets of TLS are no word */
		assert_string_equal(conn_state_name(x.conn), "connected");
		conn_set_way(x.conn, tls, NULL);
		assert_string_equal(conn_state_name(x.conn), "closed");
		UNTIL(&x, peer_is_through(x.peers[0]));
		layers = x.peers[0]->n_layers;
		if (x.n_peers != 1 || x.peers[0]->byes != layers)
			fail_msg("%s: got %u connections, %u good-byes, want "
				 "1, %u",
			    x.name, x.n_peers, x.peers[0]->byes, layers);
		teardown(&x);
	}
}

/* What is done when a connection has come to each step of its script. */
enum at_step {
	GO_ON,
	FREE_IT,
	PEER_CLOSES,
	PEER_RESETS,
	CHANGE_WAY,
	ACTIONS,
};

static const struct peer_step ask[] = { TAKEN, SAY(OK), { 0 } };

static void
check_after(struct fixture *x, enum at_step action, bool answered)
{
	bool whole = answered || action == GO_ON || action == CHANGE_WAY;
	bool kept = action == GO_ON;

	UNTIL(x, x->done == 1);
	turn_often(x);
	if (whole)
		check_done(x, 200, "hi");
	else if (x->status != 0 || x->text[0] == '\0')
		fail_msg("%s: got %d \"%s\"", x->name, x->status, x->text);
	check_state(x, kept ? CONN_IDLE : CONN_CLOSED);
	if (x->n_peers != 1)
		fail_msg("%s: got %u connections", x->name, x->n_peers);
}

/* The peer stands still at step k until the connection does, too. */
static void
stop_at(const struct way *way, unsigned k, enum at_step action, bool *seen)
{
	static const struct peer_step ends[ACTIONS][2] = {
		[PEER_CLOSES] = { CLOSE }, [PEER_RESETS] = { RESET }
	};
	struct peer_step step;
	char name[128];
	struct fixture x;
	unsigned n;

	snprintf(name, sizeof(name), "%s, step %u, %d", way->name, k, action);
	open_way(&x, name, way);
	payload_unref(x.payload);
	x.payload = new_payload(LARGE); /* or it is sent at once */
	n = add_script(&x, way, ask);
	step = x.scripts[0][k];
	x.scripts[0][k] = (struct peer_step){ 0 };
	send_request(&x);
	seen[x.conn->state] = true;
	UNTIL(&x, x.n_peers == 1 && peer_is_through(x.peers[0]));
	turn_often(&x);
	seen[x.conn->state] = true;
	x.scripts[0][k] = step;
	if (action == CHANGE_WAY)
		conn_set_way(x.conn, tls, NULL);
	if (ends[action][0].act != PEER_HOLD)
		x.peers[0]->step = ends[action];
	if (action != FREE_IT)
		check_after(&x, action, k == n);
	teardown(&x);
}

/* Every state of every way, and what may happen in it. */
static void
test_every_step(void **state)
{
	bool seen[CONN_IDLE + 1] = { false };
	unsigned k, n, way, action;

	(void)state;
	for (way = 0; way < WAYS; way++) {
		for (n = 0; ways[way].script[n].act != PEER_HOLD; n++)
			;
		for (k = 0; k <= n + 2; k++)
			for (action = 0; action < ACTIONS; action++)
				stop_at(&ways[way], k, action, seen);
	}
	for (k = CONN_CONNECTING; k <= CONN_IDLE; k++)
		if (!seen[k])
			fail_msg("state %u was never reached", k);
}

/* Two requests after each other: on how many connections, and what becomes of
 * the second one. */
static const struct kept_case {
	const char *name;
	int way;
	const char *answer;       /* to the first */
	struct peer_step then[4]; /* of the first connection, after that */
	bool unnoticed;           /* while we do not look */
	enum conn_state between;  /* the requests */
	struct peer_step next[4]; /* of the second connection */
	unsigned connections;
	int status; /* of the second request */
	const char *text;
} kept[] = {
	{ "kept", HTTP, OK, { TAKEN, SAY(OK) }, false, CONN_IDLE, { { 0 } }, 1,
	    200, "hi" },
	{ "Connection: close", HTTP,
	    "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
	    { { 0 } }, false, CONN_CLOSED, { TAKEN, SAY(OK) }, 2, 200, "hi" },
	{ "HTTP/1.0", HTTP, "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
	    { { 0 } }, false, CONN_CLOSED, { TAKEN, SAY(OK) }, 2, 200, "hi" },
	{ "bytes behind the answer", HTTP, OK "HTTP/1.1 200 OK\r\n", { { 0 } },
	    false, CONN_CLOSED, { TAKEN, SAY(OK) }, 2, 200, "hi" },

	{ "closed", HTTP, OK, { CLOSE }, false, CONN_CLOSED, { TAKEN, SAY(OK) },
	    2, 200, "hi" },
	{ "reset", HTTP, OK, { RESET }, false, CONN_CLOSED, { TAKEN, SAY(OK) },
	    2, 200, "hi" },
	{ "a word unasked", HTTP, OK, { SAY("HTTP/1.1 408 x\r\n\r\n") }, false,
	    CONN_CLOSED, { TAKEN, SAY(OK) }, 2, 200, "hi" },
	{ "good-bye", HTTPS, OK, { BYE }, false, CONN_CLOSED,
	    { TAKEN, SAY(OK) }, 2, 200, "hi" },
	{ "cut", HTTPS, OK, { CLOSE }, false, CONN_CLOSED, { TAKEN, SAY(OK) },
	    2, 200, "hi" },

	{ "closed unnoticed", HTTP, OK, { CLOSE }, true, CONN_IDLE,
	    { TAKEN, SAY(OK) }, 2, 200, "hi" },
	{ "reset unnoticed", HTTP, OK, { RESET }, true, CONN_IDLE,
	    { TAKEN, SAY(OK) }, 2, 200, "hi" },
	{ "good-bye unnoticed", HTTPS, OK, { BYE, CLOSE }, true, CONN_IDLE,
	    { TAKEN, SAY(OK) }, 2, 200, "hi" },
	{ "cut unnoticed", HTTPS, OK, { CLOSE }, true, CONN_IDLE,
	    { TAKEN, SAY(OK) }, 2, 200, "hi" },
	{ "unnoticed by TLS to the proxy", TLS_PROXY_HTTPS, OK, { CLOSE }, true,
	    CONN_IDLE, { TAKEN, SAY(OK) }, 2, 200, "hi" },
	{ "closed behind the request", HTTP, OK, { TAKEN, CLOSE }, false,
	    CONN_IDLE, { TAKEN, SAY(OK) }, 2, 200, "hi" },
	{ "closed unnoticed, and again", HTTP, OK, { CLOSE }, true, CONN_IDLE,
	    { TAKEN, CLOSE }, 2, 0, "the connection ended without an answer" },

	{ "closed in the answer", HTTP, OK, { TAKEN, SAY("HTTP/1.1 2"), CLOSE },
	    false, CONN_IDLE, { { 0 } }, 1, 0,
	    "the connection ended within the answer" },
	{ "closed behind a hint", HTTP, OK,
	    { TAKEN, SAY("HTTP/1.1 103 x\r\n\r\n"), CLOSE }, false, CONN_IDLE,
	    { { 0 } }, 1, 0, "the connection ended within the answer" },
	{ "garbage for an answer", HTTP, OK, { TAKEN, SAY("lo\r\n") }, false,
	    CONN_IDLE, { { 0 } }, 1, 0, "the answer is not HTTP/1" },
};

/* Opens the way, with one request answered; what follows comes with the next
 * turn. */
static void
open_kept(struct fixture *x, const struct kept_case *c)
{
	struct peer_step first[] = { TAKEN,
		STEP(PEER_SAY, c->answer, strlen(c->answer)), { 0 } };
	unsigned n;

	open_way(x, c->name, &ways[c->way]);
	n = add_script(x, &ways[c->way], first);
	add_script(x, &ways[c->way], c->next);
	send_request(x);
	UNTIL(x, x->done == 1);
	if (x->status != 200)
		fail_msg("%s: got \"%s\"", c->name, x->text);
	append(x->scripts[0], n, c->then);
}

static void
test_kept(void **state)
{
	const struct kept_case *c;
	struct fixture x;

	(void)state;
	for (c = kept; c < kept + COUNT(kept); c++) {
		open_kept(&x, c);
		if (c->unnoticed)
			while (turn_peers(&x))
				;
		else
			turn_often(&x);
		check_state(&x, c->between);
		send_request(&x);
		UNTIL(&x, x.done == 1);
		turn_often(&x);
		check_done(&x, c->status, c->text);
		if (x.n_peers != c->connections)
			fail_msg("%s: got %u connections, want %u", c->name,
			    x.n_peers, c->connections);
		teardown(&x);
	}
}

/* Whoever is late has not closed unnoticed: it is not asked again. */
static void
test_kept_and_late(void **state)
{
	const struct kept_case *c = &kept[0];
	struct fixture x;

	(void)state;
	open_kept(&x, c);
	x.scripts[0][3] = (struct peer_step){ 0 };
	send_request(&x);
	turn_often(&x);
	pass(&x, LIMIT_REPLY_TIMEOUT * 1000);
	check_done(&x, 0, "no whole answer in time");
	assert_int_equal(x.n_peers, 1);
	teardown(&x);
}

/* Several requests from the callback, each on a connection of its own. */
static void
test_again_from_the_callback(void **state)
{
	static const struct peer_step script[] = { TAKEN,
		SAY("HTTP/1.1 503 x\r\n\r\n"), CLOSE, { 0 } };
	struct fixture x;

	(void)state;
	open_way(&x, "again", &ways[HTTP]);
	add_script(&x, &ways[HTTP], script);
	x.again = 3;
	send_request(&x);
	UNTIL(&x, x.done == 4);
	assert_int_equal(x.status, 503);
	assert_int_equal(x.n_peers, 4);
	teardown(&x);
}

/* What stands behind an answer is none to the next request, however soon that
 * is made. */
static void
test_no_answer_in_advance(void **state)
{
	static const struct peer_step script[] = { TAKEN, SAY(OK OK), { 0 } },
				      next[] = { TAKEN,
					      SAY("HTTP/1.1 503 x\r\n\r\n"),
					      CLOSE, { 0 } };
	struct fixture x;

	(void)state;
	open_way(&x, "in advance", &ways[HTTP]);
	add_script(&x, &ways[HTTP], script);
	add_script(&x, &ways[HTTP], next);
	x.again = 1;
	send_request(&x);
	UNTIL(&x, x.done == 2);
	assert_int_equal(x.status, 503);
	assert_int_equal(x.n_peers, 2);
	teardown(&x);
}

static bool
is_resumed(struct fixture *x)
{
	send_request(x);
	UNTIL(x, x->done == 1);
	check_done(x, 200, "hi");
	turn_often(x);
	check_state(x, CONN_CLOSED);
	return strstr(conn_report(x->conn)->tls, ", resumed") != NULL;
}

/* Sessions are resumed as long as the way is the same. */
static void
test_sessions(void **state)
{
	static const struct peer_step script[] = { TAKEN, SAY(OK), BYE, CLOSE,
		{ 0 } };
	struct fixture x;
	int way;

	(void)state;
	for (way = HTTPS; way <= TLS_PROXY_HTTPS; way++) {
		if (!ways[way].tls)
			continue;
		open_way(&x, ways[way].name, &ways[way]);
		add_script(&x, &ways[way], script);
		assert_false(is_resumed(&x));
		assert_true(is_resumed(&x));
		conn_set_way(x.conn, tls, x.proxy);
		assert_false(is_resumed(&x));
		assert_true(is_resumed(&x));

		/* nor what comes of a handshake by the old way */
		conn_set_way(x.conn, tls, x.proxy);
		send_request(&x);
		conn_set_way(x.conn, tls, x.proxy);
		UNTIL(&x, x.done == 1 && x.conn->state == CONN_CLOSED);
		assert_false(is_resumed(&x));
		teardown(&x);
	}
}

/* Nor is what an old way leaves behind, and a request is not made again by a
 * way that it was not written for. */
static void
test_way_changes_at_work(void **state)
{
	static const struct peer_step then[] = { TAKEN, CLOSE, { 0 } };
	struct fixture x;

	(void)state;
	open_kept(&x, &kept[0]);
	x.scripts[0][2] = x.scripts[0][3] = (struct peer_step){ 0 };
	send_request(&x);
	conn_set_way(x.conn, tls, NULL);
	append(x.scripts[0], 2, then);
	UNTIL(&x, x.done == 1);
	check_done(&x, 0, "the connection ended without an answer");
	assert_int_equal(x.n_peers, 1);
	check_state(&x, CONN_CLOSED);
	teardown(&x);
}

/* With the next request, and not before: the proxy comes, and goes. */
static void
test_way_changes_between(void **state)
{
	struct fixture x;
	struct proxy *proxy;

	(void)state;
	open_way(&x, "direct, then by a proxy", &ways[HTTP]);
	proxy = new_proxy(&ways[SOCKS_HTTP], x.port);
	add_script(&x, &ways[HTTP], ask);
	send_request(&x);
	UNTIL(&x, x.done == 1);
	check_state(&x, CONN_IDLE);
	conn_set_way(x.conn, tls, proxy);
	proxy_unref(proxy);
	check_state(&x, CONN_CLOSED);
	x.conn->target.port = ENDPOINT_PORT; /* which the script hears of */
	add_script(&x, &ways[SOCKS_HTTP], ask);
	send_request(&x);
	UNTIL(&x, x.done == 1);
	turn_often(&x);
	check_done(&x, 200, "hi");
	check_state(&x, CONN_IDLE);
	assert_int_equal(x.n_peers, 2);
	teardown(&x);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ways),
		cmocka_unit_test(test_every_step),
		cmocka_unit_test(test_kept),
		cmocka_unit_test(test_kept_and_late),
		cmocka_unit_test(test_again_from_the_callback),
		cmocka_unit_test(test_no_answer_in_advance),
		cmocka_unit_test(test_sessions),
		cmocka_unit_test(test_way_changes_at_work),
		cmocka_unit_test(test_way_changes_between),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
