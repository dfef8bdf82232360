/* SPDX-License-Identifier: ISC
 *
 * Links over real sockets in a directory of their own: greeting,
 * reconnecting, and what a slow peer costs.
 */
#include "link_help.h"

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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
