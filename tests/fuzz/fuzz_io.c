/* SPDX-License-Identifier: ISC
 *
 * parse_io() over any bytes: a text that is taken is one that starts with
 * the seven lines.
 */
#include <inttypes.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collectord/parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct parse_io io, again;
	char text[512];
	int len;

	if (parse_io((const char *)data, size, &io) == -1)
		return 0;
	len = snprintf(text, sizeof(text),
	    "rchar: %" PRIu64 "\nwchar: %" PRIu64 "\nsyscr: %" PRIu64
	    "\nsyscw: %" PRIu64 "\nread_bytes: %" PRIu64
	    "\nwrite_bytes: %" PRIu64 "\ncancelled_write_bytes: %" PRIu64 "\n",
	    io.rchar, io.wchar, io.syscr, io.syscw, io.read_bytes,
	    io.write_bytes, io.cancelled_write_bytes);
	if (parse_io(text, (size_t)len, &again) == -1 ||
	    memcmp(&io, &again, sizeof(io)) != 0)
		abort();
	return 0;
}
