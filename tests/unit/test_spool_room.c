/* SPDX-License-Identifier: ISC
 *
 * What the spool does on a disk that somebody else has filled: it lives on what
 * its files hold already, and goes without when that is too little.
 */
#include <sys/statvfs.h>

#include "spool_help.h"

#define SIZE 40000 /* bytes of a payload */

static int64_t disk_free;

/* In place of the C library's. */
int
fstatvfs(int fd, struct statvfs *out)
{
	(void)fd;
	*out = (struct statvfs){ .f_frsize = 1,
		.f_blocks = (fsblkcnt_t)1 << 40,
		.f_bavail = (fsblkcnt_t)disk_free };
	return 0;
}

static unsigned
put_some(struct spool *s, unsigned n)
{
	unsigned taken = 0;

	while (n-- > 0)
		taken += put(s, SIZE, 1, 0, NULL) == 0;
	return taken;
}

/* A spool that has been larger: `settled` of its 200 rows are gone. */
static struct spool *
open_used(unsigned settled)
{
	struct spool *s;

	disk_free = INT64_C(1) << 40;
	s = open_spool(100 * MIB, DAY, 1);
	assert_int_equal(put_some(s, 200), 200);
	while (settled-- > 0)
		spool_settle(s, 0, spool_oldest(s, 0));
	return s;
}

static void
test_room_of_its_own(void **state)
{
	static const int64_t left[] = { 0, LIMIT_SPOOL_RESERVE + SIZE / 2 };
	struct spool *s;
	size_t i;

	for (i = 0; i < sizeof(left) / sizeof(left[0]); i++) {
		setup(state);
		s = open_used(150);
		disk_free = left[i];
		assert_int_equal(put_some(s, 20), 20);
		assert_int_equal(stats(s).payloads, 70);
		assert_int_equal(stats(s).dropped, 0);
		spool_free(s);
	}
}

static void
test_no_room(void **state)
{
	struct spool *s = open_used(0);

	(void)state;
	disk_free = 0;
	assert_int_equal(put_some(s, 20), 0);
	assert_int_equal(stats(s).payloads, 200);
	assert_int_equal(stats(s).dropped, 0);
	assert_string_not_equal(spool_trouble(s), "");
	spool_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_room_of_its_own, setup),
		cmocka_unit_test_setup(test_no_room, setup),
	};

	RUN_IN_BASE(tests);
}
