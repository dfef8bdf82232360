/* SPDX-License-Identifier: ISC
 *
 * Matching processes against search words. Pure: no I/O, no memory taken.
 */
#include <stdio.h>
#include <string.h>

#include "match.h"

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

void
match_parse(struct match *match, const char *text)
{
	char *s;
	size_t len;

	snprintf(match->text, sizeof(match->text), "%s", text);
	match->n = 0;
	for (s = match->text; *(s += strspn(s, " \t\n")) != '\0'; s += len) {
		len = strcspn(s, " \t\n");
		for (size_t i = 0; i < len; i++)
			s[i] = lower(s[i]);
		match->words[match->n++] = (struct strview){ s, (uint32_t)len };
	}
}

static bool
has(struct strview facet, struct strview word)
{
	const char *s = facet.s;
	const char *end;

	if (facet.len < word.len)
		return false;
	for (end = s + (facet.len - word.len); s <= end; s++) {
		uint32_t i = 0;

		while (i < word.len && lower(s[i]) == word.s[i])
			i++;
		if (i == word.len)
			return true;
	}
	return false;
}

static bool
any_has(const struct strviews *facets, struct strview word)
{
	for (uint32_t i = 0; i < facets->n; i++)
		if (has(facets->v[i], word))
			return true;
	return false;
}

/* The whole number: a part of one would match half of all processes. */
static bool
is_pid(int32_t pid, struct strview word)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%d", pid);

	return (uint32_t)len == word.len && memcmp(text, word.s, word.len) == 0;
}

static bool
match_word(const struct rec_process *rec, const struct strviews *host_tags,
    struct strview word)
{
	return is_pid(rec->stat.pid, word) || any_has(&rec->args, word) ||
	    has(rec->comm, word) || has(rec->exe, word) ||
	    has(rec->cwd, word) || has(rec->user, word) ||
	    has(rec->stat.container_id, word) || any_has(&rec->tags, word) ||
	    any_has(host_tags, word);
}

bool
match_process(const struct match *match, const struct rec_process *rec,
    const struct strviews *host_tags)
{
	for (uint32_t i = 0; i < match->n; i++)
		if (!match_word(rec, host_tags, match->words[i]))
			return false;
	return true;
}
