/* SPDX-License-Identifier: ISC
 *
 * What any bytes become in facts, as an image and as a tag: valid UTF-8
 * without control characters, within the bounds, and the parts of an image
 * are parts of it.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/limits.h"
#include "common/utf8.h"
#include "taggerd/facts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(const char *text, size_t max)
{
	size_t len = strlen(text), i;
	char *clean = malloc(3 * len + 1);

	if (len == 0 || len > max || clean == NULL ||
	    utf8_clean(clean, text, len) != len || strcmp(clean, text) != 0)
		abort();
	free(clean);
	for (i = 0; i < len; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f ||
		    ((unsigned char)text[i] == 0xc2 &&
			(unsigned char)text[i + 1] < 0xa0))
			abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct strview text = { (const char *)data, (uint32_t)size };
	struct facts *facts = facts_new(), *again = facts_new();
	uint32_t i;

	facts_set_image(facts, text);
	if (facts->image != NULL) {
		check(facts->image, LIMIT_CONTAINER_IMAGE);
		for (i = 0; i < facts->n_tags; i++)
			if (strlen(facts->tags[i].value) < LIMIT_TAG - 3 &&
			    strstr(facts->image, facts->tags[i].value) == NULL)
				abort();
	}
	facts_add_tag(facts, TAG_SERVICE, text);
	for (i = 0; i < facts->n_tags; i++)
		check(facts->tags[i].value, LIMIT_TAG);
	facts_set_image(again, text);
	facts_add_tag(again, TAG_SERVICE, text);
	if (!facts_equal(facts, again))
		abort();
	facts_free(facts);
	facts_free(again);
	return 0;
}
