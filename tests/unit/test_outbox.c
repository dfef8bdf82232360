/* SPDX-License-Identifier: ISC
 *
 * What taggerd keeps for shipperd, and what it drops and counts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/batch.h"
#include "taggerd/outbox.h"

static void
put(struct outbox *o, uint64_t name, size_t bytes)
{
	struct batch *batch = batch_new(SNAPSHOT_FULL, name);

	batch->mono_ns = name;
	batch->frames.len = bytes; /* nobody looks at them */
	outbox_put(o, batch);
	batch_unref(batch);
}

/* The name of what is sent now, 0 for nothing. */
static uint64_t
next(struct outbox *o)
{
	const struct batch *batch = outbox_next(o);

	return batch == NULL ? 0 : batch->mono_ns;
}

static void
test_one_at_a_time(void **state)
{
	struct outbox o = { 0 };

	(void)state;
	assert_int_equal(next(&o), 0);
	put(&o, 11, 1);
	put(&o, 12, 1);
	assert_int_equal(outbox_waiting(&o), o.bytes);
	assert_int_equal(next(&o), 11);
	assert_int_equal(outbox_waiting(&o), o.bytes / 2);
	assert_int_equal(next(&o), 0);
	outbox_taken(&o, 99); /* of another boot: says nothing */
	assert_int_equal(next(&o), 0);
	outbox_taken(&o, 11);
	assert_int_equal(next(&o), 12);
	outbox_taken(&o, 12);
	assert_int_equal(next(&o), 0);
	assert_int_equal(o.bytes, 0);
	assert_int_equal(o.dropped, 0);
}

/* What shipperd has not answered for comes again; what it has, does not. */
static void
test_again(void **state)
{
	struct outbox o = { 0 };

	(void)state;
	put(&o, 11, 1);
	put(&o, 12, 1);
	assert_int_equal(next(&o), 11);
	outbox_rewind(&o);
	assert_int_equal(next(&o), 11);
	outbox_rewind(&o);
	outbox_taken(&o, 11); /* its word was lost with the connection */
	assert_int_equal(next(&o), 12);
	outbox_clear(&o);
}

/* The oldest that waits goes, never the one under way. */
static void
test_bounds(void **state)
{
	struct outbox o = { 0 };
	uint64_t i;

	(void)state;
	put(&o, 1, 1);
	assert_int_equal(next(&o), 1);
	for (i = 2; i <= 10; i++)
		put(&o, i, 1);
	assert_int_equal(o.n, LIMIT_LINK_SNAPSHOTS);
	assert_int_equal(o.dropped, 10 - LIMIT_LINK_SNAPSHOTS);
	outbox_taken(&o, 1);
	assert_int_equal(next(&o), 10 - LIMIT_LINK_SNAPSHOTS + 2);
	put(&o, 20, LIMIT_LINK_HIGHWATER);
	assert_int_equal(o.n, 2); /* the one under way and the newest */
	outbox_clear(&o);
	assert_int_equal(o.bytes, 0);
}

static void
test_a_version_that_does_not_say(void **state)
{
	struct outbox o = { 0 };

	(void)state;
	put(&o, 1, 1);
	put(&o, 2, 1);
	assert_int_equal(next(&o), 1);
	outbox_trust(&o);
	assert_int_equal(next(&o), 2);
	outbox_trust(&o);
	assert_int_equal(o.n, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_at_a_time),
		cmocka_unit_test(test_again),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_a_version_that_does_not_say),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
