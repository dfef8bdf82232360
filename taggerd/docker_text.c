/* SPDX-License-Identifier: ISC
 *
 * Pure helpers for the Docker API's JSON.
 */
#include <string.h>

#include "docker_text.h"

bool
docker_text_id(char out[BROKER_ID + 1], struct strview text)
{
	uint32_t i;

	out[0] = '\0';
	if (text.len != BROKER_ID)
		return false;
	for (i = 0; i < text.len; i++)
		if (!((text.s[i] >= '0' && text.s[i] <= '9') ||
			(text.s[i] >= 'a' && text.s[i] <= 'f')))
			return false;
	memcpy(out, text.s, BROKER_ID);
	out[BROKER_ID] = '\0';
	return true;
}

bool
docker_text_starts(struct strview text, struct strview start)
{
	return text.len >= start.len &&
	    (start.len == 0 || memcmp(text.s, start.s, start.len) == 0);
}

struct strview
docker_text_cut(struct strview text, char c)
{
	const char *at = text.len > 0 ? memchr(text.s, c, text.len) : NULL;

	if (at != NULL)
		text.len = (uint32_t)(at - text.s);
	return text;
}

struct strview
docker_text_item(const json_t *array, size_t i)
{
	const json_t *v = json_array_get(array, i);

	if (!json_is_string(v))
		return (struct strview){ 0 };
	return (struct strview){ json_string_value(v),
		(uint32_t)json_string_length(v) };
}
