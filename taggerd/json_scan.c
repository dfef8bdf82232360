/* SPDX-License-Identifier: ISC
 *
 * One pass over the bytes, with a counter in place of a stack. What a server
 * sent is untrusted, and is bounded by nothing but its length here.
 */
#include <stdbool.h>
#include <string.h>

#include "json_scan.h"

static int
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static int
is_structure(char c)
{
	return c == '{' || c == '}' || c == '[' || c == ']' || c == ',' ||
	    c == ':' || c == '"';
}

const char *
json_skip_space(const char *p, const char *end)
{
	while (p < end && is_space(*p))
		p++;
	return p;
}

/* p is behind the first quote. NULL: there is no second one. */
static const char *
skip_string(const char *p, const char *end)
{
	for (; p < end; p++) {
		if (*p == '"')
			return p + 1;
		if (*p == '\\' && ++p == end)
			break;
	}
	return NULL;
}

/* true, null, a number, or garbage. */
static const char *
skip_word(const char *p, const char *end)
{
	while (p < end && !is_space(*p) && !is_structure(*p))
		p++;
	return p;
}

const char *
json_skip(const char *p, const char *end, struct json_size *size)
{
	size_t depth = 0, deepest = 0, values = 0;

	do {
		p = json_skip_space(p, end);
		if (p == end)
			return NULL;
		if (*p == '{' || *p == '[') {
			values++;
			if (++depth > deepest)
				deepest = depth;
			p++;
		} else if (*p == '}' || *p == ']') {
			if (depth-- == 0)
				return NULL;
			p++;
		} else if (*p == ',' || *p == ':') {
			if (depth == 0)
				return NULL;
			p++;
		} else {
			values++;
			p = *p == '"' ? skip_string(p + 1, end)
				      : skip_word(p, end);
		}
	} while (p != NULL && depth > 0);
	if (size != NULL)
		*size = (struct json_size){ deepest, values };
	return p;
}

/* key is a string with its quotes. */
static bool
is_unread(const char *key, size_t len, const char *const *unread)
{
	for (; *unread != NULL; unread++)
		if (strlen(*unread) + 2 == len &&
		    memcmp(*unread, key + 1, len - 2) == 0)
			return true;
	return false;
}

/* The array or object that follows the string which ends at behind, as the
 * member of that key; NULL if it is no key or the member something else. */
static const char *
member_value(const char *behind, const char *end)
{
	const char *p = json_skip_space(behind, end);

	if (p == end || *p != ':')
		return NULL;
	p = json_skip_space(p + 1, end);
	return p < end && (*p == '[' || *p == '{') ? p : NULL;
}

size_t
json_prune(const char *text, size_t len, const char *const *unread, char *out)
{
	static const char nothing[] = "null";
	const char *p = text, *end = text + len, *copied = text;
	const char *key, *value;
	char *to = out;

	while (p < end) {
		if (*p != '"') {
			p++;
			continue;
		}
		key = p;
		p = skip_string(p + 1, end);
		if (p == NULL)
			break;
		value = member_value(p, end);
		if (value == NULL || !is_unread(key, (size_t)(p - key), unread))
			continue;
		p = json_skip(value, end, NULL);
		if (p == NULL)
			break;
		if ((size_t)(p - value) < sizeof(nothing) - 1)
			continue;
		memcpy(to, copied, (size_t)(value - copied));
		to += value - copied;
		memcpy(to, nothing, sizeof(nothing) - 1);
		to += sizeof(nothing) - 1;
		copied = p;
	}
	memcpy(to, copied, (size_t)(end - copied));
	return (size_t)(to + (end - copied) - out);
}
