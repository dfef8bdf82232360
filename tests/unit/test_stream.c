/* SPDX-License-Identifier: ISC
 *
 * A stream over a real connection, plain and with one and two layers of TLS:
 * what goes through, in which order, and that it may be freed at any time.
 */
#include "stream_help.h"

#define LARGE (1u << 20) /* bytes: more than the sockets take */

/* A table runs with each of these, in front of which its script stands. */
static const struct way {
	const char *name;
	unsigned layers;
	int version; /* the highest one; 0: as it is */
} ways[] = {
	{ "plain", 0, 0 },
	{ "TLS 1.2", 1, TLS1_2_VERSION },
	{ "TLS", 1, 0 },
	{ "TLS in TLS", 2, 0 },
};

/* Connects, and lets the peer go on with the script once all is secured. */
static void
open_way(
    struct fixture *x, const struct way *way, const struct peer_step *script)
{
	static const struct peer_step layers[] = { TLS, TLS, { 0 } };

	SSL_CTX_set_max_proto_version(ctx, way->version);
	connect_both(x, &layers[2 - way->layers]);
	add_layers(x, way->name, way->layers);
	UNTIL(
	    x, way->name, stream_is_secured(x->s) && peer_is_through(x->peer));
	turn_often(x); /* the tickets */
	x->peer->step = script;
	x->moved = 0;
}

static char *
make_pattern(size_t len)
{
	char *data = xcalloc(1, len);
	size_t i;

	for (i = 0; i < len; i++)
		data[i] = (char)(i * 7 + (i >> 8) + (i >> 16));
	return data;
}

static void
send_pattern(struct fixture *x, size_t len)
{
	char *data = make_pattern(len);

	evbuffer_add(stream_output(x->s), data, len);
	free(data);
	stream_send(x->s);
}

static void
check_pattern(const char *name, const char *got, size_t len, size_t want)
{
	char *data = make_pattern(want);
	bool same = len == want && memcmp(got, data, want) == 0;

	free(data);
	if (!same)
		fail_msg("%s: got %zu bytes, want %zu others", name, len, want);
}

static void
test_both_ways(void **state)
{
	static const struct peer_step script[] = { HEAR("hello"), SAY("hi"),
		HEAR("again"), SAY(", you"), { 0 } };
	struct fixture x;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(ways); i++) {
		const char *name = ways[i].name;

		open_way(&x, &ways[i], script);
		assert_int_equal(stream_ssl(x.s) != NULL, ways[i].layers > 0);
		assert_true(stream_is_sent(x.s));
		send_pattern(&x, 0);
		evbuffer_add(stream_output(x.s), "hello", 5);
		stream_send(x.s);
		UNTIL(&x, name, evbuffer_get_length(stream_input(x.s)) == 2);
		assert_true(stream_is_sent(x.s));
		evbuffer_add(stream_output(x.s), "again", 5);
		stream_send(x.s);
		UNTIL(&x, name, peer_is_through(x.peer));
		UNTIL(&x, name, evbuffer_get_length(stream_input(x.s)) == 7);
		check_input(name, &x, "hi, you");
		teardown(&x);
	}
}

/* More than the socket takes: nothing is lost, and only the last byte that
 * the kernel has makes it sent. */
static void
test_partial_writes(void **state)
{
	static const size_t sizes[] = { LARGE, 100000 }; /* bytes */
	static const struct peer_step hold[] = { { 0 } };
	struct fixture x;
	size_t i, len;

	(void)state;
	for (i = 0; i < COUNT(ways) * COUNT(sizes); i++) {
		const struct way *way = &ways[i / COUNT(sizes)];

		const struct peer_step script[] = {
			TAKE(sizes[i % COUNT(sizes)]), { 0 }
		};

		len = script[0].len;

		open_way(&x, way, hold);
		send_pattern(&x, len);
		turn_often(&x);
		assert_false(stream_is_sent(x.s));
		x.peer->step = script;
		UNTIL(&x, way->name, peer_is_through(x.peer));
		assert_true(stream_is_sent(x.s));
		check_pattern(
		    way->name, x.peer->got.data, x.peer->got.len, len);
		teardown(&x);
	}
}

/* What is to be sent before the handshake is through goes after it. */
static void
test_output_before_the_handshake(void **state)
{
	static const struct peer_step script[] = { TLS, TLS, HEAR("hello"),
		{ 0 } };
	struct fixture x;
	unsigned layers;

	(void)state;
	SSL_CTX_set_max_proto_version(ctx, 0);
	for (layers = 1; layers <= 2; layers++) {
		connect_both(&x, &script[2 - layers]);
		add_layers(&x, "early", layers);
		evbuffer_add(stream_output(x.s), "hello", 5);
		stream_send(x.s);
		assert_false(stream_is_sent(x.s));
		UNTIL(&x, "early", peer_is_through(x.peer));
		assert_true(stream_is_sent(x.s));
		teardown(&x);
	}
}

/* What the other side says is heard while it does not listen, and what comes
 * in a flood is all there. */
static void
test_input_before_output_is_out(void **state)
{
	static const struct peer_step stop[] = { SAY("stop"), { 0 } },
				      script[] = { TAKE(LARGE), { 0 } };
	char *data = make_pattern(LARGE);
	const struct peer_step flood[] = { STEP(PEER_SAY, data, LARGE), { 0 } };
	struct fixture x;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(ways); i++) {
		const char *name = ways[i].name;

		open_way(&x, &ways[i], stop);
		send_pattern(&x, LARGE);
		UNTIL(&x, name, evbuffer_get_length(stream_input(x.s)) == 4);
		check_input(name, &x, "stop");
		assert_false(stream_is_sent(x.s));
		evbuffer_drain(stream_input(x.s), 4);
		x.peer->step = flood;
		UNTIL(
		    &x, name, evbuffer_get_length(stream_input(x.s)) >= LARGE);
		check_pattern(name,
		    (char *)evbuffer_pullup(stream_input(x.s), -1),
		    evbuffer_get_length(stream_input(x.s)), LARGE);
		assert_false(stream_is_sent(x.s));
		x.peer->step = script;
		UNTIL(&x, name, stream_is_sent(x.s));
		teardown(&x);
	}
	free(data);
}

/* Makes tickets of several records. */
static int
on_ticket(SSL *ssl, void *arg)
{
	static const char data[3000];

	(void)arg;
	return SSL_SESSION_set1_ticket_appdata(
	    SSL_get0_session(ssl), data, sizeof(data));
}

static SSL_TICKET_RETURN
on_ticket_back(SSL *ssl, SSL_SESSION *session, const unsigned char *name,
    size_t len, SSL_TICKET_STATUS status, void *arg)
{
	(void)ssl;
	(void)session;
	(void)name;
	(void)len;
	(void)status;
	(void)arg;
	return SSL_TICKET_RETURN_IGNORE;
}

/* What is to be sent while a message of the lowest layer has come in part
 * waits for the rest of it. */
static void
test_output_within_a_ticket(void **state)
{
	static const struct peer_step hold[] = { { 0 } },
				      script[] = { HEAR("hello"), { 0 } };
	const ssize_t part = 1100; /* bytes: in the third record */
	struct fixture x;
	SSL *lowest;
	BIO *socket_bio;
	char *data;
	ssize_t len;
	size_t i;

	(void)state;
	SSL_CTX_set_max_send_fragment(ctx, 512);
	SSL_CTX_set_session_ticket_cb(ctx, on_ticket, on_ticket_back, NULL);
	for (i = 2; i < COUNT(ways); i++) { /* of TLS 1.3 */
		open_way(&x, &ways[i], hold);
		lowest = x.peer->layers[0];
		socket_bio = SSL_get_wbio(lowest);
		BIO_up_ref(socket_bio);
		SSL_set0_wbio(lowest, BIO_new(BIO_s_mem()));
		assert_int_equal(SSL_new_session_ticket(lowest), 1);
		assert_int_equal(SSL_do_handshake(lowest), 1);
		len = BIO_get_mem_data(SSL_get_wbio(lowest), &data);
		assert_true(len > part);
		assert_int_equal(send(x.peer->fd, data, (size_t)part, 0), part);
		turn_often(&x);
		evbuffer_add(stream_output(x.s), "hello", 5);
		stream_send(x.s);
		assert_false(stream_is_sent(x.s));
		len -= part;
		assert_int_equal(
		    send(x.peer->fd, data + part, (size_t)len, 0), len);
		SSL_set0_wbio(lowest, socket_bio);
		x.peer->step = script;
		UNTIL(&x, ways[i].name, peer_is_through(x.peer));
		assert_true(stream_is_sent(x.s));
		teardown(&x);
	}
	SSL_CTX_set_max_send_fragment(ctx, SSL3_RT_MAX_PLAIN_LENGTH);
	SSL_CTX_set_session_ticket_cb(ctx, NULL, NULL, NULL);
}

/* An answer and a reset, when both sockets are ready at once: it is read
 * before anything is written, so both are known at the first word. */
static void
test_reads_before_it_writes(void **state)
{
	static const struct peer_step hold[] = { { 0 } },
				      script[] = { SAY("no"), RESET, { 0 } };
	struct fixture x;

	(void)state;
	open_way(&x, &ways[0], hold);
	send_pattern(&x, LARGE);
	turn_often(&x);
	x.moved = 0;
	x.peer->step = script;
	UNTIL(&x, "reset", x.moved > 0);
	assert_int_equal(x.first_input, 2);
	assert_int_equal(x.first_end, STREAM_BROKEN);
	teardown(&x);
}

/* A layer on a connection that has been cut already: nothing more will come
 * that could say so. */
static void
test_layer_on_a_cut(void **state)
{
	static const struct peer_step script[] = { SAY("hi"), CLOSE, { 0 } };
	struct fixture x;
	const char *why;

	(void)state;
	open_way(&x, &ways[0], script);
	UNTIL(&x, "cut", stream_end(x.s, &why) == STREAM_CLOSED);
	stream_add_tls(x.s, tls_client_new(tls, "127.0.0.1"));
	assert_int_equal(stream_end(x.s, &why), STREAM_BROKEN);
	assert_string_equal(why, "the connection was cut in the TLS handshake");
	teardown(&x);
}

/* Who is freed by its own callback does nothing after that; half of the time
 * with output that waits, so that the socket is writable as well. */
static void
test_free_from_the_callback(void **state)
{
	static const struct peer_step scripts[][3] = { { SAY("hi") },
		{ SAY("hi"), CLOSE }, { CLOSE }, { RESET }, { FIN },
		{ RAW("garbage"), CLOSE }, { TAKE(LARGE / 2) } };
	static const struct peer_step hold[] = { { 0 } };
	struct fixture x;
	size_t i, j;
	int large;

	(void)state;
	for (i = 0; i < COUNT(ways) * 2; i++) {
		large = i % 2;
		for (j = large ? 0 : 1; j < COUNT(scripts); j++) {
			if (!large && scripts[j][0].act == PEER_TAKE)
				continue;
			open_way(&x, &ways[i / 2], hold);
			if (large)
				send_pattern(&x, LARGE);
			turn_often(&x);
			x.free_it = true;
			x.peer->step = scripts[j];
			UNTIL(&x, ways[i / 2].name, x.s == NULL);
			turn_often(&x);
			teardown(&x);
		}
	}
}

/* An end in good order, on each layer, and behind all output. */
static void
test_good_bye(void **state)
{
	static const struct peer_step script[] = { HEAR("last"), END, { 0 } };
	struct fixture x;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(ways); i++) {
		open_way(&x, &ways[i], script);
		evbuffer_add(stream_output(x.s), "the last", 8);
		stream_send(x.s);
		stream_free(x.s);
		x.s = NULL;
		UNTIL(&x, ways[i].name, peer_is_through(x.peer));
		if (x.peer->byes != ways[i].layers)
			fail_msg("%s: got %u good-byes, want %u", ways[i].name,
			    x.peer->byes, ways[i].layers);
		teardown(&x);
	}
}

/* What waits is left behind: nobody may take that for the end of it. */
static void
test_no_good_bye_in_the_middle(void **state)
{
	static const struct peer_step hold[] = { { 0 } },
				      script[] = { END, { 0 } };
	struct fixture x;
	size_t i;

	(void)state;
	for (i = 1; i < COUNT(ways); i++) {
		open_way(&x, &ways[i], hold);
		send_pattern(&x, LARGE);
		turn_often(&x);
		stream_free(x.s);
		x.s = NULL;
		x.peer->step = script;
		UNTIL(&x, ways[i].name, peer_is_through(x.peer));
		assert_true(x.peer->got.len < LARGE);
		if (x.peer->byes != 0)
			fail_msg("%s: a good-bye", ways[i].name);
		teardown(&x);
	}
	stream_free(NULL);
}

/* Who has said good-bye may still listen. */
static void
test_writes_after_their_good_bye(void **state)
{
	static const struct peer_step bye[] = { BYE, { 0 } },
				      fin[] = { FIN, { 0 } },
				      script[] = { HEAR("last"), { 0 } };
	struct fixture x;
	const char *why;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(ways); i++) {
		open_way(&x, &ways[i], ways[i].layers > 0 ? bye : fin);
		UNTIL(&x, ways[i].name, stream_end(x.s, &why) == STREAM_CLOSED);
		evbuffer_add(stream_output(x.s), "the last", 8);
		stream_send(x.s);
		x.peer->step = script;
		UNTIL(&x, ways[i].name, peer_is_through(x.peer));
		assert_true(stream_is_sent(x.s));
		teardown(&x);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_both_ways),
		cmocka_unit_test(test_partial_writes),
		cmocka_unit_test(test_output_before_the_handshake),
		cmocka_unit_test(test_output_within_a_ticket),
		cmocka_unit_test(test_input_before_output_is_out),
		cmocka_unit_test(test_reads_before_it_writes),
		cmocka_unit_test(test_layer_on_a_cut),
		cmocka_unit_test(test_free_from_the_callback),
		cmocka_unit_test(test_good_bye),
		cmocka_unit_test(test_no_good_bye_in_the_middle),
		cmocka_unit_test(test_writes_after_their_good_bye),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
