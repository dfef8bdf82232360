/* SPDX-License-Identifier: ISC
 *
 * parse_cgroup() over any bytes: what it finds stands in the text, an id is
 * of digits and dashes, and each path it gives holds that id.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "collectord/parse_cgroup.h"
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
	struct parse_cgroup got;
	size_t i;

	parse_cgroup(text, size, &got);
	check_inside(got.id, text, size);
	check_inside(got.pod_uid, text, size);
	check_inside(got.ecs_task, text, size);
	check_inside(got.unified, text, size);
	if (got.type == NULL || got.id.len > LIMIT_CONTAINER_ID)
		abort();
	for (i = 0; i < got.id.len; i++)
		if (strchr("0123456789abcdef-", got.id.s[i]) == NULL)
			abort();
	for (i = 0; i < CGROUP_CONTROLLERS; i++) {
		check_inside(got.path[i], text, size);
		if (got.path[i].len > 0 &&
		    (got.id.len == 0 || got.path[i].len > LIMIT_PATH ||
			memmem(got.path[i].s, got.path[i].len, got.id.s,
			    got.id.len) == NULL))
			abort();
	}
	return 0;
}
