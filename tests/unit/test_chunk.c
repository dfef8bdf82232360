/* SPDX-License-Identifier: ISC
 *
 * Which records go into which message: every record once, in order, no bound
 * passed, containers with their processes, and as few messages as that takes.
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

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define MIB          (1u << 20)

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

/* Returns how many promises are broken. */
static int
check_plan(const struct chunk_record *records, uint32_t n, uint32_t max_records,
    size_t max_bytes, const struct chunk_plan *plan)
{
	uint8_t *seen = calloc(n + 1, 1);
	uint32_t next = 0, i, k;
	int bad = 0;

	for (i = 0; i < plan->n; i++) {
		const struct chunk *chunk = &plan->chunks[i];
		uint32_t containers = 0;
		size_t bytes = 0;

		bad += chunk->first != next || chunk->count == 0;
		for (k = 0; k < chunk->count; k++) {
			uint32_t record = plan->order[chunk->first + k];

			bad += seen[record]++;
			bad += k > 0 &&
			    record <= plan->order[chunk->first + k - 1];
			bytes += records[record].size;
			containers += records[record].owner == record;
		}
		bad += chunk->bytes != bytes || chunk->containers != containers;
		bad += chunk->count > 1 &&
		    (containers > max_records ||
			chunk->count - containers > max_records ||
			bytes > max_bytes);
		next += chunk->count;
	}
	for (i = 0; i < n; i++)
		bad += seen[i] != 1;
	free(seen);
	return bad + (next != n);
}

/* Processes alone. */
static void
test_processes(void **state)
{
	int failed = 0;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		const struct chunk_case *c = &cases[i];
		struct chunk_record *records = calloc(
		    c->records + 1, sizeof(*records));
		struct chunk_plan plan;
		uint32_t j;
		int bad;

		for (j = 0; j < c->records; j++)
			records[j] = (struct chunk_record){ c->size,
				CHUNK_ALONE };
		chunk_plan(
		    records, c->records, c->max_records, c->max_bytes, &plan);
		bad = check_plan(
		    records, c->records, c->max_records, c->max_bytes, &plan);
		if (plan.n != c->want || bad != 0) {
			print_error("%s: got %u messages, %d promises broken; "
				    "want %u and 0\n",
			    c->name, plan.n, bad, c->want);
			failed++;
		}
		chunk_plan_free(&plan);
		free(records);
	}
	assert_int_equal(failed, 0);
}

/*
 * What is to be placed, a letter each: upper case is a container of 10 bytes,
 * the same letter in lower case a process of it, '.' a process in none, each
 * of 1 byte, '#' one of 30. The plan as messages, blanks between them.
 */
static const struct {
	const char *name;
	const char *records;
	uint32_t max_records;
	size_t max_bytes;
	const char *want;
} plans[] = {
	{ "nothing", "", 3, 100, "" },
	{ "one without processes", "A", 3, 100, "A" },
	{ "containers alone", "ABCDE", 2, 100, "AB CD E" },
	{ "all in one", "ABab.", 3, 100, "ABab." },
	{ "together though others stand between", "ABa.b.a", 3, 100,
	    "ABaba .." },
	{ "more containers than processes", "ABCDa", 2, 100, "ABa CD" },
	{ "one that does not fit any more begins a message", "ABaabb", 3, 100,
	    "Aaa Bbb" },
	{ "the others fill the room that is left", "ABaabb..", 3, 100,
	    "Aaa. Bbb." },
	{ "more processes than a message holds", "Aaaaaaaa", 3, 100,
	    "Aaaa aaa a" },
	{ "its rest is not the end of the message", "ABaaaab", 3, 100,
	    "Aaaa Bab" },
	{ "it begins a message of its own", "ABabbbb", 3, 100, "Aa Bbbb b" },
	{ "others beside the rest", "ABaaaab...", 3, 100, "Aaaa Bab. .." },
	{ "bytes bound containers as well", "ABC", 100, 25, "AB C" },
	{ "and those with processes", "ABaab", 100, 22, "Aaa Bb" },
	{ "too large for any message", "A##a", 100, 20, "Aa # #" },
	{ "a large process does not take its container along", "AaB", 100, 5,
	    "A a B" },
	{ "a limit of 1", "ABab.", 1, 100, "Aa Bb ." },
	{ "a limit of 0 is 1", "ABab.", 0, 100, "Aa Bb ." },
};

static uint32_t
parse_records(const char *text, struct chunk_record *records)
{
	uint32_t n = 0;

	for (; text[n] != '\0'; n++) {
		char c = text[n];
		const char *owner = strchr(text, c - 'a' + 'A');

		records[n] = (struct chunk_record){ 1, CHUNK_ALONE };
		if (c >= 'A' && c <= 'Z')
			records[n] = (struct chunk_record){ 10, n };
		else if (c >= 'a' && c <= 'z')
			records[n].owner = (uint32_t)(owner - text);
		else if (c == '#')
			records[n].size = 30;
	}
	return n;
}

static void
test_containers(void **state)
{
	int failed = 0;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(plans); i++) {
		struct chunk_record records[32];
		uint32_t n = parse_records(plans[i].records, records), j, k;
		struct chunk_plan plan;
		char got[64];
		size_t used = 0;

		chunk_plan(records, n, plans[i].max_records, plans[i].max_bytes,
		    &plan);
		for (j = 0; j < plan.n; j++) {
			const struct chunk *chunk = &plan.chunks[j];

			if (j > 0)
				got[used++] = ' ';
			for (k = 0; k < chunk->count; k++)
				got[used++] =
				    plans[i]
					.records[plan.order[chunk->first + k]];
		}
		got[used] = '\0';
		if (strcmp(got, plans[i].want) != 0) {
			print_error("%s: got \"%s\", want \"%s\"\n",
			    plans[i].name, got, plans[i].want);
			failed++;
		}
		chunk_plan_free(&plan);
	}
	assert_int_equal(failed, 0);
}

/* Whatever comes in whatever order, no promise is broken, and a container
 * that fits rides with all of its processes. */
static void
test_random(void **state)
{
	enum {
		RECORDS = 300,
		MAX_RECORDS = 20,
		MAX_BYTES = 2000
	};
	static struct chunk_record records[RECORDS];
	struct chunk_plan plan;
	uint32_t place[RECORDS], size[RECORDS], count[RECORDS], owner;
	uint32_t i, k, round;
	int bad = 0;

	(void)state;
	srandom(1);
	for (round = 0; round < 200; round++) {
		memset(size, 0, sizeof(size));
		memset(count, 0, sizeof(count));
		for (i = 0; i < RECORDS; i++) {
			owner = (uint32_t)random() % RECORDS;
			if (i < RECORDS / 10)
				owner = i;
			else if (owner >= RECORDS / 10)
				owner = CHUNK_ALONE;
			records[i] = (struct chunk_record){
				(uint32_t)random() % 150, owner
			};
			if (owner == CHUNK_ALONE)
				continue;
			size[owner] += records[i].size;
			count[owner]++;
		}
		chunk_plan(records, RECORDS, MAX_RECORDS, MAX_BYTES, &plan);
		bad += check_plan(
		    records, RECORDS, MAX_RECORDS, MAX_BYTES, &plan);
		for (i = 0; i < plan.n; i++)
			for (k = 0; k < plan.chunks[i].count; k++)
				place[plan.order[plan.chunks[i].first + k]] = i;
		for (i = 0; i < RECORDS; i++) {
			owner = records[i].owner;
			if (owner != CHUNK_ALONE && size[owner] <= MAX_BYTES &&
			    count[owner] <= MAX_RECORDS + 1)
				bad += place[i] != place[owner];
		}
		chunk_plan_free(&plan);
	}
	assert_int_equal(bad, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_processes),
		cmocka_unit_test(test_containers),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
