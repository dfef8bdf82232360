/* SPDX-License-Identifier: ISC
 *
 * The relay: what becomes of containers, those that are left out and those that
 * are looked up first.
 */
#include <math.h>

#include "common/clock.h"
#include "common/config.h"
#include "relay_help.h"
#include "taggerd/exclusion.h"

/* A store that knows container "c1", and of "pause" that it is one. */
static struct tagstore *
make_store(void)
{
	struct tagstore *store = tagstore_new();
	char *env[] = { NULL };
	struct config *config = config_load(
	    PROG_TAGGERD, "/nonexistent", env, stderr);
	struct facts *f = facts_new(), *pause = facts_new();

	tagstore_configure(
	    store, CONFIG_TAGNAMES_LIVE, exclusion_new(config, stderr));
	config_free(config);
	facts_set(&f->name, SV("web"), 64);
	facts_set_image(f, SV("nginx:1"));
	facts_add_address(f, SV("10.0.0.1"), 80, ADDRESS_TCP);
	f->state = CONTAINER_PAUSED;
	f->health = HEALTH_UNHEALTHY;
	f->created = 77;
	f->memory_request = 1 << 20;
	tagstore_put(store, TAGSTORE_DOCKER, TAGSTORE_CONTAINER, SV("c1"), f);
	pause->pause = true;
	tagstore_put(
	    store, TAGSTORE_DOCKER, TAGSTORE_CONTAINER, SV("pause"), pause);
	return store;
}

static void
send_container(struct relay *r, struct strview id)
{
	struct strview forged = SV("image_name:forged");
	struct rec_container c = { .stat = { .id = id,
				       .state = CONTAINER_RUNNING,
				       .health = HEALTH_HEALTHY,
				       .cpu_request = 5,
				       .total_pct = 12 },
		.type = SV("docker"),
		.image = SV("forged"),
		.created = 5,
		.tags = { &forged, 1 } };
	struct buf buf = { 0 };
	struct strview frame = frame_of(&buf, MSG_container, &c);
	const char *why = relay_container(r, &c, &frame);

	if (why != NULL)
		fail_msg("container %.*s: %s", (int)id.len, id.s, why);
	buf_free(&buf);
}

static void
send_container_stat(struct relay *r, struct strview id)
{
	struct rec_container_stat s = {
		.id = id, .state = CONTAINER_RUNNING, .mem_rss = 4096
	};
	struct buf buf = { 0 };
	struct strview frame = frame_of(&buf, MSG_container_stat, &s);

	assert_null(relay_container_stat(r, &s, &frame));
	buf_free(&buf);
}

static void
send_process(struct relay *r, struct strview container, bool stat)
{
	struct rec_process p = { .stat = {
				     .pid = 7, .container_id = container } };
	struct buf buf = { 0 };
	struct strview frame = frame_of(&buf,
	    stat ? MSG_process_stat : MSG_process,
	    stat ? (void *)&p.stat : (void *)&p);

	assert_null(stat ? relay_process_stat(r, &p.stat, &frame)
			 : relay_process(r, &p, &frame));
	buf_free(&buf);
}

/* Ends the snapshot. The caller owns what it returns. */
static struct batch *
finish(struct relay *r)
{
	struct rec_snapshot_end end = { .kind = r->begin.kind };
	struct batch *batch = NULL;

	assert_null(relay_end(r, &end, &batch));
	return batch;
}

static void
expect_text(const char *what, struct strview got, const char *want)
{
	if (!strview_equal(got, strview_of(want)))
		fail_msg("%s: got \"%.*s\", want \"%s\"", what, (int)got.len,
		    got.s, want);
}

static void
test_container(void **state)
{
	const struct rec_snapshot_begin begin = { .kind = SNAPSHOT_FULL,
		.containers = 2 };
	struct tagstore *store = make_store();
	struct relay r = { .sources = ada, .store = store };
	struct schema_arena *arena = schema_arena_new();
	struct rec_container *c;
	union schema_any rec;
	struct batch *batch;
	size_t at = 0;

	(void)state;
	assert_null(relay_begin(&r, &begin));
	send_container(&r, SV("c1"));
	send_container(&r, SV("c2"));
	batch = finish(&r);
	assert_int_equal(next(&batch->frames, &at, arena, &rec), MSG_container);
	c = &rec.container;
	expect_text("id", c->stat.id, "c1");
	expect_text("name", c->name, "web");
	expect_text("image", c->image, "nginx:1");
	expect_text("type", c->type, "docker");
	assert_int_equal(c->stat.state, CONTAINER_PAUSED);
	assert_int_equal(c->stat.health, HEALTH_UNHEALTHY);
	assert_int_equal(c->stat.mem_request, 1 << 20);
	assert_true(c->stat.total_pct == 12);
	assert_true(c->stat.cpu_request == 0); /* not collectord's to say */
	assert_int_equal(c->created, 77);
	assert_int_equal(c->addresses.n, 1);
	expect_text("ip", c->addresses.v[0].ip, "10.0.0.1");
	assert_int_equal(c->tags.n, 6);
	expect_text("first tag", c->tags.v[0], "container_id:c1");
	expect_text("image", c->tags.v[1], "container_image:nginx:1");
	expect_text("host tag", c->tags.v[5], "env:test");

	/* Nobody knows it: what collectord says of names is not believed. */
	assert_int_equal(next(&batch->frames, &at, arena, &rec), MSG_container);
	expect_text("id", c->stat.id, "c2");
	expect_text("image", c->image, "");
	assert_int_equal(c->created, 0);
	assert_int_equal(c->stat.state, CONTAINER_RUNNING);
	assert_int_equal(c->stat.health, HEALTH_UNKNOWN);
	assert_int_equal(c->tags.n, 2);
	expect_text("first tag", c->tags.v[0], "container_id:c2");
	batch_unref(batch);
	relay_clear(&r);
	tagstore_free(store);
	schema_arena_free(arena);
}

/* The containers that are left out are in no count, their processes stay. */
static void
exclude(enum snapshot_kind kind)
{
	const bool stat = kind == SNAPSHOT_REALTIME;
	const struct rec_snapshot_begin begin = { .kind = kind,
		.containers = stat ? 0 : 2,
		.container_stats = stat ? 2 : 0,
		.processes = stat ? 0 : 3,
		.stats = stat ? 3 : 0 };
	static const char *const ids[] = { "pause", "c1", "pause" };
	struct tagstore *store = make_store();
	struct relay r = { .sources = ada, .store = store };
	struct schema_arena *arena = schema_arena_new();
	union schema_any rec;
	struct batch *batch;
	size_t at = 0, i;

	assert_null(relay_begin(&r, &begin));
	for (i = 0; i < 2; i++)
		(stat ? send_container_stat : send_container)(
		    &r, strview_of(ids[i]));
	for (i = 0; i < 3; i++)
		send_process(&r, strview_of(ids[i]), stat);
	batch = finish(&r);
	next(&batch->head, &at, arena, &rec);
	assert_int_equal(
	    rec.snapshot_begin.containers + rec.snapshot_begin.container_stats,
	    1);
	assert_int_equal(
	    rec.snapshot_begin.processes + rec.snapshot_begin.stats, 3);
	at = 0;
	next(&batch->frames, &at, arena, &rec);
	expect_text("the one that stays",
	    stat ? rec.container_stat.id : rec.container.stat.id, "c1");
	for (i = 0; i < 3; i++) {
		next(&batch->frames, &at, arena, &rec);
		expect_text("a process's container",
		    stat ? rec.process_stat.container_id
			 : rec.process.stat.container_id,
		    i == 1 ? "c1" : "");
	}
	batch_unref(batch);
	/* In the next snapshot nothing of that is left; it was counted. */
	assert_int_equal(r.excluded.n, 0);
	assert_int_equal(r.containers, stat ? 0 : 1);
	assert_int_equal(r.left_out, stat ? 0 : 1);
	relay_clear(&r);
	tagstore_free(store);
	schema_arena_free(arena);
}

static void
test_exclusion(void **state)
{
	(void)state;
	exclude(SNAPSHOT_FULL);
	exclude(SNAPSHOT_REALTIME);
}

static unsigned asked;

static bool
on_unknown(struct strview id, struct strview pod_uid, void *arg)
{
	(void)id;
	(void)pod_uid;
	asked++;
	return *(bool *)arg;
}

/* A container that is looked up waits, and is tagged as it is known then. */
static void
test_held(void **state)
{
	const struct rec_snapshot_begin begin = { .kind = SNAPSHOT_REALTIME,
		.containers = 1,
		.container_stats = 2,
		.stats = 1 };
	bool looks = true;
	struct tagstore *store = make_store();
	struct relay r = { .sources = ada,
		.store = store,
		.on_unknown = on_unknown,
		.arg = &looks };
	struct schema_arena *arena = schema_arena_new();
	struct facts *f = facts_new();
	union schema_any rec;
	struct batch *batch;
	size_t at = 0;

	(void)state;
	asked = 0;
	assert_null(relay_begin(&r, &begin));
	send_container(&r, SV("new"));
	send_container_stat(&r, SV("new"));
	assert_int_equal(r.batch->frames.len, 0);
	assert_false(relay_has_containers(&r));
	send_container_stat(&r, SV("c1"));
	assert_true(relay_has_containers(&r));
	assert_int_equal(asked, 2);

	f->pause = true;
	tagstore_put(store, TAGSTORE_KUBELET, TAGSTORE_CONTAINER, SV("new"), f);
	relay_release(&r);
	relay_release(&r);
	send_process(&r, SV("new"), true);
	batch = finish(&r);
	next(&batch->head, &at, arena, &rec);
	assert_int_equal(rec.snapshot_begin.containers, 0);
	assert_int_equal(rec.snapshot_begin.container_stats, 1);
	at = 0;
	next(&batch->frames, &at, arena, &rec);
	expect_text("the known one", rec.container_stat.id, "c1");
	next(&batch->frames, &at, arena, &rec);
	expect_text("excluded", rec.process_stat.container_id, "");
	batch_unref(batch);
	relay_clear(&r);
	tagstore_free(store);
	schema_arena_free(arena);
}

/* Nobody releases what is held, or nobody looks. */
static void
test_not_held(void **state)
{
	const struct rec_snapshot_begin begin = {
		.kind = SNAPSHOT_FULL, .containers = 2, .processes = 1
	};
	bool looks = true;
	struct tagstore *store = make_store();
	struct relay r = { .sources = ada,
		.store = store,
		.on_unknown = on_unknown,
		.arg = &looks };
	struct batch *batch;

	(void)state;
	/* a process comes before all containers did */
	assert_null(relay_begin(&r, &begin));
	send_container(&r, SV("new"));
	send_process(&r, SV("new"), false);
	batch = finish(&r);
	assert_int_equal(r.begin.containers, 1);
	assert_int_equal(r.begin.processes, 1);
	batch_unref(batch);

	assert_null(relay_begin(&r, &begin));
	send_container(&r, SV("new"));
	batch = finish(&r);
	assert_int_equal(r.begin.containers, 1);
	batch_unref(batch);

	looks = false;
	assert_null(relay_begin(&r, &begin));
	send_container(&r, SV("new"));
	assert_true(r.batch->frames.len > 0);
	relay_clear(&r);
	tagstore_free(store);
}

/* A container keeps its pod for as long as snapshots show it, and a while
 * longer. */
static void
test_pod_of_cgroup(void **state)
{
	const struct rec_snapshot_begin begin = { .kind = SNAPSHOT_FULL,
		.containers = 1 };
	struct rec_container c = { .stat = { .id = SV("k1") },
		.pod_uid = SV("aa_bb") };
	struct tagstore *store = tagstore_new();
	struct relay r = { .sources = ada, .store = store };
	struct facts *f = facts_new();
	struct buf buf = { 0 };
	struct strview frame = frame_of(&buf, MSG_container, &c);
	uint64_t now;

	(void)state;
	facts_add_tag(f, TAG_POD, SV("web-1"));
	tagstore_put(store, TAGSTORE_KUBELET, TAGSTORE_POD, SV("aa-bb"), f);
	assert_null(relay_begin(&r, &begin));
	assert_null(relay_container(&r, &c, &frame));
	batch_unref(finish(&r));
	assert_int_equal(tagstore_find(store, SV("k1"))->tags.n, 2);
	expect_text(
	    "pod", tagstore_find(store, SV("k1"))->tags.v[1], "pod:web-1");
	/* a real-time snapshot ends nothing, the next full one does */
	r.begin.kind = SNAPSHOT_REALTIME;
	assert_null(relay_begin(&r, &r.begin));
	batch_unref(finish(&r));
	now = clock_mono_ns();
	tagstore_expire(store, now + LIMIT_TAGS_KEPT * CLOCK_NS_PER_S);
	assert_int_equal(tagstore_find(store, SV("k1"))->tags.n, 2);
	assert_null(relay_begin(&r, &begin));
	batch_unref(finish(&r));
	tagstore_expire(store, now + CLOCK_NS_PER_S);
	assert_int_equal(tagstore_find(store, SV("k1"))->tags.n, 2);
	tagstore_expire(store, now + (LIMIT_TAGS_KEPT + 1) * CLOCK_NS_PER_S);
	assert_int_equal(tagstore_find(store, SV("k1"))->tags.n, 1);
	buf_free(&buf);
	relay_clear(&r);
	tagstore_free(store);
}

static void
test_impossible_containers(void **state)
{
	static const struct rec_container table[] = {
		{ .stat = { .id = { NULL, 0 } } },
		{ .stat = { .id = SV("a b") } },
		{ .stat = { .id = SV("a\x1b") } },
		{ .stat = { .id = SV("a\0") } },
		{ .stat = { .id = SV("\xc3\xa4") } },
		{ .stat = { .id = SV("a"), .state = CONTAINER_DEAD + 1 } },
		{ .stat = { .id = SV("a"), .total_pct = NAN } },
		{ .stat = { .id = SV("a"), .cpu_usage_ns = INFINITY } },
		{ .stat = { .id = SV("a"), .net_sent_bytes = -1 } },
		{ .stat = { .id = SV("a"), .started = -1 } },
		{ .stat = { .id = SV("a") }, .type = SV("a\n") },
		{ .stat = { .id = SV("a") }, .pod_uid = SV(" ") },
	};
	const struct rec_snapshot_begin begin = { .kind = SNAPSHOT_FULL,
		.containers = 1 };
	struct tagstore *store = tagstore_new();
	struct relay r = { .sources = ada, .store = store };
	const struct strview frame = SV("x");
	const char *why;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		assert_null(relay_begin(&r, &begin));
		why = relay_container(&r, &table[i], &frame);
		if (why == NULL)
			fail_msg("row %zu: got taken, want refused", i);
		assert_null(r.batch);
	}
	tagstore_free(store);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_container),
		cmocka_unit_test(test_exclusion),
		cmocka_unit_test(test_held),
		cmocka_unit_test(test_not_held),
		cmocka_unit_test(test_pod_of_cgroup),
		cmocka_unit_test(test_impossible_containers),
	};

	log_set_level(LOG_LEVEL_CRITICAL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
