/* SPDX-License-Identifier: ISC
 *
 * The age of the spool: CLOCK_BOOTTIME within one boot, and between two what
 * the wall clock says went by, if it says that any time did.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
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

/* One boot lasts for all of our life. "" where it is hidden: each start is a
 * boot then. */
static const char *
boot_id(void)
{
	static char id[SPOOL_BOOT];
	static bool known;
	ssize_t n = 0;
	int fd;

	if (known)
		return id;
	fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	if (fd != -1) {
		n = read(fd, id, SPOOL_BOOT - 1);
		close(fd);
	}
	id[n > 0 ? n : 0] = '\0';
	id[strcspn(id, "\n")] = '\0';
	known = true;
	return id;
}

int64_t
spool_clock_now(const struct spool_clock *clock)
{
	const char *boot = boot_id();
	int64_t passed;

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
	snprintf(clock->boot, sizeof(clock->boot), "%s", boot_id());
	clock->boot_ms = boottime_ms();
	clock->wall_ms = clock_wall_ms();
}
