/* SPDX-License-Identifier: ISC
 *
 * The parsers of what tells about the host, all over the same bytes: their
 * strings are pieces of the text or constants, their numbers in range.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "collectord/parse.h"

#define MAX_CPUS 8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Reads every byte, for the sanitizer to see. */
static void
touch(struct strview sv)
{
	volatile char c = 0;
	uint32_t i;

	for (i = 0; i < sv.len; i++)
		c = (char)(c ^ sv.s[i]);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct rec_cpu cpus[MAX_CPUS];
	struct parse_os_release os;
	uint64_t number;
	int64_t s;
	uint32_t n, i;

	n = parse_cpuinfo(text, size, cpus, MAX_CPUS);
	if (n > MAX_CPUS)
		abort();
	for (i = 0; i < n; i++) {
		touch(cpus[i].vendor);
		touch(cpus[i].family);
		touch(cpus[i].model);
		touch(cpus[i].physical_id);
		touch(cpus[i].core_id);
		if (cpus[i].number < 0 || cpus[i].mhz < 0 ||
		    cpus[i].cache_size < 0 || cpus[i].cores != 1)
			abort();
	}
	parse_os_release(text, size, &os);
	touch(os.id);
	touch(os.version_id);
	(void)parse_memtotal(text, size, &number);
	(void)parse_number(text, size, &number);
	if (parse_btime(text, size, &s) == 0 && (s < 0 || s > INT64_MAX / 1000))
		abort();
	if (parse_uptime(text, size, &number) == 0 &&
	    number > (uint64_t)UINT32_MAX * 1000 + 999)
		abort();
	return 0;
}
