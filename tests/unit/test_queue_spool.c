/* SPDX-License-Identifier: ISC
 *
 * The queue with a spool that fails: what is in memory still is not lost with
 * it, nor sent twice, and what is in memory only is noted.
 */
#include <fcntl.h>
#include <sys/stat.h>

#include "shipperd/queue.h"
#include "spool_help.h"

#define A 1u
#define B 2u

static struct spool *spool;
static struct queue *queue;

static void
start(int64_t max_bytes)
{
	spool = open_spool(max_bytes, DAY, 2);
	queue = queue_new(10, 64 * MIB);
	queue_set_spool(queue, spool);
}

static void
end(void)
{
	queue_free(queue);
	spool_free(spool);
}

/* A full snapshot of one payload, whose length is its name. */
static void
add(size_t name, uint32_t endpoints)
{
	struct payload *p = make_payload(name);

	p->kind = SNAPSHOT_FULL;
	queue_put(queue, &p, 1, endpoints, 0, name);
}

/* Delivers what comes next; its name, or 0 for nothing. */
static size_t
deliver(unsigned endpoint)
{
	unsigned wait_ms;
	struct payload *p = queue_next(queue, endpoint, 0, &wait_ms);
	size_t name;

	if (p == NULL)
		return 0;
	name = p->len;
	queue_settle(queue, endpoint, p);
	return name;
}

static struct queue_debt
owed(unsigned endpoint)
{
	struct queue_debt out;

	queue_get_debt(queue, endpoint, &out);
	return out;
}

static void
remove_database(void)
{
	char path[96];

	snprintf(path, sizeof(path), "%s/spool.db", dir);
	assert_int_equal(unlink(path), 0);
	snprintf(path, sizeof(path), "%s/spool.db-wal", dir);
	unlink(path);
}

/* Two are lost with the database, of which the newest is in memory. */
static void
test_lost_but_in_memory(void **state)
{
	(void)state;
	start(MIB);
	add(101, A | B);
	add(102, A | B);
	assert_int_equal(deliver(0), 102);
	remove_database();
	queue_tick(queue);
	assert_int_equal(owed(0).losses.n[LOSS_DAMAGE], 1);
	assert_int_equal(owed(1).losses.n[LOSS_DAMAGE], 1);
	assert_int_equal(owed(0).payloads, 0);
	assert_int_equal(owed(1).payloads, 1);
	add(103, A | B); /* both are put in */
	assert_int_equal(stats(spool).payloads, 2);
	assert_int_equal(deliver(0), 103);
	assert_int_equal(deliver(0), 0);
	assert_int_equal(deliver(1), 103);
	assert_int_equal(deliver(1), 102);
	assert_int_equal(deliver(1), 0);
	assert_int_equal(stats(spool).payloads, 0);
	end();
}

/* Found out by the put itself: what is new is not taken for lost. */
static void
test_lost_and_put(void **state)
{
	(void)state;
	start(MIB);
	add(101, A);
	assert_int_equal(deliver(0), 101);
	add(102, A);
	remove_database();
	add(103, A);
	assert_int_equal(owed(0).payloads, 2);
	assert_int_equal(owed(0).losses.n[LOSS_DAMAGE], 0);
	assert_int_equal(deliver(0), 103);
	assert_int_equal(deliver(0), 102);
	assert_int_equal(deliver(0), 0);
	end();
}

/* More than the spool takes stays in memory, until it ends. */
static void
test_in_memory_only(void **state)
{
	(void)state;
	start(MIB);
	add(100, A);
	add((size_t)MIB, A | B);
	add((size_t)MIB + 1, B);
	assert_int_equal(deliver(1), MIB + 1);
	end();
	spool = open_spool(MIB, DAY, 2);
	assert_int_equal(spool_losses(spool, 0)->n[LOSS_MEMORY], 1);
	assert_int_equal(spool_losses(spool, 1)->n[LOSS_MEMORY], 1);
	assert_int_equal(stats(spool).dropped, 1);
	spool_free(spool);
}

/* What was put back into memory is on disk again before anything ends. */
static void
test_lost_and_killed(void **state)
{
	(void)state;
	start(MIB);
	add(101, A | B);
	add(102, A | B);
	remove_database();
	queue_tick(queue);
	assert_int_equal(owed(0).losses.n[LOSS_DAMAGE], 1);
	assert_int_equal(stats(spool).payloads, 1);
	end();
	spool = open_spool(MIB, DAY, 2);
	assert_int_equal(debt(spool, 0).payloads, 1);
	assert_int_equal(stats(spool).dropped, 0);
	spool_free(spool);
}

/* The spool takes what it could not take before when it can, without another
 * snapshot. */
static void
test_put_in_later(void **state)
{
	(void)state;
	start(MIB);
	add((size_t)MIB, A);
	assert_int_equal(stats(spool).payloads, 0);
	spool_set_bounds(spool, 4 * MIB, DAY);
	spool_try(spool);
	queue_tick(queue);
	assert_int_equal(stats(spool).payloads, 1);
	assert_int_equal(owed(0).payloads, 1);
	assert_int_equal(deliver(0), MIB);
	end();
}

/* One that is larger than the spool waits in memory, and holds up none. */
static void
test_too_large(void **state)
{
	(void)state;
	start(MIB);
	add(2 * (size_t)MIB, A);
	add(101, A);
	queue_tick(queue);
	assert_int_equal(stats(spool).payloads, 1);
	assert_int_equal(owed(0).payloads, 2);
	assert_int_equal(deliver(0), 101);
	assert_int_equal(deliver(0), 2 * MIB);
	end();
}

/* A row's number means nothing in another directory; what is in memory goes
 * there, and comes once. */
static void
test_another_directory(void **state)
{
	unsigned wait_ms;
	struct payload *p;

	start(MIB);
	add(101, A | B);
	p = payload_ref(queue_next(queue, 0, 0, &wait_ms));
	queue_set_spool(queue, NULL);
	spool_free(spool);
	setup(state);
	spool = open_spool(MIB, DAY, 2);
	queue_set_spool(queue, spool);
	add(102, A | B);
	queue_settle(queue, 0, p);
	payload_unref(p);
	assert_int_equal(deliver(0), 102);
	assert_int_equal(deliver(0), 0);
	assert_int_equal(deliver(1), 102);
	assert_int_equal(deliver(1), 101);
	assert_int_equal(deliver(1), 0);
	assert_int_equal(stats(spool).payloads, 0);
	end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_lost_but_in_memory, setup),
		cmocka_unit_test_setup(test_lost_and_put, setup),
		cmocka_unit_test_setup(test_in_memory_only, setup),
		cmocka_unit_test_setup(test_lost_and_killed, setup),
		cmocka_unit_test_setup(test_put_in_later, setup),
		cmocka_unit_test_setup(test_too_large, setup),
		cmocka_unit_test_setup(test_another_directory, setup),
	};

	RUN_IN_BASE(tests);
}
