/* SPDX-License-Identifier: ISC
 *
 * Containers as last seen, beside the processes in them.
 */
#include "model_help.h"

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_containers),
		cmocka_unit_test(test_containers_only),
		cmocka_unit_test(test_many_containers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
