/* SPDX-License-Identifier: ISC
 *
 * Matching processes and containers against search words. Pure: no I/O, no
 * memory taken.
 */
#include <stdio.h>
#include <string.h>

#include "match.h"
#include "text.h"

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

void
match_parse_args(struct match *match, int argc, char **argv)
{
	char text[LIMIT_MATCH + 1] = "";
	size_t used = 0;

	for (int i = 0; i < argc && used < sizeof(text); i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used,
		    "%s%s", i > 0 ? " " : "", argv[i]);
	match_parse(match, text);
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

/* The whole word: "healthy" is no part of "unhealthy". */
static bool
is_state(const struct rec_container_stat *stat, struct strview word)
{
	return strview_equal(
		   strview_of(text_container_state(stat->state)), word) ||
	    (stat->health != HEALTH_UNKNOWN &&
		strview_equal(strview_of(text_health(stat->health)), word));
}

static bool
container_has(const struct rec_container *rec, struct strview word)
{
	return has(rec->name, word) || has(rec->image, word) ||
	    has(rec->stat.id, word) || is_state(&rec->stat, word) ||
	    any_has(&rec->tags, word);
}

static bool
process_has(const struct rec_process *rec, struct strview word)
{
	return is_pid(rec->stat.pid, word) || any_has(&rec->args, word) ||
	    has(rec->comm, word) || has(rec->exe, word) ||
	    has(rec->cwd, word) || has(rec->user, word) ||
	    has(rec->stat.container_id, word) || any_has(&rec->tags, word);
}

bool
match_process(const struct match *match, const struct rec_process *rec,
    const struct rec_container *container, const struct strviews *host_tags)
{
	if (match->container.len > 0 &&
	    !strview_equal(match->container, rec->stat.container_id))
		return false;
	for (uint32_t i = 0; i < match->n; i++) {
		struct strview word = match->words[i];

		if (!process_has(rec, word) && !any_has(host_tags, word) &&
		    (container == NULL || !container_has(container, word)))
			return false;
	}
	return true;
}

bool
match_container(const struct match *match, const struct rec_container *rec,
    const struct strviews *host_tags)
{
	for (uint32_t i = 0; i < match->n; i++)
		if (!container_has(rec, match->words[i]) &&
		    !any_has(host_tags, match->words[i]))
			return false;
	return true;
}
