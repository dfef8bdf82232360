/* SPDX-License-Identifier: ISC
 *
 * Signs of being in a container. One of them is enough: being wrong costs a
 * short wait for names that nobody offers.
 */
#include <ctype.h>
#include <fcntl.h>
#include <unistd.h>

#include "common/config.h"
#include "common/limits.h"
#include "incontainer.h"

/* Hex digits of a container's id. */
#define ID_DIGITS 64

bool
incontainer_cgroup(const char *text, size_t len)
{
	size_t i, run = 0;

	for (i = 0; i < len; i++) {
		if (isxdigit((unsigned char)text[i])) {
			run++;
			continue;
		}
		if (run == ID_DIGITS)
			return true;
		run = 0;
	}
	return run == ID_DIGITS;
}

static bool
own_cgroup_is_container(void)
{
	char text[LIMIT_OWN_CGROUP];
	int fd = open("/proc/self/cgroup", O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd == -1)
		return false;
	n = read(fd, text, sizeof(text));
	close(fd);
	return n > 0 && incontainer_cgroup(text, (size_t)n);
}

bool
incontainer(const struct config *config)
{
	return config->kubernetes_service_host != NULL ||
	    config->ecs_container_metadata_uri_v4 != NULL ||
	    config->ecs_container_metadata_uri != NULL ||
	    access("/.dockerenv", F_OK) == 0 ||
	    access("/run/.containerenv", F_OK) == 0 ||
	    own_cgroup_is_container();
}
