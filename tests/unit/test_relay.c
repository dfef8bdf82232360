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

#include "common/config.h"
#include "common/frame.h"
#include "common/limits.h"
#include "common/log.h"
#include "taggerd/hosttags.h"
#include "taggerd/relay.h"

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

static const struct source ada[] = {
	{ .name = "ada",
	    .on_snapshot = on_snapshot,
	    .tag_process = tag_process },
	{ 0 },
};

/* The steps of a script: b begin, p process, s stat, e end. Capitals are
 * the same with something wrong in it. */
struct script {
	const char *what;
	const char *steps;
	enum snapshot_kind kind;
	uint32_t processes;
	uint32_t stats;
	const char *want; /* why it is refused; NULL: it goes through */
};

static const struct script scripts[] = {
	{ "full", "bppe", SNAPSHOT_FULL, 2, 0, NULL },
	{ "empty", "be", SNAPSHOT_FULL, 0, 0, NULL },
	{ "fewer than announced", "bpe", SNAPSHOT_FULL, 2, 0, NULL },
	{ "real time", "bsspe", SNAPSHOT_REALTIME, 1, 2, NULL },
	{ "two, one after the other", "bpebpe", SNAPSHOT_FULL, 1, 0, NULL },
	{ "kind 0", "b", 0, 0, 0, "a snapshot of an unknown kind" },
	{ "kind 3", "b", 3, 0, 0, "a snapshot of an unknown kind" },
	{ "too many announced", "b", SNAPSHOT_FULL,
	    LIMIT_SNAPSHOT_PROCESSES + 1, 0,
	    "a snapshot of too many processes" },
	{ "too many stats announced", "b", SNAPSHOT_REALTIME, 0,
	    LIMIT_SNAPSHOT_PROCESSES + 1, "a snapshot of too many processes" },
	{ "begun twice", "bb", SNAPSHOT_FULL, 1, 0,
	    "a snapshot within a snapshot" },
	{ "no begin", "p", SNAPSHOT_FULL, 1, 0,
	    "a record outside of a snapshot" },
	{ "no begin, stat", "s", SNAPSHOT_REALTIME, 1, 1,
	    "a record outside of a snapshot" },
	{ "only an end", "e", SNAPSHOT_FULL, 0, 0, "the end of no snapshot" },
	{ "one too many", "bpp", SNAPSHOT_FULL, 1, 0,
	    "more records than were announced" },
	{ "one stat too many", "bss", SNAPSHOT_REALTIME, 9, 1,
	    "more records than were announced" },
	{ "stat in a full one", "bs", SNAPSHOT_FULL, 9, 9,
	    "a real-time record in a full snapshot" },
	{ "pid 0", "bP", SNAPSHOT_FULL, 1, 0,
	    "a process with impossible values" },
	{ "CPU that is no number", "bS", SNAPSHOT_REALTIME, 1, 1,
	    "a process with impossible values" },
	{ "end of another", "bpE", SNAPSHOT_FULL, 1, 0,
	    "the end of another snapshot" },
	{ "after the end", "bpep", SNAPSHOT_FULL, 1, 0,
	    "a record outside of a snapshot" },
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
		.stats = s->stats };
	struct rec_snapshot_end end = { .kind = s->kind, .scan = 7 };
	struct rec_process p = { .stat = { .pid = 42 }, .uid = 1000 };
	struct rec_process_stat st = { .pid = 42, .total_pct = 1 };
	struct strview frame;
	struct buf buf = { 0 };
	const char *why = NULL;

	switch (step) {
	case 'b':
		return relay_begin(r, &begin);
	case 'P':
		p.stat.pid = 0;
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
		why = relay_stat(r, &st, &frame);
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
	size_t i, failed = 0;
	const char *step;

	(void)state;
	for (i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
		const struct script *s = &scripts[i];
		struct relay r = { .sources = ada };
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
		relay_abort(&r);
		batch_unref(batch);
	}
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
	const struct script s = { "", "bspe", SNAPSHOT_REALTIME, 5, 5, NULL };
	struct relay r = { .sources = ada };
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
	struct relay r = { .sources = none };
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
	relay_abort(&r);
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
	struct relay r = { .sources = sources };
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scripts),
		cmocka_unit_test(test_content),
		cmocka_unit_test(test_forged_tags),
		cmocka_unit_test(test_bytes_are_bounded),
		cmocka_unit_test(test_hosttags),
	};

	log_set_level(LOG_LEVEL_CRITICAL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
