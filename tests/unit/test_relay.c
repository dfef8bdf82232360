/* SPDX-License-Identifier: ISC
 *
 * The relay: what comes out of a whole snapshot, and which ones do not come
 * out at all.
 */
#include <math.h>

#include "relay_help.h"

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scripts),
		cmocka_unit_test(test_content),
		cmocka_unit_test(test_forged_tags),
	};

	log_set_level(LOG_LEVEL_CRITICAL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
