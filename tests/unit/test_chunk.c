/* SPDX-License-Identifier: ISC
 *
 * Where messages begin and end: every record once, in order, no bound
 * passed, and as few messages as that takes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "shipperd/chunk.h"

#define MIB (1u << 20)

static const struct chunk_case {
	const char *name;
	uint32_t records;
	uint32_t size; /* of each */
	uint32_t max_records;
	size_t max_bytes;
	uint32_t want;
} cases[] = {
	{ "none", 0, 100, 100, MIB, 0 },
	{ "one", 1, 100, 100, MIB, 1 },
	{ "99", 99, 100, 100, MIB, 1 },
	{ "100", 100, 100, 100, MIB, 1 },
	{ "101", 101, 100, 100, MIB, 2 },
	{ "200", 200, 100, 100, MIB, 2 },
	{ "201", 201, 100, 100, MIB, 3 },
	{ "limit 1", 5, 100, 1, MIB, 5 },
	{ "no limit at all counts as 1", 5, 100, 0, MIB, 5 },
	{ "bytes just fit", 10, 100, 100, 1000, 1 },
	{ "one byte too few", 10, 100, 100, 999, 2 },
	{ "each larger than a message", 3, 2000, 100, 1000, 3 },
	{ "no bytes", 3, 1, 100, 0, 3 },
	{ "empty records", 250, 0, 100, MIB, 3 },
	{ "sizes near 4 GiB", 3, UINT32_MAX, 100, MIB, 3 },
	{ "many", 100000, 300, 100, MIB, 1000 },
};

/* Returns how many bounds are broken. */
static int
check_plan(const struct chunk_case *c, const struct chunk *chunks, uint32_t n)
{
	uint32_t next = 0, i;
	int bad = 0;

	for (i = 0; i < n; i++) {
		bad += chunks[i].first != next;
		bad += chunks[i].count == 0;
		bad += chunks[i].bytes != (size_t)chunks[i].count * c->size;
		bad += chunks[i].count > 1 &&
		    (chunks[i].count > c->max_records ||
			chunks[i].bytes > c->max_bytes);
		next += chunks[i].count;
	}
	return bad + (next != c->records);
}

static void
test_plan(void **state)
{
	int failed = 0;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct chunk_case *c = &cases[i];
		uint32_t *sizes = calloc(c->records + 1, sizeof(*sizes)), j, n;
		struct chunk *chunks;
		int bad;

		for (j = 0; j < c->records; j++)
			sizes[j] = c->size;
		n = chunk_plan(
		    sizes, c->records, c->max_records, c->max_bytes, &chunks);
		bad = check_plan(c, chunks, n);
		if (n != c->want || bad != 0) {
			print_error("%s: got %u messages, %d bounds broken; "
				    "want %u and 0\n",
			    c->name, n, bad, c->want);
			failed++;
		}
		free(chunks);
		free(sizes);
	}
	assert_int_equal(failed, 0);
}

/* A large record in the middle neither joins nor hides its neighbours. */
static void
test_mixed(void **state)
{
	static const uint32_t sizes[] = { 10, 10, 5000, 10, 990, 10 };
	static const uint32_t want[] = { 2, 1, 2, 1 };
	struct chunk *chunks;
	uint32_t n = chunk_plan(sizes, 6, 100, 1000, &chunks), i;

	(void)state;
	assert_int_equal(n, 4);
	for (i = 0; i < n; i++)
		assert_int_equal(chunks[i].count, want[i]);
	free(chunks);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plan),
		cmocka_unit_test(test_mixed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
