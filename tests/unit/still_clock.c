/* SPDX-License-Identifier: ISC */
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "still_clock.h"

static long passed; /* ms */

void
still_clock_pass(long ms)
{
	passed += ms;
}

int
clock_gettime(clockid_t clock, struct timespec *ts)
{
	static struct timespec first[16];
	long ns;

	if (clock < 0 || clock >= 16)
		return (int)syscall(SYS_clock_gettime, clock, ts);
	if (first[clock].tv_sec == 0 &&
	    syscall(SYS_clock_gettime, clock, &first[clock]) == -1)
		return -1;
	ns = first[clock].tv_nsec + passed % 1000 * 1000000;
	ts->tv_sec = first[clock].tv_sec + passed / 1000 + ns / 1000000000;
	ts->tv_nsec = ns % 1000000000;
	return 0;
}
