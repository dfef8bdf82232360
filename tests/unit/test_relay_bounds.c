/* SPDX-License-Identifier: ISC
 *
 * The relay: what a snapshot may take, whatever is in it.
 */
#include "common/config.h"
#include "relay_help.h"
#include "taggerd/hosttags.h"

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bytes_are_bounded),
		cmocka_unit_test(test_container_bytes_are_bounded),
		cmocka_unit_test(test_hosttags),
	};

	log_set_level(LOG_LEVEL_CRITICAL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
