/* SPDX-License-Identifier: ISC
 *
 * Whom a link closes: who may not connect, and who does not keep to the
 * permit table.
 */
#include "link_help.h"

/* The server must have closed the peer and said this. */
static void
expect_refused(struct bench *b, const char *want)
{
	struct link_stats stats = { 0 };
	int i;

	for (i = 0; i < 300 && stats.refused == 0; i++) {
		turn(b, 1);
		link_server_get_stats(b->server, &stats);
	}
	turn(b, 2);
	link_server_get_stats(b->server, &stats);
	if (stats.refused != 1 || strcmp(stats.last_error, want) != 0)
		fail_msg("got %ju refusals, \"%s\", want 1, \"%s\"",
		    (uintmax_t)stats.refused, stats.last_error, want);
	assert_false(stats.up);
}

static void
test_wrong_uid(void **state)
{
	struct bench *b = *state;
	char want[64];

	serve(b, 1);
	b->refuse_all = true;
	raw_connect(b, false);
	snprintf(
	    want, sizeof(want), "uid %ld may not be this peer", (long)getuid());
	expect_refused(b, want);
}

static void
test_too_many_viewers(void **state)
{
	struct bench *b = *state;

	serve(b, 2);
	raw_connect(b, true);
	b->client = link_connect(b->base, b->path, &b->client_role);
	wait_for(b, &b->client_ups, 1, "second");
	raw_connect(b, false);
	turn(b, 5);
	assert_int_equal(b->ups, 2);
	assert_int_equal(b->downs, 0);
}

static void
test_impossible_length(void **state)
{
	serve(*state, 1);
	raw_connect(*state, true);
	raw_send(*state, "\xff\xff\xff\xff", 4);
	expect_refused(*state, "a frame of an impossible length");
}

static void
test_bomb(void **state)
{
	serve(*state, 1);
	raw_connect(*state, true);
	raw_send(*state, "\x05\x00\x00\x00\xdd\xff\xff\xff\xff", 9);
	expect_refused(*state, "a length larger than the frame");
}

static void
test_no_hello(void **state)
{
	struct rec_host host = { 0 };

	serve(*state, 1);
	raw_connect(*state, false);
	raw_record(*state, MSG_host, &host);
	expect_refused(
	    *state, "hello is not the first message, or not the only one");
}

static void
test_two_hellos(void **state)
{
	struct rec_hello hello = { .protocol = SCHEMA_PROTOCOL };

	serve(*state, 1);
	raw_connect(*state, true);
	raw_record(*state, MSG_hello, &hello);
	expect_refused(
	    *state, "hello is not the first message, or not the only one");
}

static void
test_version_too_far(void **state)
{
	struct rec_hello hello = { .protocol = SCHEMA_PROTOCOL + 2 };

	serve(*state, 1);
	raw_connect(*state, false);
	raw_record(*state, MSG_hello, &hello);
	expect_refused(*state, "a version too far from ours");
}

static void
test_wrong_sender(void **state)
{
	struct rec_realtime wish = { .on = true };

	serve(*state, 1);
	raw_connect(*state, true);
	raw_record(*state, MSG_realtime, &wish);
	expect_refused(*state, "a message that this peer may not send");
}

static void
test_process_out_of_snapshot(void **state)
{
	struct rec_process p = { 0 };

	serve(*state, 1);
	raw_connect(*state, true);
	raw_record(*state, MSG_process, &p);
	expect_refused(*state, "a record out of its snapshot, or too many");
}

static void
test_snapshot_in_snapshot(void **state)
{
	struct rec_snapshot_begin begin = { .kind = SNAPSHOT_FULL };

	serve(*state, 1);
	raw_connect(*state, true);
	raw_record(*state, MSG_snapshot_begin, &begin);
	raw_record(*state, MSG_snapshot_begin, &begin);
	expect_refused(*state, "a record out of its snapshot, or too many");
}

static void
test_flood(void **state)
{
	struct rec_host host = { 0 };
	uint32_t i;

	serve(*state, 1);
	raw_connect(*state, true);
	for (i = 0; i <= schema_permit(MSG_host)->rate; i++)
		raw_record(*state, MSG_host, &host);
	expect_refused(*state, "too many messages");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_wrong_uid),
		T(test_too_many_viewers),
		T(test_impossible_length),
		T(test_bomb),
		T(test_no_hello),
		T(test_two_hellos),
		T(test_version_too_far),
		T(test_wrong_sender),
		T(test_process_out_of_snapshot),
		T(test_snapshot_in_snapshot),
		T(test_flood),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
