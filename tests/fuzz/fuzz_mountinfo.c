/* SPDX-License-Identifier: ISC
 *
 * The parsers of mountinfo over any bytes: what they find stands in the
 * text, and a path without its escapes is not longer than with them.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "collectord/parse_mountinfo.h"
#include "common/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_inside(struct strview part, const char *text, size_t size)
{
	if (part.len > 0 && (part.s < text || part.s + part.len > text + size))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct parse_cgroup_mount mounts[CGROUP_CONTROLLERS];
	struct parse_mountinfo_container got;
	char path[LIMIT_PATH];
	size_t i;

	parse_mountinfo_cgroups(text, size, "/s", mounts);
	for (i = 0; i < CGROUP_CONTROLLERS; i++) {
		check_inside(mounts[i].root, text, size);
		check_inside(mounts[i].point, text, size);
		if (mounts[i].point.len == 0)
			continue;
		if (parse_mountinfo_path(mounts[i].point, path, sizeof(path)) ==
			-1 ||
		    strlen(path) > mounts[i].point.len)
			abort();
	}
	parse_mountinfo_container(text, size, &got);
	check_inside(got.cgroup.id, text, size);
	check_inside(got.cgroup.pod_uid, text, size);
	check_inside(got.name, text, size);
	if (got.cgroup.pod_uid.len > 64 ||
	    got.name.len > LIMIT_CONTAINER_NAME ||
	    (got.cgroup.id.len == 0 && got.cgroup.type[0] != '\0'))
		abort();
	return 0;
}
