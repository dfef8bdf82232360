/* SPDX-License-Identifier: ISC
 *
 * Who is owed what, in which order, and what goes when there is no room. A
 * payload's length stands for its name here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "shipperd/payload.h"
#include "shipperd/queue.h"

#define A     1u /* sets of endpoints */
#define B     2u
#define NEVER 0

/* Adds a snapshot of n payloads with the names first, first + 1, ... */
static void
put(struct queue *q, enum snapshot_kind kind, size_t first, uint32_t n,
    uint32_t endpoints, uint64_t expires)
{
	struct payload *payloads[16];
	uint32_t i;

	for (i = 0; i < n; i++) {
		payloads[i] = calloc(1, sizeof(**payloads));
		payloads[i]->kind = kind;
		payloads[i]->len = first + i;
		payloads[i]->refs = 1;
	}
	queue_put(q, payloads, n, endpoints, expires, 0);
}

/* The name of the next payload for the endpoint, 0 for none. */
static size_t
peek(struct queue *q, unsigned endpoint)
{
	unsigned wait_ms;
	struct payload *p = queue_next(q, endpoint, 0, &wait_ms);

	return p == NULL ? 0 : p->len;
}

/* The same, and settles it. */
static size_t
send(struct queue *q, unsigned endpoint)
{
	unsigned wait_ms;
	struct payload *p = queue_next(q, endpoint, 0, &wait_ms);
	size_t name;

	if (p == NULL)
		return 0;
	name = p->len;
	queue_settle(q, endpoint, p);
	return name;
}

static struct queue_stats
stats(const struct queue *q)
{
	struct queue_stats s;

	queue_get_stats(q, &s);
	return s;
}

/* What the endpoint lost, whyever. */
static uint64_t
lost(const struct queue *q, unsigned endpoint)
{
	struct queue_debt debt;
	uint64_t sum = 0;
	int i;

	queue_get_debt(q, endpoint, &debt);
	for (i = 0; i < LOSSES; i++)
		sum += debt.losses.n[i];
	return sum;
}

static void
test_kept_until_all_have_it(void **state)
{
	struct queue *q = queue_new(10, 1000);

	(void)state;
	put(q, SNAPSHOT_FULL, 10, 2, A | B, NEVER);
	assert_int_equal(send(q, 0), 10);
	assert_int_equal(stats(q).payloads, 2);
	assert_int_equal(send(q, 1), 10);
	assert_int_equal(stats(q).payloads, 1);
	assert_int_equal(stats(q).bytes, 11);
	assert_int_equal(send(q, 1), 11);
	assert_int_equal(send(q, 1), 0);
	assert_int_equal(send(q, 0), 11);
	assert_int_equal(stats(q).payloads, 0);
	assert_int_equal(stats(q).bytes, 0);
	assert_int_equal(stats(q).dropped, 0);
	queue_free(q);
}

/* A begun snapshot is finished; then the newest; then the backlog, from its
 * oldest on, which a newer one overtakes at once. */
static void
test_order(void **state)
{
	struct queue *q = queue_new(10, 1000);

	(void)state;
	put(q, SNAPSHOT_FULL, 10, 2, A, NEVER);
	assert_int_equal(send(q, 0), 10);
	put(q, SNAPSHOT_FULL, 20, 2, A, NEVER);
	put(q, SNAPSHOT_FULL, 30, 2, A, NEVER);
	put(q, SNAPSHOT_FULL, 40, 2, A, NEVER);
	assert_int_equal(send(q, 0), 11);
	assert_int_equal(send(q, 0), 40);
	assert_int_equal(send(q, 0), 41);
	assert_int_equal(send(q, 0), 20);
	put(q, SNAPSHOT_FULL, 50, 1, A, NEVER);
	assert_int_equal(send(q, 0), 50);
	assert_int_equal(send(q, 0), 21);
	assert_int_equal(send(q, 0), 30);
	assert_int_equal(send(q, 0), 31);
	assert_int_equal(send(q, 0), 0);
	queue_free(q);
}

/* What was not settled comes again. */
static void
test_again(void **state)
{
	struct queue *q = queue_new(10, 1000);

	(void)state;
	put(q, SNAPSHOT_FULL, 10, 2, A, NEVER);
	assert_int_equal(peek(q, 0), 10);
	assert_int_equal(peek(q, 0), 10);
	put(q, SNAPSHOT_FULL, 20, 1, A, NEVER);
	assert_int_equal(peek(q, 0), 10);
	queue_free(q);
}

/* What fails does not hold up what is newer, nor is it forgotten. */
static void
test_put_back(void **state)
{
	struct queue *q = queue_new(10, 1000);
	unsigned wait_ms;

	(void)state;
	put(q, SNAPSHOT_FULL, 10, 2, A | B, NEVER);
	assert_int_equal(peek(q, 0), 10);
	assert_int_equal(send(q, 1), 10);
	put(q, SNAPSHOT_FULL, 20, 1, A | B, NEVER);
	queue_put_back(q, 0, queue_next(q, 0, 0, &wait_ms));
	assert_int_equal(send(q, 0), 20);
	assert_int_equal(send(q, 0), 10);
	assert_int_equal(send(q, 0), 11);
	assert_int_equal(send(q, 1), 11);
	queue_free(q);
}

static void
test_real_time(void **state)
{
	struct queue *q = queue_new(10, 1000);

	(void)state;
	put(q, SNAPSHOT_FULL, 10, 1, A, NEVER);
	put(q, SNAPSHOT_REALTIME, 20, 1, A, 100);
	put(q, SNAPSHOT_REALTIME, 30, 1, A, 200);
	put(q, SNAPSHOT_FULL, 40, 1, A, NEVER);
	assert_int_equal(send(q, 0), 40);
	queue_expire(q, 150);
	assert_int_equal(stats(q).dropped, 1);
	assert_int_equal(lost(q, 0), 1);
	assert_int_equal(send(q, 0), 30);
	assert_int_equal(send(q, 0), 10);
	assert_int_equal(send(q, 0), 0);
	queue_free(q);
}

/* The oldest snapshot goes whole, and only for those that still want it. */
static void
test_snapshot_bound(void **state)
{
	struct queue *q = queue_new(2, 1000);

	(void)state;
	put(q, SNAPSHOT_FULL, 10, 2, A | B, NEVER);
	assert_int_equal(send(q, 0), 10);
	assert_int_equal(send(q, 0), 11);
	put(q, SNAPSHOT_FULL, 20, 1, A | B, NEVER);
	put(q, SNAPSHOT_FULL, 30, 1, A | B, NEVER);
	assert_int_equal(stats(q).payloads, 2);
	assert_int_equal(stats(q).dropped, 2);
	assert_int_equal(lost(q, 0), 0);
	assert_int_equal(lost(q, 1), 2);
	assert_int_equal(send(q, 1), 30);
	assert_int_equal(send(q, 1), 20);
	queue_free(q);
}

static void
test_byte_bound(void **state)
{
	struct queue *q = queue_new(10, 100);

	(void)state;
	put(q, SNAPSHOT_FULL, 40, 1, A, NEVER);
	put(q, SNAPSHOT_REALTIME, 30, 1, A, 100);
	put(q, SNAPSHOT_FULL, 50, 1, A, NEVER);
	assert_int_equal(stats(q).bytes, 80); /* the oldest went */
	put(q, SNAPSHOT_REALTIME, 15, 1, B, 100);
	assert_int_equal(send(q, 1), 15); /* A's backlog costs B nothing */
	put(q, SNAPSHOT_FULL, 45, 1, A, NEVER);
	assert_int_equal(stats(q).bytes, 95);
	put(q, SNAPSHOT_FULL, 200, 1, A, NEVER); /* larger than all room */
	assert_int_equal(stats(q).payloads, 0);
	assert_int_equal(stats(q).dropped, 5);
	queue_set_bounds(q, 10, 500);
	put(q, SNAPSHOT_FULL, 200, 1, A, NEVER);
	queue_set_bounds(q, 10, 199);
	assert_int_equal(stats(q).bytes, 0);
	queue_free(q);
}

/* A snapshot that is dropped while a payload of it is being sent. */
static void
test_dropped_in_flight(void **state)
{
	struct queue *q = queue_new(1, 1000);
	struct payload *p;
	unsigned wait_ms;

	(void)state;
	put(q, SNAPSHOT_FULL, 10, 1, A, NEVER);
	p = payload_ref(queue_next(q, 0, 0, &wait_ms));
	put(q, SNAPSHOT_FULL, 20, 1, A, NEVER);
	queue_settle(q, 0, p);
	payload_unref(p);
	assert_int_equal(stats(q).payloads, 1);
	assert_int_equal(stats(q).dropped, 1);
	assert_int_equal(send(q, 0), 20);
	queue_free(q);
}

/* The first of three endpoints is gone, the others changed places. */
static void
test_renumber(void **state)
{
	static const int map[] = { -1, 1, 0 };
	struct queue *q = queue_new(10, 1000);

	(void)state;
	put(q, SNAPSHOT_FULL, 10, 1, A, NEVER);
	put(q, SNAPSHOT_FULL, 20, 1, A | B, NEVER);
	put(q, SNAPSHOT_FULL, 30, 1, A | 4u, NEVER);
	queue_renumber(q, map, 3);
	assert_int_equal(stats(q).dropped, 1);
	assert_int_equal(send(q, 0), 30);
	assert_int_equal(send(q, 0), 0);
	assert_int_equal(send(q, 1), 20);
	assert_int_equal(send(q, 1), 0);
	assert_int_equal(stats(q).payloads, 0);
	queue_free(q);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kept_until_all_have_it),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_again),
		cmocka_unit_test(test_put_back),
		cmocka_unit_test(test_real_time),
		cmocka_unit_test(test_snapshot_bound),
		cmocka_unit_test(test_byte_bound),
		cmocka_unit_test(test_dropped_in_flight),
		cmocka_unit_test(test_renumber),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
