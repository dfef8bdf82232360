/* SPDX-License-Identifier: ISC
 *
 * Any bytes as a list: with and without leaving members out, and as one
 * value. What is left out may not change what is said of the whole.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

#include "taggerd/json_list.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
on_item(const json_t *item, void *arg)
{
	uint32_t *n = arg;

	(void)json_parse_time(json_get_string(item, "time"));
	++*n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const unread[] = { "env", "x", NULL };
	const char *text = (const char *)data, *why = NULL;
	uint32_t whole = 0, pruned = 0;
	struct json_walk a = {
		.name = "items", .on_item = on_item, .arg = &whole
	};
	struct json_walk b = a;
	int rc;

	b.unread = unread;
	b.member = "metadata";
	b.arg = &pruned;
	rc = json_walk_list(&a, text, size);
	assert(rc == json_walk_list(&b, text, size));
	assert(whole + a.refused == pruned + b.refused);
	assert(a.refused >= b.refused);
	assert(a.value == NULL);
	json_decref(b.value);
	rc = json_list_each(text, size, NULL, on_item, &whole, NULL, &why);
	assert(rc == 0 || why != NULL);
	why = NULL;
	json_decref(json_parse(text, size, &why));
	return 0;
}
