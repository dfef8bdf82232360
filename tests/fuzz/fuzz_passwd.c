/* SPDX-License-Identifier: ISC
 *
 * passwd_parse() over any bytes: the table is sorted, each uid is in it
 * once, every name is a piece of the text and can be found again.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "common/limits.h"
#include "taggerd/passwd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct passwd_table table;
	struct strview found;
	uint32_t i;

	if (passwd_parse(text, size, &table) == -1)
		return 0;
	for (i = 0; i < table.n; i++) {
		const struct passwd_entry *e = &table.v[i];

		if (i > 0 && table.v[i - 1].uid >= e->uid)
			abort();
		if (e->name.len == 0 || e->name.len > LIMIT_USER_NAME ||
		    e->name.s < text || e->name.s + e->name.len > text + size)
			abort();
		found = passwd_find(&table, e->uid);
		if (found.s != e->name.s)
			abort();
	}
	passwd_clear(&table);
	return 0;
}
