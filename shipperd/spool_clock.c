/* SPDX-License-Identifier: ISC
 *
 * The age of the spool: CLOCK_BOOTTIME within one boot, and between two what
 * the wall clock says went by, if it says that any time did.
 */
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "spool_private.h"

static int64_t
boottime_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* "" where it is hidden: each start is a boot then. */
static void
read_boot_id(char out[SPOOL_BOOT])
{
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd == -1 ? 0 : read(fd, out, SPOOL_BOOT - 1);

	if (fd != -1)
		close(fd);
	out[n > 0 ? n : 0] = '\0';
	out[strcspn(out, "\n")] = '\0';
}

int64_t
spool_clock_now(const struct spool_clock *clock)
{
	char boot[SPOOL_BOOT];
	int64_t passed;

	read_boot_id(boot);
	if (boot[0] != '\0' && strcmp(boot, clock->boot) == 0)
		passed = boottime_ms() - clock->boot_ms;
	else if (clock->wall_ms == 0)
		passed = 0; /* new */
	else
		passed = clock_wall_ms() - clock->wall_ms;
	return clock->age_ms + (passed > 0 ? passed : 0);
}

void
spool_clock_note(struct spool_clock *clock)
{
	clock->age_ms = spool_clock_now(clock);
	read_boot_id(clock->boot);
	clock->boot_ms = boottime_ms();
	clock->wall_ms = clock_wall_ms();
}
