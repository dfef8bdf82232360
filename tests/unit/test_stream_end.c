/* SPDX-License-Identifier: ISC
 *
 * How a stream ends, and what it says of it: by the other side in good order
 * or not, at each depth of TLS and in its handshakes.
 */
#include "stream_help.h"

/* A ClientHello is heard by its first bytes. */
#define HELLO      HEAR("\x16\x03\x01")
#define CUT        "the connection was cut"
#define CUT_SHAKE  CUT " in the TLS handshake"
#define WAS_RESET  "the connection broke: Connection reset by peer"
#define NO_TLS     "what answers does not speak TLS (wrong version number)"
#define HALF_HELLO SAY("\x16\x03\x03\x00\x7a\x02\x00\x00")
#define ALERT      SAY("\x15\x03\x03\x00\x02\x02\x28")

static const struct end_case {
	const char *name;
	unsigned layers;
	struct peer_step script[8];
	enum stream_end end;
	const char *why; /* of STREAM_BROKEN */
	const char *input;
} ends[] = {
	{ "closed", 0, { SAY("hi"), CLOSE }, STREAM_CLOSED, "", "hi" },
	{ "closed by half", 0, { SAY("hi"), FIN }, STREAM_CLOSED, "", "hi" },
	{ "closed at once", 0, { CLOSE }, STREAM_CLOSED, "", "" },
	{ "reset", 0, { SAY("hi"), RESET }, STREAM_BROKEN, WAS_RESET, "hi" },

	{ "TLS, closed", 1, { TLS, SAY("hi"), BYE, CLOSE }, STREAM_CLOSED, "",
	    "hi" },
	{ "TLS, good-bye alone", 1, { TLS, SAY("hi"), BYE }, STREAM_CLOSED, "",
	    "hi" },
	{ "TLS, good-bye and half", 1, { TLS, SAY("hi"), BYE, FIN },
	    STREAM_CLOSED, "", "hi" },
	{ "TLS, good-bye and a reset", 1, { TLS, SAY("hi"), BYE, RESET },
	    STREAM_CLOSED, "", "hi" },
	{ "TLS, good-bye and more", 1, { TLS, SAY("hi"), BYE, RAW("lo"), FIN },
	    STREAM_CLOSED, "", "hi" },
	{ "TLS, cut", 1, { TLS, SAY("hi"), CLOSE }, STREAM_BROKEN, CUT, "hi" },
	{ "TLS, cut by half", 1, { TLS, SAY("hi"), FIN }, STREAM_BROKEN, CUT,
	    "hi" },
	{ "TLS, reset", 1, { TLS, SAY("hi"), RESET }, STREAM_BROKEN, WAS_RESET,
	    "hi" },
	{ "TLS, cut in a record", 1,
	    { TLS, SAY("hi"), RAW("\x17\x03\x03\x00\x20xyz"), CLOSE },
	    STREAM_BROKEN, CUT, "hi" },
	{ "TLS, cut in a record's head", 1,
	    { TLS, SAY("hi"), RAW("\x17\x03"), FIN }, STREAM_BROKEN, CUT,
	    "hi" },
	{ "TLS, a forged record", 1,
	    { TLS, SAY("hi"),
		RAW("\x17\x03\x03\x00\x20"
		    "0123456789abcdef0123456789abcdef") },
	    STREAM_BROKEN, "decryption failed or bad record mac", "hi" },
	{ "TLS, garbage behind it", 1,
	    { TLS, SAY("hi"), RAW("HTTP/1.1 400 Bad Request\r\n\r\n") },
	    STREAM_BROKEN, NO_TLS, "hi" },

	{ "handshake: HTTP", 1,
	    { HELLO, SAY("HTTP/1.1 400 Bad Request\r\n\r\n") }, STREAM_BROKEN,
	    NO_TLS, "" },
	{ "handshake: HTTP, closed", 1,
	    { HELLO, SAY("HTTP/1.1 400 Bad Request\r\n\r\n"), CLOSE },
	    STREAM_BROKEN, NO_TLS, "" },
	{ "handshake: SSH", 1, { SAY("SSH-2.0-OpenSSH_9.2p1\r\n") },
	    STREAM_BROKEN, NO_TLS, "" },
	{ "handshake: an alert", 1, { HELLO, ALERT }, STREAM_BROKEN,
	    "sslv3 alert handshake failure", "" },
	{ "handshake: closed", 1, { HELLO, CLOSE }, STREAM_BROKEN, CUT_SHAKE,
	    "" },
	{ "handshake: closed at once", 1, { FIN }, STREAM_BROKEN, CUT_SHAKE,
	    "" },
	{ "handshake: cut", 1, { HELLO, HALF_HELLO, CLOSE }, STREAM_BROKEN,
	    CUT_SHAKE, "" },
	{ "handshake: reset", 1, { HELLO, RESET }, STREAM_BROKEN, WAS_RESET,
	    "" },

	{ "two, closed", 2, { TLS, TLS, SAY("hi"), BYE, BYE_BELOW, CLOSE },
	    STREAM_CLOSED, "", "hi" },
	{ "two, good-bye above", 2, { TLS, TLS, SAY("hi"), BYE }, STREAM_CLOSED,
	    "", "hi" },
	{ "two, good-bye above and a cut", 2,
	    { TLS, TLS, SAY("hi"), BYE, CLOSE }, STREAM_CLOSED, "", "hi" },
	{ "two, good-bye below", 2, { TLS, TLS, SAY("hi"), BYE_BELOW },
	    STREAM_BROKEN, CUT, "hi" },
	{ "two, good-bye below and the end", 2,
	    { TLS, TLS, SAY("hi"), BYE_BELOW, CLOSE }, STREAM_BROKEN, CUT,
	    "hi" },
	{ "two, cut", 2, { TLS, TLS, SAY("hi"), CLOSE }, STREAM_BROKEN, CUT,
	    "hi" },
	{ "two, reset", 2, { TLS, TLS, SAY("hi"), RESET }, STREAM_BROKEN,
	    WAS_RESET, "hi" },
	{ "two, garbage behind it", 2,
	    { TLS, TLS, SAY("hi"), RAW("HTTP/1.1 400 Bad Request\r\n\r\n") },
	    STREAM_BROKEN, NO_TLS, "hi" },
	{ "two, handshake: HTTP", 2,
	    { TLS, HELLO, SAY("HTTP/1.1 400 Bad Request\r\n\r\n") },
	    STREAM_BROKEN, NO_TLS, "" },
	{ "two, handshake: closed", 2, { TLS, HELLO, BYE, CLOSE },
	    STREAM_BROKEN, CUT_SHAKE, "" },
	{ "two, handshake: good-bye below", 2, { TLS, HELLO, BYE },
	    STREAM_BROKEN, CUT_SHAKE, "" },
	{ "two, handshake: cut", 2, { TLS, HELLO, HALF_HELLO, CLOSE },
	    STREAM_BROKEN, CUT_SHAKE, "" },
};

static void
test_ends(void **state)
{
	const struct end_case *c;
	enum stream_end end;
	struct fixture x;
	const char *why;

	(void)state;
	SSL_CTX_set_max_proto_version(ctx, 0);
	for (c = ends; c < ends + COUNT(ends); c++) {
		connect_both(&x, c->script);
		add_layers(&x, c->name, c->layers);
		UNTIL(&x, c->name, stream_end(x.s, &why) != STREAM_OPEN);
		turn_often(&x); /* and it stays so */
		end = stream_end(x.s, &why);
		if (end != c->end ||
		    (end == STREAM_BROKEN && strcmp(why, c->why) != 0))
			fail_msg("%s: got %d \"%s\", want %d \"%s\"", c->name,
			    end, why, c->end, c->why);
		check_input(c->name, &x, c->input);
		teardown(&x);
	}
}

/* It may be freed in the middle of a handshake, whichever turn that is. */
static void
test_free_in_the_handshake(void **state)
{
	static const struct peer_step script[] = { TLS, TLS, { 0 } },
				      end[] = { CLOSE, { 0 } };
	struct fixture x;
	unsigned layers, n, i;

	(void)state;
	SSL_CTX_set_max_proto_version(ctx, 0);
	for (layers = 1; layers <= 2; layers++)
		for (n = 0; n < 6; n++) {
			connect_both(&x, &script[2 - layers]);
			add_layers(&x, "handshake", layers);
			for (i = 0; i < n; i++)
				turn(&x);
			if (n % 2 == 1) {
				x.free_it = true;
				x.peer->step = end;
				UNTIL(&x, "handshake", x.s == NULL);
			}
			teardown(&x);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_free_in_the_handshake),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
