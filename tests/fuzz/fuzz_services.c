/* SPDX-License-Identifier: ISC
 *
 * Any bytes as a list of services, and each of their lines as an event of a
 * watch: what is remembered stays within its bounds and goes into a URL.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/limits.h"
#include "taggerd/json_list.h"
#include "taggerd/services.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_mark(const struct services_mark *mark)
{
	const char *p;

	for (p = mark->version; *p != '\0'; p++)
		assert(*p > ' ' && *p <= '~' && strchr("&#?%/+", *p) == NULL);
	for (p = mark->next; *p != '\0'; p++)
		assert(*p > ' ' && *p <= '~' && strchr("&#?%/+", *p) == NULL);
}

static void
on_match(struct strview name, void *arg)
{
	uint32_t *n = arg;

	assert(name.len < LIMIT_SERVICE);
	++*n;
}

static void
take_lines(struct services *s, const char *text, size_t size)
{
	struct services_mark mark = { 0 };
	const char *end;

	for (; size > 0; size -= (size_t)(end - text) + 1, text = end + 1) {
		end = memchr(text, '\n', size);
		if (end == NULL)
			break;
		services_take(s, text, (size_t)(end - text), &mark);
		check_mark(&mark);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char
	    labels[] = "{\"app\":\"x\",\"env\":\"prod\",\"\":\"\"}";
	const char *text = (const char *)data, *why = NULL;
	struct services *a = services_new(), *b = services_new();
	struct services_mark mark = { 0 };
	json_t *pod = json_parse(labels, sizeof(labels) - 1, &why);
	uint32_t n = 0;

	if (services_parse(a, text, size, &mark, &why) == 0)
		assert(mark.version[0] != '\0');
	else
		assert(why != NULL);
	check_mark(&mark);
	services_parse(b, text, size, &mark, &why);
	assert(services_equal(a, b));
	take_lines(b, text, size);
	services_match(b, strview_of("a"), pod, on_match, &n);
	services_match(b, strview_of(""), pod, on_match, &n);
	assert(n <= services_count(b));
	json_decref(pod);
	services_free(a);
	services_free(b);
	return 0;
}
