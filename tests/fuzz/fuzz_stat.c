/* SPDX-License-Identifier: ISC
 *
 * parse_stat() over any bytes: the name it finds stands in the text between
 * parentheses, and no text makes it read past its end.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "collectord/parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct parse_stat st;

	if (parse_stat(text, size, &st) == -1)
		return 0;
	if (st.comm.s <= text || st.comm.s + st.comm.len >= text + size)
		abort();
	if (st.comm.s[-1] != '(' || st.comm.s[st.comm.len] != ')')
		abort();
	if (st.pid < 0 || (int64_t)st.rss < 0)
		abort();
	(void)parse_state(st.state);
	return 0;
}
