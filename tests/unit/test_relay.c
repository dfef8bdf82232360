/* SPDX-License-Identifier: ISC
 *
 * The relay: what comes out of a whole snapshot, and which ones do not come
 * out at all.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/clock.h"
#include "common/config.h"
#include "common/frame.h"
#include "common/limits.h"
#include "common/log.h"
#include "taggerd/exclusion.h"
#include "taggerd/facts.h"
#include "taggerd/hosttags.h"
#include "taggerd/relay.h"
#include "taggerd/tagstore.h"

/* A source that names everybody "ada". */
static unsigned snapshots_seen;

static void
on_snapshot(void *self)
{
	(void)self;
	snapshots_seen++;
}

static void
tag_process(void *self, struct rec_process *process, struct tagset *tags)
{
	(void)self;
	process->user = SV("ada");
	tagset_add(tags, SV("user:ada"));
}

static void
tag_container(void *self, struct tagset *tags)
{
	(void)self;
	tagset_add(tags, SV("env:test"));
}

static const struct source ada[] = {
	{ .name = "ada",
	    .on_snapshot = on_snapshot,
	    .tag_process = tag_process,
	    .tag_container = tag_container },
	{ 0 },
};

/* The steps of a script: b begin, n begin with containers only, c container,
 * t container_stat, p process, s process_stat, e end. Capitals are the same
 * with something wrong in it, Q a process in a container of a wrong id. */
struct script {
	const char *what;
	const char *steps;
	enum snapshot_kind kind;
	uint32_t processes;
	uint32_t stats;
	uint32_t containers;
	uint32_t container_stats;
	const char *want; /* why it is refused; NULL: it goes through */
};

static const struct script scripts[] = {
	{ "full", "bppe", SNAPSHOT_FULL, 2, 0, 0, 0, NULL },
	{ "empty", "be", SNAPSHOT_FULL, 0, 0, 0, 0, NULL },
	{ "fewer than announced", "bpe", SNAPSHOT_FULL, 2, 0, 0, 0, NULL },
	{ "real time", "bsspe", SNAPSHOT_REALTIME, 1, 2, 0, 0, NULL },
	{ "two, one after the other", "bpebpe", SNAPSHOT_FULL, 1, 0, 0, 0,
	    NULL },
	{ "kind 0", "b", 0, 0, 0, 0, 0, "a snapshot of an unknown kind" },
	{ "kind 3", "b", 3, 0, 0, 0, 0, "a snapshot of an unknown kind" },
	{ "too many announced", "b", SNAPSHOT_FULL,
	    LIMIT_SNAPSHOT_PROCESSES + 1, 0, 0, 0,
	    "a snapshot of too many processes" },
	{ "too many stats announced", "b", SNAPSHOT_REALTIME, 0,
	    LIMIT_SNAPSHOT_PROCESSES + 1, 0, 0,
	    "a snapshot of too many processes" },
	{ "begun twice", "bb", SNAPSHOT_FULL, 1, 0, 0, 0,
	    "a snapshot within a snapshot" },
	{ "no begin", "p", SNAPSHOT_FULL, 1, 0, 0, 0,
	    "a record outside of a snapshot" },
	{ "no begin, stat", "s", SNAPSHOT_REALTIME, 1, 1, 0, 0,
	    "a record outside of a snapshot" },
	{ "only an end", "e", SNAPSHOT_FULL, 0, 0, 0, 0,
	    "the end of no snapshot" },
	{ "one too many", "bpp", SNAPSHOT_FULL, 1, 0, 0, 0,
	    "more records than were announced" },
	{ "one stat too many", "bss", SNAPSHOT_REALTIME, 9, 1, 0, 0,
	    "more records than were announced" },
	{ "stat in a full one", "bs", SNAPSHOT_FULL, 9, 9, 0, 0,
	    "a real-time record in a full snapshot" },
	{ "pid 0", "bP", SNAPSHOT_FULL, 1, 0, 0, 0,
	    "a process with impossible values" },
	{ "a process in an id with a space", "bQ", SNAPSHOT_FULL, 1, 0, 0, 0,
	    "a process with impossible values" },
	{ "CPU that is no number", "bS", SNAPSHOT_REALTIME, 1, 1, 0, 0,
	    "a process with impossible values" },
	{ "end of another", "bpE", SNAPSHOT_FULL, 1, 0, 0, 0,
	    "the end of another snapshot" },
	{ "after the end", "bpep", SNAPSHOT_FULL, 1, 0, 0, 0,
	    "a record outside of a snapshot" },
	{ "containers first", "bccpe", SNAPSHOT_FULL, 1, 0, 2, 0, NULL },
	{ "containers only", "ncce", SNAPSHOT_FULL, 0, 0, 2, 0, NULL },
	{ "containers, real time", "bcttspe", SNAPSHOT_REALTIME, 1, 1, 1, 2,
	    NULL },
	{ "fewer containers", "bce", SNAPSHOT_FULL, 0, 0, 2, 0, NULL },
	{ "an unknown scope", "N", SNAPSHOT_FULL, 0, 0, 0, 0,
	    "a snapshot of an unknown scope" },
	{ "a container late", "bcpc", SNAPSHOT_FULL, 1, 0, 2, 0,
	    "a container behind a process" },
	{ "a container behind a stat", "bsc", SNAPSHOT_REALTIME, 1, 1, 2, 0,
	    "a container behind a process" },
	{ "a container too many", "bcc", SNAPSHOT_FULL, 1, 0, 1, 0,
	    "more records than were announced" },
	{ "a container's stat in a full one", "bt", SNAPSHOT_FULL, 1, 0, 1, 1,
	    "a real-time record in a full snapshot" },
	{ "too many containers announced", "b", SNAPSHOT_FULL, 0, 0,
	    LIMIT_CONTAINERS + 1, 0, "a snapshot of too many containers" },
	{ "too many containers' stats", "b", SNAPSHOT_REALTIME, 0, 0, 0,
	    LIMIT_CONTAINERS + 1, "a snapshot of too many containers" },
	{ "no begin, container", "c", SNAPSHOT_FULL, 0, 0, 1, 0,
	    "a record outside of a snapshot" },
	{ "an id with a space", "bC", SNAPSHOT_FULL, 0, 0, 1, 0,
	    "a container with impossible values" },
	{ "a limit that is negative", "bT", SNAPSHOT_REALTIME, 0, 0, 0, 1,
	    "a container with impossible values" },
};

static struct strview
frame_of(struct buf *buf, enum msg_type type, const void *record)
{
	buf->len = 0;
	assert_int_equal(schema_encode(buf, type, record), 0);
	return (struct strview){ buf->data, (uint32_t)buf->len };
}

/* Plays one step. A finished batch goes to *out. */
static const char *
play(struct relay *r, const struct script *s, char step, struct batch **out)
{
	struct rec_snapshot_begin begin = { .kind = s->kind,
		.scan = 7,
		.processes = s->processes,
		.stats = s->stats,
		.containers = s->containers,
		.container_stats = s->container_stats };
	struct rec_snapshot_end end = { .kind = s->kind, .scan = 7 };
	struct rec_process p = { .stat = { .pid = 42 }, .uid = 1000 };
	struct rec_process_stat st = { .pid = 42, .total_pct = 1 };
	struct rec_container c = { .stat = { .id = SV("c1") } };
	struct strview frame;
	struct buf buf = { 0 };
	const char *why = NULL;

	switch (step) {
	case 'N':
		begin.scope++;
		/* FALLTHROUGH */
	case 'n':
		begin.scope++;
		/* FALLTHROUGH */
	case 'b':
		return relay_begin(r, &begin);
	case 'C':
		c.stat.id = SV("c 1");
		/* FALLTHROUGH */
	case 'c':
		frame = frame_of(&buf, MSG_container, &c);
		why = relay_container(r, &c, &frame);
		break;
	case 'T':
		c.stat.cpu_limit = -1;
		/* FALLTHROUGH */
	case 't':
		frame = frame_of(&buf, MSG_container_stat, &c.stat);
		why = relay_container_stat(r, &c.stat, &frame);
		break;
	case 'P':
		p.stat.pid = 0;
		/* FALLTHROUGH */
	case 'Q':
		p.stat.container_id = SV("c 1");
		/* FALLTHROUGH */
	case 'p':
		frame = frame_of(&buf, MSG_process, &p);
		why = relay_process(r, &p, &frame);
		break;
	case 'S':
		st.total_pct = NAN;
		/* FALLTHROUGH */
	case 's':
		frame = frame_of(&buf, MSG_process_stat, &st);
		why = relay_process_stat(r, &st, &frame);
		break;
	case 'E':
		end.scan++;
		/* FALLTHROUGH */
	case 'e':
		batch_unref(*out);
		*out = NULL;
		why = relay_end(r, &end, out);
		break;
	}
	buf_free(&buf);
	return why;
}

static void
test_scripts(void **state)
{
	struct tagstore *store = tagstore_new();
	size_t i, failed = 0;
	const char *step;

	(void)state;
	for (i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
		const struct script *s = &scripts[i];
		struct relay r = { .sources = ada, .store = store };
		struct batch *batch = NULL;
		const char *got = NULL;

		for (step = s->steps; *step != '\0' && got == NULL; step++)
			got = play(&r, s, *step, &batch);
		if (*step != '\0' || (got == NULL) != (s->want == NULL) ||
		    (got != NULL && strcmp(got, s->want) != 0)) {
			print_error("%s: got \"%s\" before \"%s\", "
				    "want \"%s\"\n",
			    s->what, got == NULL ? "(fine)" : got, step,
			    s->want == NULL ? "(fine)" : s->want);
			failed++;
		}
		/* What is refused leaves nothing behind. */
		if (got != NULL)
			assert_null(r.batch);
		relay_clear(&r);
		batch_unref(batch);
	}
	tagstore_free(store);
	assert_int_equal(failed, 0);
}

/* Decodes the next frame of a batch. */
static int
next(const struct buf *b, size_t *at, struct schema_arena *arena,
    union schema_any *rec)
{
	const char *why = NULL;
	size_t payload = 0;
	int type;

	assert_int_equal(frame_peek((const unsigned char *)b->data + *at,
			     b->len - *at, &payload),
	    1);
	type = schema_decode(
	    b->data + *at + FRAME_WORD, payload, arena, rec, &why);
	if (type == -1)
		fail_msg("frame at %zu: %s", *at, why);
	*at += FRAME_WORD + payload;
	return type;
}

static void
test_content(void **state)
{
	const struct script s = { "", "bspe", SNAPSHOT_REALTIME, 5, 5, 0, 0,
		NULL };
	struct tagstore *store = tagstore_new();
	struct relay r = { .sources = ada, .store = store };
	struct schema_arena *arena = schema_arena_new();
	struct batch *batch = NULL;
	union schema_any rec;
	const char *step;
	size_t at = 0;

	(void)state;
	snapshots_seen = 0;
	for (step = s.steps; *step != '\0'; step++)
		assert_null(play(&r, &s, *step, &batch));
	assert_non_null(batch);
	assert_int_equal(batch->kind, SNAPSHOT_REALTIME);
	assert_int_equal(batch->scan, 7);
	assert_int_equal(snapshots_seen, 1);

	assert_int_equal(
	    next(&batch->head, &at, arena, &rec), MSG_snapshot_begin);
	assert_int_equal(at, batch->head.len);
	assert_int_equal(rec.snapshot_begin.processes, 1);
	assert_int_equal(rec.snapshot_begin.stats, 1);

	at = 0;
	assert_int_equal(
	    next(&batch->frames, &at, arena, &rec), MSG_process_stat);
	assert_int_equal(rec.process_stat.pid, 42);
	assert_int_equal(next(&batch->frames, &at, arena, &rec), MSG_process);
	assert_int_equal(rec.process.stat.pid, 42);
	assert_int_equal(rec.process.uid, 1000);
	assert_int_equal(rec.process.user.len, 3);
	assert_memory_equal(rec.process.user.s, "ada", 3);
	assert_int_equal(rec.process.tags.n, 1);
	assert_int_equal(rec.process.tags.v[0].len, 8);
	assert_memory_equal(rec.process.tags.v[0].s, "user:ada", 8);
	assert_int_equal(
	    next(&batch->frames, &at, arena, &rec), MSG_snapshot_end);
	assert_int_equal(at, batch->frames.len);
	batch_unref(batch);
	tagstore_free(store);
	schema_arena_free(arena);
}

/* What collectord says of names and tags does not count. */
static void
test_forged_tags(void **state)
{
	struct strview forged = SV("user:root");
	struct rec_process p = { .stat = { .pid = 42 },
		.user = SV("root"),
		.tags = { &forged, 1 } };
	const struct rec_snapshot_begin begin = { .kind = SNAPSHOT_FULL,
		.processes = 1 };
	static const struct source none[] = { { 0 } };
	struct tagstore *store = tagstore_new();
	struct relay r = { .sources = none, .store = store };
	struct schema_arena *arena = schema_arena_new();
	struct buf buf = { 0 };
	struct strview frame = frame_of(&buf, MSG_process, &p);
	union schema_any rec;
	size_t at = 0;

	(void)state;
	assert_null(relay_begin(&r, &begin));
	assert_null(relay_process(&r, &p, &frame));
	assert_int_equal(next(&r.batch->frames, &at, arena, &rec), MSG_process);
	assert_int_equal(rec.process.user.len, 0);
	assert_int_equal(rec.process.tags.n, 0);
	relay_clear(&r);
	tagstore_free(store);
	buf_free(&buf);
	schema_arena_free(arena);
}

/* Sends processes of `bytes` of command line until it ends; returns what
 * the batch took, or 0 if it was refused. */
static size_t
fill(const struct source *sources, uint32_t count, uint32_t bytes,
    uint32_t *untagged)
{
	const struct rec_snapshot_begin begin = { .kind = SNAPSHOT_FULL,
		.processes = count };
	const struct rec_snapshot_end end = { .kind = SNAPSHOT_FULL };
	char *text = calloc(1, bytes);
	struct strview arg = { text, bytes };
	struct rec_process p = { .stat = { .pid = 1 }, .args = { &arg, 1 } };
	struct tagstore *store = tagstore_new();
	struct relay r = { .sources = sources, .store = store };
	struct batch *batch = NULL;
	struct buf buf = { 0 };
	struct strview frame = frame_of(&buf, MSG_process, &p);
	const char *why = relay_begin(&r, &begin);
	size_t total = 0;

	for (; why == NULL && count > 0; count--)
		why = relay_process(&r, &p, &frame);
	if (why == NULL) {
		assert_null(relay_end(&r, &end, &batch));
		total = batch->head.len + batch->frames.len;
		*untagged = r.untagged;
	}
	relay_clear(&r);
	tagstore_free(store);
	batch_unref(batch);
	buf_free(&buf);
	free(text);
	return total;
}

/* However many tags there are, our readers can take the snapshot. */
static void
test_bytes_are_bounded(void **state)
{
	struct hosttags *hosttags = hosttags_new();
	struct source sources[2] = { hosttags_source(hosttags), { 0 } };
	char tag[LIMIT_TAG + 1], *v[LIMIT_TAGS];
	const struct config_list list = { v, LIMIT_TAGS };
	uint32_t untagged = 0;
	size_t i, got;

	(void)state;
	memset(tag, 'a', sizeof(tag));
	tag[LIMIT_TAG] = '\0';
	for (i = 0; i < LIMIT_TAGS; i++)
		v[i] = tag;
	hosttags_set(hosttags, &list, true);

	got = fill(sources, 1000, 100, &untagged);
	assert_true(got > 1000 * (LIMIT_TAGS * LIMIT_TAG + 100));
	assert_int_equal(untagged, 0);

	got = fill(sources, 16000, 2500, &untagged);
	if (got < LIMIT_SNAPSHOT_RECEIVE / 2 || got > LIMIT_SNAPSHOT_RECEIVE)
		fail_msg("got %zu bytes, want at most %u", got,
		    LIMIT_SNAPSHOT_RECEIVE);
	assert_true(untagged > 10000);

	assert_int_equal(fill(sources, 20000, 2500, &untagged), 0);
	hosttags_free(hosttags);
}

/* The same of containers: as many as there may be, with all the tags that
 * there may be. */
static void
test_container_bytes_are_bounded(void **state)
{
	const struct rec_snapshot_begin begin = { .kind = SNAPSHOT_FULL,
		.containers = LIMIT_CONTAINERS };
	const struct rec_snapshot_end end = { .kind = SNAPSHOT_FULL };
	struct rec_container c = { .stat = { .id = SV("c") } };
	struct tagstore *store = tagstore_new();
	struct relay r = { .sources = ada, .store = store };
	struct facts *f = facts_new();
	struct batch *batch = NULL;
	char text[LIMIT_TAG];
	struct strview frame = SV("some twenty bytes...");
	size_t i, got;

	(void)state;
	memset(text, 'x', sizeof(text));
	for (i = 0; i < LIMIT_TAGS; i++) {
		text[0] = (char)('0' + i);
		facts_add_tag(f, TAG_POD, (struct strview){ text, LIMIT_TAG });
	}
	tagstore_put(store, TAGSTORE_DOCKER, TAGSTORE_CONTAINER, SV("c"), f);
	assert_null(relay_begin(&r, &begin));
	for (i = 0; i < LIMIT_CONTAINERS; i++)
		assert_null(relay_container(&r, &c, &frame));
	assert_null(relay_end(&r, &end, &batch));
	got = batch->head.len + batch->frames.len;
	if (got < LIMIT_SNAPSHOT_RECEIVE / 4 || got > LIMIT_SNAPSHOT_RECEIVE)
		fail_msg("got %zu bytes, want at most %u", got,
		    LIMIT_SNAPSHOT_RECEIVE);
	assert_true(r.untagged > 10000);
	assert_int_equal(r.begin.containers, LIMIT_CONTAINERS);
	batch_unref(batch);
	relay_clear(&r);
	tagstore_free(store);
}

/* Too many tags, and tags too long, are cut. */
static void
test_hosttags(void **state)
{
	struct hosttags *h = hosttags_new();
	char longest[256], *v[LIMIT_TAGS + 1];
	struct config_list list = { v, LIMIT_TAGS + 1 };
	struct strviews got;
	size_t i;

	(void)state;
	memset(longest, 'a', sizeof(longest));
	memcpy(longest + LIMIT_TAG - 1, "\xc3\xa4", 2); /* across the cut */
	longest[255] = '\0';
	for (i = 0; i < LIMIT_TAGS + 1; i++)
		v[i] = longest;
	hosttags_set(h, &list, false);
	got = hosttags_list(h);
	assert_int_equal(got.n, LIMIT_TAGS);
	assert_int_equal(got.v[0].len, LIMIT_TAG - 1);

	list.n = 0;
	hosttags_set(h, &list, false);
	assert_int_equal(hosttags_list(h).n, 0);
	hosttags_free(h);
}

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
		cmocka_unit_test(test_scripts),
		cmocka_unit_test(test_content),
		cmocka_unit_test(test_forged_tags),
		cmocka_unit_test(test_bytes_are_bounded),
		cmocka_unit_test(test_container_bytes_are_bounded),
		cmocka_unit_test(test_hosttags),
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
