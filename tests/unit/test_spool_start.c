/* SPDX-License-Identifier: ISC
 *
 * What a start and a second cost, in pages that are read: the same whatever is
 * waiting.
 */
#include <dlfcn.h>

#include "spool_help.h"

#define MANY 3000 /* payloads; read through, they are some 1000 pages */
#define MORE 16   /* pages that deeper trees may cost */

static unsigned reads;

/* In place of the C library's, for SQLite. */
ssize_t
pread64(int fd, void *buf, size_t len, off64_t at)
{
	static ssize_t (*real)(int, void *, size_t, off64_t);

	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "pread64");
	reads++;
	return real(fd, buf, len, at);
}

/* The reads of a start, and of a second after it, with so many in the spool. */
static void
measure(unsigned payloads, unsigned *start, unsigned *second)
{
	struct payload *list[MANY];
	struct spool *s = open_spool(256 * MIB, DAY, 2);
	unsigned i;

	for (i = 0; i < payloads; i++) {
		list[i] = make_payload(1000);
		list[i]->owed = 3;
		list[i]->snapshot = i + 1;
	}
	assert_int_equal(spool_put(s, list, payloads, 1), 0);
	for (i = 0; i < payloads; i++)
		payload_unref(list[i]);
	spool_free(s);
	reads = 0;
	s = open_spool(256 * MIB, DAY, 2);
	*start = reads;
	spool_tick(s);
	assert_int_equal(debt(s, 0).payloads, payloads);
	assert_int_equal(debt(s, 1).payloads, payloads);
	*second = reads - *start;
	spool_free(s);
}

static void
test_does_not_grow(void **state)
{
	unsigned start[2], second[2];

	measure(1, &start[0], &second[0]);
	setup(state);
	measure(MANY, &start[1], &second[1]);
	if (start[0] == 0)
		fail_msg("no read is seen");
	if (start[1] > start[0] + MORE)
		fail_msg("a start reads %u pages, and %u with a backlog",
		    start[0], start[1]);
	if (second[1] > second[0] + MORE)
		fail_msg("a second reads %u pages, and %u with a backlog",
		    second[0], second[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_does_not_grow, setup),
	};

	RUN_IN_BASE(tests);
}
