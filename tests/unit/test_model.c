/* SPDX-License-Identifier: ISC
 *
 * Processes as last seen: snapshots merged by identity, copies that outlive
 * the frames they came in.
 */
#include "model_help.h"

static void
put_stat(struct model *model, int32_t pid, uint64_t start, uint64_t rss,
    const char *container)
{
	char text[32];
	struct rec_process_stat rec = {
		.pid = pid, .start_ticks = start, .rss = rss
	};

	snprintf(text, sizeof(text), "%s", container);
	rec.container_id = sv(text);
	model_put_stat(model, &rec);
	memset(text, 'X', sizeof(text));
}

static void
test_merge(void **state)
{
	struct model *model = model_new();

	(void)state;
	assert_null(model_last_scan(model));
	begin(model, SNAPSHOT_FULL, 1);
	put_process(model, 1, 10, "init");
	put_process(model, 2, 20, "sh");
	assert_int_equal(end(model, SNAPSHOT_FULL, 1), 0);
	expect(model, "1:10:init:init:1000,2:20:sh:sh:1000");

	/* Real time: 2 is gone, its pid is another's; 1 moves. */
	begin(model, SNAPSHOT_REALTIME, 2);
	put_stat(model, 1, 10, 2000, "init");
	put_process(model, 2, 21, "vi");
	put_stat(model, 2, 21, 3000, "vi");
	assert_int_equal(end(model, SNAPSHOT_REALTIME, 2), 0);
	expect(model, "1:10:init:init:2000,2:21:vi:vi:3000");

	/* The container of a process changes, one is seen by its stat only. */
	begin(model, SNAPSHOT_REALTIME, 3);
	put_stat(model, 1, 10, 2500, "box");
	put_stat(model, 3, 30, 1, "");
	assert_int_equal(end(model, SNAPSHOT_REALTIME, 3), 0);
	expect(model, "1:10:init:box:2500,3:30:-::1");
	assert_true(model_find_pid(model, 3)->hidden & HIDDEN_STATUS);
	assert_false(model_find_pid(model, 1)->hidden & HIDDEN_STATUS);

	/* The next full one tells all anew. */
	begin(model, SNAPSHOT_FULL, 4);
	put_process(model, 3, 30, "cat");
	assert_int_equal(end(model, SNAPSHOT_FULL, 4), 0);
	expect(model, "3:30:cat:cat:1000");
	assert_null(model_find_pid(model, 1));
	model_free(model);
}

static void
test_order(void **state)
{
	struct model *model = model_new();

	(void)state;
	/* Records and ends outside of a snapshot, and the end of another. */
	put_process(model, 1, 1, "stray");
	put_stat(model, 1, 1, 1, "stray");
	assert_int_equal(end(model, SNAPSHOT_FULL, 1), -1);
	expect(model, "");
	begin(model, SNAPSHOT_FULL, 5);
	put_process(model, 1, 1, "a");
	assert_int_equal(end(model, SNAPSHOT_FULL, 6), -1);
	assert_int_equal(end(model, SNAPSHOT_REALTIME, 5), -1);
	assert_null(model_last_scan(model));
	assert_int_equal(end(model, SNAPSHOT_FULL, 5), 0);
	assert_int_equal(end(model, SNAPSHOT_FULL, 5), -1);

	/* One that breaks off takes nothing away. */
	begin(model, SNAPSHOT_FULL, 6);
	put_process(model, 2, 2, "b");
	model_disconnect(model);
	assert_int_equal(end(model, SNAPSHOT_FULL, 6), -1);
	assert_non_null(model_find_pid(model, 1));
	begin(model, SNAPSHOT_FULL, 7);
	put_process(model, 2, 2, "b");
	assert_int_equal(end(model, SNAPSHOT_FULL, 7), 0);
	expect(model, "2:2:b:b:1000");
	model_free(model);
}

static void
test_scans(void **state)
{
	struct model *model = model_new();
	const struct model_scan *scan;

	(void)state;
	begin(model, SNAPSHOT_FULL, 10);
	end(model, SNAPSHOT_FULL, 10);
	assert_int_equal(model_last_scan(model)->begin.scan, 10);
	assert_int_equal(model_last_scan(model)->interval_ns, 0);
	begin(model, SNAPSHOT_REALTIME, 12);
	end(model, SNAPSHOT_REALTIME, 12);
	begin(model, SNAPSHOT_REALTIME, 14);
	end(model, SNAPSHOT_REALTIME, 14);
	scan = model_last_scan(model);
	assert_int_equal(scan->begin.kind, SNAPSHOT_REALTIME);
	assert_int_equal(scan->interval_ns, 2000000000);
	begin(model, SNAPSHOT_FULL, 20);
	end(model, SNAPSHOT_FULL, 20);
	assert_int_equal(model_last_scan(model)->interval_ns, 10000000000);
	model_free(model);
}

/* Growing, sweeping and finding again, far past the first table's size. */
static void
test_many(void **state)
{
	struct model *model = model_new();
	struct model_summary sum;

	(void)state;
	begin(model, SNAPSHOT_FULL, 1);
	for (int32_t pid = 1; pid <= 20000; pid++)
		put_process(model, pid, (uint64_t)pid * 3, "p");
	assert_int_equal(end(model, SNAPSHOT_FULL, 1), 0);
	for (int32_t pid = 1; pid <= 20000; pid += 997)
		assert_non_null(model_find_pid(model, pid));
	begin(model, SNAPSHOT_REALTIME, 2);
	for (int32_t pid = 2; pid <= 20000; pid += 2)
		put_stat(model, pid, (uint64_t)pid * 3, 5, "p");
	assert_int_equal(end(model, SNAPSHOT_REALTIME, 2), 0);
	model_summarize(model, &sum);
	assert_int_equal(sum.processes, 10000);
	assert_int_equal(sum.rss, 50000);
	assert_int_equal(sum.by_state[STATE_UNKNOWN], 10000);
	assert_null(model_find_pid(model, 1));
	model_free(model);
}

static void
test_limit(void **state)
{
	struct model *model = model_new();
	struct model_summary sum;

	(void)state;
	begin(model, SNAPSHOT_FULL, 1);
	for (int32_t pid = 0; pid < (int32_t)LIMIT_SNAPSHOT_PROCESSES + 10;
	     pid++)
		put_stat(model, pid, 1, 1, "");
	assert_int_equal(end(model, SNAPSHOT_FULL, 1), 0);
	model_summarize(model, &sum);
	assert_int_equal(sum.processes, LIMIT_SNAPSHOT_PROCESSES);
	model_free(model);
}

/* Everything that a status holds outlives what it was made from. */
static void
test_record_dup(void **state)
{
	char text[] = "collectord";
	struct rec_peer peers[] = { { .name = sv(text) },
		{ .last_error = sv(text), .queued = 7 } };
	struct rec_hidden hidden[] = { { .reason = sv(text) } };
	struct rec_status rec = { .daemon = R_COLLECTORD,
		.peers = { peers, 2 },
		.hidden = { hidden, 1 },
		.skipped = { .limit = 9 },
		.note = sv(text) };
	struct rec_status *copy = record_dup(MSG_status, &rec);

	(void)state;
	memset(text, 'X', sizeof(text) - 1);
	memset(peers, 'X', sizeof(peers));
	memset(hidden, 'X', sizeof(hidden));
	assert_int_equal(copy->peers.n, 2);
	assert_memory_equal(copy->peers.v[0].name.s, "collectord", 10);
	assert_memory_equal(copy->peers.v[1].last_error.s, "collectord", 10);
	assert_int_equal(copy->peers.v[1].queued, 7);
	assert_memory_equal(copy->hidden.v[0].reason.s, "collectord", 10);
	assert_memory_equal(copy->note.s, "collectord", 10);
	assert_int_equal(copy->skipped.limit, 9);
	assert_int_equal(copy->endpoints.n, 0);
	free(copy);
}

static void
test_statuses(void **state)
{
	struct model *model = model_new();
	struct rec_status rec = { .daemon = R_SHIPPERD, .pid = 5 };
	struct rec_status stray = { .daemon = 77 };

	(void)state;
	model_put_status(model, &rec);
	rec.pid = 6;
	model_put_status(model, &rec);
	model_put_status(model, &stray);
	assert_int_equal(model_status(model, R_SHIPPERD)->pid, 6);
	assert_null(model_status(model, R_TAGGERD));
	assert_null(model_status(model, R_VIEWER));
	model_disconnect(model);
	assert_null(model_status(model, R_SHIPPERD));
	model_free(model);
}

/* A process is shown with its container's and the host's tags, each once. */
static void
test_tags(void **state)
{
	static const struct {
		const char *own, *container, *host, *want;
	} rows[] = {
		{ "a", NULL, "b", "a b " },
		{ "a", NULL, "a", "a " },
		{ "", NULL, "b", "b " },
		{ "a", NULL, "", "a " },
		{ "a", NULL, "ab", "a ab " },
		{ "a", "", "b", "a b " },
		{ "a", "c", "b", "a c b " },
		{ "a", "a", "b", "a b " },
		{ "a", "c", "c", "a c " },
		{ "", "c", "", "c " },
	};
	struct model *model = model_new();
	struct strview room[MODEL_TAGS];
	int failed = 0;

	(void)state;
	/* no host yet */
	assert_int_equal(
	    model_tags(model, &(struct strviews){ 0 }, NULL, room).n, 0);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct strview own = sv(rows[i].own), tag = sv(rows[i].host);
		struct strview in = sv(
		    rows[i].container != NULL ? rows[i].container : "");
		struct strviews tags = { &own, own.len > 0 };
		struct rec_container box = { .tags = { &in, in.len > 0 } };
		struct rec_host host = { .tags = { &tag, tag.len > 0 } };
		struct strviews all;
		char got[32] = "";

		model_put_host(model, &host);
		all = model_tags(model, &tags,
		    rows[i].container != NULL ? &box : NULL, room);
		for (uint32_t k = 0; k < all.n; k++) {
			size_t used = strlen(got);

			snprintf(got + used, sizeof(got) - used, "%.*s ",
			    (int)all.v[k].len, all.v[k].s);
		}
		if (strcmp(got, rows[i].want) == 0)
			continue;
		print_error(
		    "row %zu: got \"%s\", want \"%s\"\n", i, got, rows[i].want);
		failed++;
	}
	model_free(model);
	assert_int_equal(failed, 0);
}

/* Who breaks off in the middle of each snapshot cannot make the model grow;
 * a whole snapshot outlives the link. */
static void
test_broken_off(void **state)
{
	struct model *model = model_new();
	struct model_summary sum;

	(void)state;
	assert_false(model_has_containers(model));
	begin(model, SNAPSHOT_FULL, 1);
	put_process(model, 1, 10, "one");
	assert_int_equal(end(model, SNAPSHOT_FULL, 1), 0);
	model_disconnect(model);
	model_summarize(model, &sum);
	assert_int_equal(sum.processes, 1);
	for (int32_t i = 0; i < 100; i++) {
		begin(model, SNAPSHOT_FULL, 2);
		put_process(model, 100 + i, 10, "more");
		model_disconnect(model);
		model_summarize(model, &sum);
		assert_int_equal(sum.processes, i == 0 ? 2 : 1);
	}
	begin(model, SNAPSHOT_FULL, 3);
	put_process(model, 1, 10, "one");
	assert_int_equal(end(model, SNAPSHOT_FULL, 3), 0);
	assert_true(model_has_containers(model));
	model_free(model);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_merge),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_scans),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_record_dup),
		cmocka_unit_test(test_statuses),
		cmocka_unit_test(test_tags),
		cmocka_unit_test(test_broken_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
