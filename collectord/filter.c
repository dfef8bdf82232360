/* SPDX-License-Identifier: ISC
 *
 * The blacklist: patterns.h over the arguments of a process as one line.
 */
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/patterns.h"
#include "filter.h"

struct filter {
	struct patterns *patterns; /* owned */
	char *line; /* the arguments, joined; kept for the next */
	size_t line_size;
};

struct filter *
filter_new(const struct config_list *patterns, char **error)
{
	struct filter *filter = xcalloc(1, sizeof(*filter));
	uint32_t n = patterns == NULL ? 0 : patterns->n, i;

	filter->patterns = patterns_new();
	for (i = 0; i < n; i++)
		if (patterns_add(filter->patterns, patterns->v[i], error) ==
		    -1) {
			filter_free(filter);
			return NULL;
		}
	return filter;
}

void
filter_free(struct filter *filter)
{
	if (filter == NULL)
		return;
	patterns_free(filter->patterns);
	free(filter->line);
	free(filter);
}

/* Joins the arguments into filter->line. Returns the length. */
static size_t
join(struct filter *filter, const struct strview *args, uint32_t n)
{
	size_t need = 0, len = 0, i;

	for (i = 0; i < n; i++)
		need += args[i].len + (size_t)1;
	if (need > filter->line_size) {
		filter->line = xrealloc(filter->line, need);
		filter->line_size = need;
	}
	for (i = 0; i < n; i++) {
		if (i > 0)
			filter->line[len++] = ' ';
		if (args[i].len > 0)
			memcpy(filter->line + len, args[i].s, args[i].len);
		len += args[i].len;
	}
	for (i = 0; i < len; i++)
		if (filter->line[i] == '\0')
			filter->line[i] = ' ';
	return len;
}

bool
filter_match(struct filter *filter, const struct strview *args, uint32_t n)
{
	uint32_t count = patterns_count(filter->patterns), i;
	size_t len;

	if (count == 0 || n == 0)
		return false;
	len = join(filter, args, n);
	patterns_begin(filter->patterns);
	for (i = 0; i < count; i++)
		if (patterns_match(filter->patterns, i, filter->line, len))
			return true;
	return false;
}

uint64_t
filter_exceeded(const struct filter *filter)
{
	return patterns_exceeded(filter->patterns);
}
