/* SPDX-License-Identifier: ISC
 *
 * Links over real sockets in a directory of their own: greeting, the permit
 * table, reconnecting, and what a slow or hostile peer can and cannot do.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>
#include <event2/event.h>

#include "common/frame.h"
#include "common/limits.h"
#include "common/link.h"
#include "common/log.h"
#include "common/unixsock.h"

/* A taggerd (serves) and what its peer, a collectord, does to it. */
struct bench {
	struct event_base *base;
	char dir[64];
	char path[96];
	struct link_role server_role;
	struct link_role client_role;
	struct link_server *server;
	struct link *client;
	int raw; /* a hand-made peer */
	unsigned ups, downs, client_ups;
	unsigned processes, ends;
	uint64_t last_scan;
	unsigned pause_at; /* the process after which the server pauses */
	struct link *paused;
	bool refuse_all;
};

static bool
may_connect(uid_t uid, void *arg)
{
	const struct bench *b = arg;

	return uid == getuid() && !b->refuse_all;
}

static void
on_up(struct link *link, void *arg)
{
	(void)link;
	((struct bench *)arg)->ups++;
}

static void
on_down(struct link *link, void *arg)
{
	(void)link;
	((struct bench *)arg)->downs++;
}

static void
on_client_up(struct link *link, void *arg)
{
	(void)link;
	((struct bench *)arg)->client_ups++;
}

static void
on_process(struct link *link, const union schema_any *rec,
    const struct strview *frame, void *arg)
{
	struct bench *b = arg;

	(void)rec;
	assert_true(frame->len > FRAME_WORD);
	/* A paused link is silent. */
	assert_null(b->paused);
	if (++b->processes == b->pause_at) {
		link_pause(link);
		link_pause(link);
		b->paused = link;
	}
}

static void
on_end(struct link *link, const union schema_any *rec,
    const struct strview *frame, void *arg)
{
	struct bench *b = arg;

	(void)link;
	(void)frame;
	b->ends++;
	b->last_scan = rec->snapshot_end.scan;
}

static void
serve(struct bench *b, unsigned max_peers)
{
	int fd = unixsock_bind(b->dir, "s", getuid(), getgid());

	assert_true(fd >= 0);
	b->server = link_serve(b->base, fd, &b->server_role, max_peers);
	assert_non_null(b->server);
}

static int
setup(void **state)
{
	struct bench *b = xcalloc(1, sizeof(*b));

	strcpy(b->dir, "/tmp/test_link.XXXXXX");
	if (mkdtemp(b->dir) == NULL || unixsock_prepare_dir(b->dir) == -1)
		return -1;
	snprintf(b->path, sizeof(b->path), "%s/s", b->dir);
	b->base = event_base_new();
	b->raw = -1;
	b->server_role = (struct link_role){ .self = R_TAGGERD,
		.peer = R_COLLECTORD,
		.handlers = { [MSG_process] = on_process,
		    [MSG_snapshot_end] = on_end },
		.on_up = on_up,
		.on_down = on_down,
		.arg = b,
		.may_connect = may_connect };
	b->client_role = (struct link_role){ .self = R_COLLECTORD,
		.peer = R_TAGGERD,
		.on_up = on_client_up,
		.arg = b,
		.may_connect = may_connect };
	*state = b;
	return 0;
}

static int
teardown(void **state)
{
	struct bench *b = *state;

	link_free(b->client);
	link_server_free(b->server);
	if (b->raw != -1)
		close(b->raw);
	event_base_free(b->base);
	unlink(b->path);
	rmdir(b->dir);
	free(b);
	return 0;
}

/* Turns the loop until *counter is at least want; fails after 5 s. */
static void
wait_for(
    struct bench *b, const unsigned *counter, unsigned want, const char *what)
{
	const struct timeval step = { .tv_usec = 10000 };
	int i;

	for (i = 0; i < 500 && *counter < want; i++) {
		event_base_loopexit(b->base, &step);
		event_base_dispatch(b->base);
	}
	if (*counter < want)
		fail_msg("%s: got %u, want %u", what, *counter, want);
}

static void
turn(struct bench *b, int times)
{
	unsigned never = 0;
	const struct timeval step = { .tv_usec = 10000 };

	for (; times > 0 && never == 0; times--) {
		event_base_loopexit(b->base, &step);
		event_base_dispatch(b->base);
	}
}

static struct batch *
snapshot(uint64_t scan, unsigned processes, unsigned pad)
{
	struct batch *batch = batch_new(SNAPSHOT_FULL, scan);
	struct rec_snapshot_begin begin = {
		.kind = SNAPSHOT_FULL, .scan = scan, .processes = processes
	};
	struct rec_snapshot_end end = { .kind = SNAPSHOT_FULL, .scan = scan };
	char *bytes = xcalloc(1, pad + 1);
	struct strview arg = { bytes, pad };
	struct rec_process p = { .args = { &arg, 1 } };

	schema_encode(&batch->head, MSG_snapshot_begin, &begin);
	for (; processes > 0; processes--)
		schema_encode(&batch->frames, MSG_process, &p);
	schema_encode(&batch->frames, MSG_snapshot_end, &end);
	free(bytes);
	return batch;
}

static void
send_snapshot(struct bench *b, uint64_t scan, unsigned processes, unsigned pad)
{
	struct batch *batch = snapshot(scan, processes, pad);

	link_send_batch(b->client, batch);
	batch_unref(batch);
}

/* Connects by hand, and greets if asked to. */
static void
raw_connect(struct bench *b, bool greet)
{
	struct sockaddr_un sun;
	struct rec_hello hello = { .protocol = SCHEMA_PROTOCOL };
	struct buf frame = { 0 };

	assert_int_equal(unixsock_address(&sun, b->path), 0);
	b->raw = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(
	    connect(b->raw, (struct sockaddr *)&sun, sizeof(sun)), 0);
	if (!greet)
		return;
	schema_encode(&frame, MSG_hello, &hello);
	assert_int_equal(write(b->raw, frame.data, frame.len), frame.len);
	buf_free(&frame);
	wait_for(b, &b->ups, 1, "the greeted peer is up");
}

static void
raw_send(struct bench *b, const void *bytes, size_t len)
{
	assert_int_equal(write(b->raw, bytes, len), len);
}

static void
raw_record(struct bench *b, enum msg_type type, const void *record)
{
	struct buf frame = { 0 };

	assert_int_equal(schema_encode(&frame, type, record), 0);
	raw_send(b, frame.data, frame.len);
	buf_free(&frame);
}

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
test_snapshot_arrives_whole(void **state)
{
	struct bench *b = *state;

	serve(b, 1);
	b->client = link_connect(b->base, b->path, &b->client_role);
	wait_for(b, &b->client_ups, 1, "client up");
	send_snapshot(b, 42, 1000, 500);
	wait_for(b, &b->ends, 1, "snapshot_end");
	assert_int_equal(b->processes, 1000);
	assert_int_equal(b->last_scan, 42);
}

static void
test_connects_again(void **state)
{
	struct bench *b = *state;

	b->client = link_connect(b->base, b->path, &b->client_role);
	turn(b, 5);
	assert_false(link_is_up(b->client));
	serve(b, 1);
	wait_for(b, &b->client_ups, 1, "up after the server came");
	link_server_free(b->server);
	b->server = NULL;
	turn(b, 5);
	assert_false(link_is_up(b->client));
	assert_int_equal(b->downs, 1);
	serve(b, 1);
	wait_for(b, &b->client_ups, 2, "up again");
	send_snapshot(b, 1, 1, 1);
	wait_for(b, &b->ends, 1, "snapshot_end after a restart");
}

static void
test_a_new_peer_takes_the_place(void **state)
{
	struct bench *b = *state;

	serve(b, 1);
	raw_connect(b, true);
	b->client = link_connect(b->base, b->path, &b->client_role);
	wait_for(b, &b->client_ups, 1, "the new one is up");
	assert_int_equal(b->downs, 1);
}

static void
test_slow_reader_loses_the_oldest(void **state)
{
	struct bench *b = *state;
	struct link_stats stats;
	unsigned i;

	/* A server that never reads: the socket fills, then the queue. */
	serve(b, 1);
	b->client = link_connect(b->base, b->path, &b->client_role);
	wait_for(b, &b->client_ups, 1, "client up");
	for (i = 1; i <= 20; i++)
		send_snapshot(b, i, 40, 16000);
	link_get_stats(b->client, &stats);
	assert_int_equal(stats.dropped, 20 - 1 - LIMIT_LINK_SNAPSHOTS);
	assert_true(stats.queued < 6 * 41 * 16100);
	wait_for(b, &b->ends, 1 + LIMIT_LINK_SNAPSHOTS, "what was kept");
	assert_int_equal(b->last_scan, 20);
	turn(b, 3);
	assert_int_equal(b->ends, 1 + LIMIT_LINK_SNAPSHOTS);
}

static void
go_on(struct bench *b)
{
	struct link *link = b->paused;

	assert_non_null(link);
	b->paused = NULL;
	link_resume(link);
	link_resume(link);
}

/* In the middle of a snapshot, and of what was read at once. */
static void
test_pause(void **state)
{
	struct bench *b = *state;

	serve(b, 1);
	b->client = link_connect(b->base, b->path, &b->client_role);
	wait_for(b, &b->client_ups, 1, "client up");
	b->pause_at = 10;
	send_snapshot(b, 1, 1000, 500);
	wait_for(b, &b->processes, 10, "the first processes");
	send_snapshot(b, 2, 100, 500);
	turn(b, 10);
	assert_int_equal(b->processes, 10);
	assert_int_equal(b->ends, 0);

	/* again, by all that waits */
	b->pause_at = 999;
	go_on(b);
	wait_for(b, &b->processes, 999, "the rest but one");
	turn(b, 10);
	assert_int_equal(b->processes, 999);
	go_on(b);
	wait_for(b, &b->ends, 2, "both snapshots");
	assert_int_equal(b->processes, 1100);
	assert_int_equal(b->last_scan, 2);
}

/* All of it is there already, and nothing more comes. */
static void
test_resume_without_new_bytes(void **state)
{
	struct bench *b = *state;
	struct rec_snapshot_begin begin = { .kind = SNAPSHOT_FULL };
	struct rec_process p = { 0 };

	serve(b, 1);
	raw_connect(b, true);
	b->pause_at = 1;
	raw_record(b, MSG_snapshot_begin, &begin);
	raw_record(b, MSG_process, &p);
	raw_record(b, MSG_process, &p);
	wait_for(b, &b->processes, 1, "the first process");
	turn(b, 5);
	assert_int_equal(b->processes, 1);
	go_on(b);
	wait_for(b, &b->processes, 2, "the second process");
}

/* Whoever takes a paused peer's place is read from. */
static void
test_pause_ends_with_the_peer(void **state)
{
	struct bench *b = *state;
	struct rec_snapshot_begin begin = { .kind = SNAPSHOT_FULL };
	struct rec_process p = { 0 };

	serve(b, 1);
	raw_connect(b, true);
	b->pause_at = 1;
	raw_record(b, MSG_snapshot_begin, &begin);
	raw_record(b, MSG_process, &p);
	wait_for(b, &b->processes, 1, "a process");
	b->client = link_connect(b->base, b->path, &b->client_role);
	wait_for(b, &b->client_ups, 1, "the new one is up");
	assert_int_equal(b->downs, 1);
	b->paused = NULL; /* gone */
	send_snapshot(b, 5, 3, 1);
	wait_for(b, &b->ends, 1, "its snapshot");
	assert_int_equal(b->processes, 4);
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

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_snapshot_arrives_whole),
		T(test_connects_again),
		T(test_a_new_peer_takes_the_place),
		T(test_slow_reader_loses_the_oldest),
		T(test_pause),
		T(test_resume_without_new_bytes),
		T(test_pause_ends_with_the_peer),
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
