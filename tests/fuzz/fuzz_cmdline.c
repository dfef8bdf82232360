/* SPDX-License-Identifier: ISC
 *
 * parse_cmdline() and the parsers of links over any bytes: the arguments stand
 * in the text in their order, each ended by a NUL or the end.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "collectord/parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct parse_cmdline out;
	const char *text = (const char *)data, *pos = text;
	uint32_t i;

	(void)parse_file_kind(text, size);
	(void)parse_net_namespace(text, size);
	parse_cmdline(text, size, &out);
	if (out.n > LIMIT_ARGS || out.cut != (size > LIMIT_CMDLINE && out.cut))
		abort();
	for (i = 0; i < out.n; i++) {
		const struct strview *arg = &out.v[i];

		if (arg->s != pos || arg->s + arg->len > text + size)
			abort();
		pos = arg->s + arg->len + 1;
		if (i + 1 < out.n && pos[-1] != '\0')
			abort();
	}
	if (out.n > 0 && (size_t)(pos - 1 - text) > LIMIT_CMDLINE)
		abort();
	return 0;
}
