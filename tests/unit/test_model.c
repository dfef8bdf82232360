/* SPDX-License-Identifier: ISC
 *
 * Processes and containers as last seen: snapshots merged by identity, copies that
 * outlive the frames they came in, words that match.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ddproc/ctable.h"
#include "ddproc/match.h"
#include "ddproc/model.h"
#include "ddproc/record.h"
#include "ddproc/table.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static struct strview
sv(const char *s)
{
	return (struct strview){ s, (uint32_t)strlen(s) };
}

static void
begin(struct model *model, enum snapshot_kind kind, uint64_t scan)
{
	struct rec_snapshot_begin rec = {
		.kind = kind, .scan = scan, .mono_ns = scan * 1000000000
	};

	model_begin(model, &rec);
}

static int
end(struct model *model, enum snapshot_kind kind, uint64_t scan)
{
	struct rec_snapshot_end rec = { .kind = kind, .scan = scan };

	return model_end(model, &rec);
}

/* Its strings live in a buffer that is overwritten afterwards, as a frame
 * is. */
static void
put_process(struct model *model, int32_t pid, uint64_t start, const char *name)
{
	char text[32];
	struct strview args[2];
	struct rec_process rec = {
		.stat = { .pid = pid, .start_ticks = start, .rss = 1000 }
	};

	snprintf(text, sizeof(text), "%s", name);
	args[0] = sv(text);
	args[1] = sv(text);
	rec.args.v = args;
	rec.args.n = 2;
	rec.comm = sv(text);
	rec.stat.container_id = sv(text);
	model_put_process(model, &rec);
	memset(text, 'X', sizeof(text));
	memset(args, 0, sizeof(args));
}

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

/* The model's processes as "pid:start:args0:container:rss,...". */
static char *
describe(const struct model *model)
{
	struct model_view view = { 0 };
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	model_select(model, NULL, &view);
	table_sort(&view, SORT_PID, false);
	for (size_t i = 0; i < view.n; i++) {
		const struct rec_process *rec = view.v[i];
		struct strview arg = rec->args.n > 0 ? rec->args.v[0] : sv("-");

		fprintf(out, "%s%d:%llu:%.*s:%.*s:%llu", i > 0 ? "," : "",
		    rec->stat.pid, (unsigned long long)rec->stat.start_ticks,
		    (int)arg.len, arg.s, (int)rec->stat.container_id.len,
		    rec->stat.container_id.s,
		    (unsigned long long)rec->stat.rss);
	}
	fclose(out);
	model_view_free(&view);
	return text;
}

static void
expect(const struct model *model, const char *want)
{
	char *got = describe(model);
	bool same = strcmp(got, want) == 0;

	if (!same)
		print_error("got  \"%s\"\nwant \"%s\"\n", got, want);
	free(got);
	assert_true(same);
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

/* Its strings are overwritten afterwards, as a frame is. */
static void
put_container(struct model *model, const char *id, const char *name)
{
	char text[64], called[64];
	struct rec_container rec = { .stat = { .total_pct = 50 } };

	snprintf(text, sizeof(text), "%s", id);
	snprintf(called, sizeof(called), "%s", name);
	rec.stat.id = sv(text);
	rec.name = sv(called);
	model_put_container(model, &rec);
	memset(text, 'X', sizeof(text));
	memset(called, 'X', sizeof(called));
}

static void
put_container_stat(struct model *model, const char *id, float cpu)
{
	char text[64];
	struct rec_container_stat rec = { .total_pct = cpu };

	snprintf(text, sizeof(text), "%s", id);
	rec.id = sv(text);
	model_put_container_stat(model, &rec);
	memset(text, 'X', sizeof(text));
}

/* The model's containers as "id:name:cpu,...". */
static void
expect_containers(const struct model *model, const char *want)
{
	struct model_containers view = { 0 };
	char got[256] = "";
	size_t used = 0;

	model_select_containers(model, NULL, &view);
	ctable_sort(&view, CSORT_ID, false);
	for (size_t i = 0; i < view.n; i++) {
		const struct rec_container *rec = view.v[i];

		used += (size_t)snprintf(got + used, sizeof(got) - used,
		    "%s%.*s:%.*s:%.0f", i > 0 ? "," : "", (int)rec->stat.id.len,
		    rec->stat.id.s, (int)rec->name.len, rec->name.s,
		    (double)rec->stat.total_pct);
	}
	model_containers_free(&view);
	assert_string_equal(got, want);
}

static void
test_containers(void **state)
{
	struct model *model = model_new();
	struct model_summary sum;

	(void)state;
	put_container(model, "stray", "s"); /* outside a snapshot */
	put_container_stat(model, "stray", 1);
	expect_containers(model, "");
	begin(model, SNAPSHOT_FULL, 1);
	put_container(model, "aa", "web");
	put_container(model, "bb", "db");
	put_container(model, "bb", "db2"); /* twice: the last word counts */
	assert_int_equal(end(model, SNAPSHOT_FULL, 1), 0);
	expect_containers(model, "aa:web:50,bb:db2:50");

	/* Real time: bb is gone, aa moves, cc is new, dd has no name yet. */
	begin(model, SNAPSHOT_REALTIME, 2);
	put_container(model, "cc", "new");
	put_container_stat(model, "aa", 7);
	put_container_stat(model, "cc", 8);
	put_container_stat(model, "dd", 9);
	assert_int_equal(end(model, SNAPSHOT_REALTIME, 2), 0);
	expect_containers(model, "aa:web:7,cc:new:8,dd::9");
	model_summarize(model, &sum);
	assert_int_equal(sum.containers, 3);
	assert_non_null(model_find_container(model, sv("cc")));
	assert_null(model_find_container(model, sv("bb")));
	assert_null(model_find_container(model, sv("")));

	/* A snapshot that breaks off leaves nothing behind it. */
	begin(model, SNAPSHOT_REALTIME, 3);
	put_container_stat(model, "ee", 1);
	model_disconnect(model);
	begin(model, SNAPSHOT_FULL, 4);
	assert_int_equal(end(model, SNAPSHOT_FULL, 4), 0);
	expect_containers(model, "");
	model_free(model);
}

static void
test_containers_only(void **state)
{
	struct rec_snapshot_begin rec = {
		.kind = SNAPSHOT_FULL, .scan = 2, .scope = SCOPE_CONTAINERS
	};
	struct model *model = model_new();

	(void)state;
	assert_false(model_containers_only(model));
	begin(model, SNAPSHOT_FULL, 1);
	put_process(model, 1, 1, "p");
	assert_int_equal(end(model, SNAPSHOT_FULL, 1), 0);
	assert_false(model_containers_only(model));
	model_begin(model, &rec);
	put_container(model, "aa", "web");
	assert_int_equal(end(model, SNAPSHOT_FULL, 2), 0);
	assert_true(model_containers_only(model));
	expect(model, "");
	expect_containers(model, "aa:web:50");
	model_free(model);
}

static void
test_many_containers(void **state)
{
	struct model *model = model_new();
	struct model_summary sum;
	char id[16];

	(void)state;
	begin(model, SNAPSHOT_FULL, 1);
	for (unsigned i = 0; i < LIMIT_CONTAINERS + 10; i++) {
		snprintf(id, sizeof(id), "%u", i);
		put_container(model, id, "n");
	}
	assert_int_equal(end(model, SNAPSHOT_FULL, 1), 0);
	model_summarize(model, &sum);
	assert_int_equal(sum.containers, LIMIT_CONTAINERS);
	for (unsigned i = 0; i < LIMIT_CONTAINERS; i += 97) {
		snprintf(id, sizeof(id), "%u", i);
		assert_non_null(model_find_container(model, sv(id)));
	}
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

static void
test_match(void **state)
{
	static const struct {
		const char *words;
		bool want;
	} rows[] = {
		{ "", true },
		{ "   ", true },
		{ "postgres", true },
		{ "POSTGRES", true },
		{ "gres /9.", true },
		{ "/9. postgres", true },
		{ "  postgres\t/9.  ", true },
		{ "postgres mysql", false },
		{ "checkpointer", true },
		{ "postgresx", false },
		{ "1234", true },
		{ "123", false },
		{ "12345", false },
		{ "www", true },
		{ "/srv/db", true },
		{ "abcdef01", true },
		{ "role:db", true },
		{ "pg-comm", true },
		{ "\xe6\x97\xa5", true },
		{ "argument", false },
		{ "site:lab", true },
		{ "site:lab postgres", true },
		{ "site:labs", false },
		{ "web-1", true },
		{ "nginx:1.25", true },
		{ "feed0", true },
		{ "postgres namespace:web", true },
		{ "postgres namespace:db", false },
		{ "paused postgres", true },
		{ "HEALTHY", true },
		{ "health", false }, /* a state is a word, not a part */
		{ "running", false },
	};
	struct strview args[] = { sv("/usr/lib/postgresql/9.4/bin/postgres"),
		sv("Checkpointer"), sv("\xe6\x97\xa5\xe6\x9c\xac") };
	struct strview tags[] = { sv("env:prod"), sv("role:db") };
	struct rec_process rec = { .stat = { .pid = 1234,
				       .container_id = sv("abcdef0199") },
		.args = { args, COUNT(args) },
		.comm = sv("pg-comm"),
		.exe = sv("/usr/lib/postgresql/9.4/bin/postgres"),
		.cwd = sv("/srv/db"),
		.user = sv("www-data"),
		.tags = { tags, COUNT(tags) } };
	struct strview host_tag[] = { sv("site:lab") };
	struct strviews host_tags = { host_tag, 1 };
	struct strview box_tags[] = { sv("namespace:web") };
	struct rec_container box = { .stat = { .id = sv("feed0456"),
					 .state = CONTAINER_PAUSED,
					 .health = HEALTH_HEALTHY },
		.name = sv("Web-1"),
		.image = sv("lib/nginx:1.25"),
		.tags = { box_tags, 1 } };
	struct rec_process empty = { 0 };
	struct match match = { 0 };
	int failed = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		match_parse(&match, rows[i].words);
		if (match_process(&match, &rec, &box, &host_tags) ==
		    rows[i].want)
			continue;
		print_error("\"%s\": got %d, want %d\n", rows[i].words,
		    !rows[i].want, rows[i].want);
		failed++;
	}
	match_parse(&match, "x");
	assert_false(match_process(&match, &empty, NULL, &host_tags));
	match_parse(&match, "namespace:web");
	assert_false(match_process(&match, &rec, NULL, &host_tags));
	match_parse(&match, "postgres");
	match.container = sv("abcdef0199");
	assert_true(match_process(&match, &rec, NULL, &host_tags));
	match.container = sv("abcdef");
	assert_false(match_process(&match, &rec, NULL, &host_tags));
	assert_int_equal(failed, 0);
}

static void
test_match_container(void **state)
{
	static const struct {
		const char *words;
		bool want;
	} rows[] = {
		{ "", true },
		{ "web-1", true },
		{ "WEB nginx", true },
		{ "0123", true },
		{ "role:front site:lab", true },
		{ "role:back", false },
		{ "docker", false }, /* a type is no name */
		{ "dead", true },
		{ "unhealthy web", true },
		{ "healthy", false },
		{ "unknown", false },
	};
	struct strview tags[] = { sv("role:front") }, site = sv("site:lab");
	struct strviews host_tags = { &site, 1 };
	struct rec_container rec = { .stat = { .id = sv("feed0123"),
					 .state = CONTAINER_DEAD,
					 .health = HEALTH_UNHEALTHY },
		.type = sv("docker"),
		.name = sv("Web-1"),
		.image = sv("nginx"),
		.tags = { tags, 1 } };
	struct match match = { 0 };
	int failed = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		match_parse(&match, rows[i].words);
		if (match_container(&match, &rec, &host_tags) == rows[i].want)
			continue;
		print_error("\"%s\": got %d, want %d\n", rows[i].words,
		    !rows[i].want, rows[i].want);
		failed++;
	}
	assert_int_equal(failed, 0);
}

/* As many words as fit, and one that does not. */
static void
test_match_bounds(void **state)
{
	char text[LIMIT_MATCH * 4];
	struct match match = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = i % 2 == 0 ? 'a' : ' ';
	text[sizeof(text) - 1] = '\0';
	match_parse(&match, text);
	assert_int_equal(match.n, LIMIT_MATCH / 2);
	memset(text, 'a', sizeof(text) - 1);
	match_parse(&match, text);
	assert_int_equal(match.n, 1);
	assert_int_equal(match.words[0].len, LIMIT_MATCH);

	match_parse_args(&match, 0, NULL);
	assert_int_equal(match.n, 0);
	match_parse_args(
	    &match, 3, (char *[]){ "Two words", text, "past the end" });
	assert_int_equal(match.n, 3);
	assert_memory_equal(match.words[0].s, "two", 3);
	assert_int_equal(match.words[2].len, LIMIT_MATCH - 10);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_merge),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_scans),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_containers),
		cmocka_unit_test(test_containers_only),
		cmocka_unit_test(test_many_containers),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_record_dup),
		cmocka_unit_test(test_statuses),
		cmocka_unit_test(test_tags),
		cmocka_unit_test(test_broken_off),
		cmocka_unit_test(test_match),
		cmocka_unit_test(test_match_container),
		cmocka_unit_test(test_match_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
