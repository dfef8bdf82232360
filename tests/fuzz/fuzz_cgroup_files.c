/* SPDX-License-Identifier: ISC
 *
 * The parsers of a cgroup's files over any bytes: a text that is taken gives
 * figures within their bounds.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "collectord/parse_cgroup_files.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct parse_cgroup_memory memory;
	struct parse_cgroup_cpu cpu;
	struct parse_cgroup_io io;
	uint64_t a, b;
	uint32_t count;

	(void)parse_cgroup_cpuacct(text, size, &a, &b);
	(void)parse_cgroup_cpu_stat(text, size, &cpu);
	parse_cgroup_blkio(text, size, &io);
	parse_cgroup_io_stat(text, size, &io);
	(void)parse_cgroup_memory_v2(text, size, &memory);
	if (parse_cgroup_memory_v1(text, size, &memory) == 0 &&
	    memory.rss >> 63 != 0)
		abort();
	if (parse_cgroup_limit(text, size, &a) == 0 && a > UINT64_C(1) << 60)
		abort();
	if (parse_cgroup_cpu_max(text, size, &a, &b) == 0 &&
	    (b == 0 || a > UINT64_C(1) << 60))
		abort();
	if (parse_cgroup_cpus(text, size, &count) == 0 && count == 0)
		abort();
	return 0;
}
