/* SPDX-License-Identifier: ISC
 *
 * The blacklist over PCRE2. A regex of the user's own may take exponential
 * time on a command line that somebody wrote to that end, so the matcher is
 * made to call back before every item of a pattern, and is stopped there
 * when the process has used up its CPU time. Matching is interpreted: it
 * runs once per process, and needs no memory that can be both written and
 * executed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "common/limits.h"
#include "common/log.h"
#include "filter.h"

/* Callouts between looks at the clock, which costs a system call. */
#define CALLOUTS_PER_LOOK 256

struct pattern {
	pcre2_code *code; /* owned */
};

struct filter {
	struct pattern *patterns; /* owned */
	uint32_t n;
	pcre2_match_context *context;
	pcre2_match_data *result;
	char *line; /* the arguments, joined; kept for the next */
	size_t line_size;
	uint64_t exceeded;
	/* Of the match under way. */
	uint32_t callouts;
	int64_t deadline; /* ns of this thread's CPU time */
};

static int64_t
cpu_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static int
on_callout(pcre2_callout_block *block, void *arg)
{
	struct filter *filter = arg;

	(void)block;
	if (++filter->callouts % CALLOUTS_PER_LOOK != 0)
		return 0;
	return cpu_now() > filter->deadline ? PCRE2_ERROR_MATCHLIMIT : 0;
}

/* Compiles one pattern. Returns NULL with *error an owned text. */
static pcre2_code *
compile(const char *pattern, char **error)
{
	/* As the patterns were always meant: bytes, "$" only at the end. */
	const uint32_t options = PCRE2_AUTO_CALLOUT | PCRE2_DOLLAR_ENDONLY |
	    PCRE2_NEVER_UTF;
	PCRE2_UCHAR text[128];
	pcre2_code *code;
	PCRE2_SIZE offset;
	int number;

	code = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED,
	    options, &number, &offset, NULL);
	if (code != NULL)
		return code;
	pcre2_get_error_message(number, text, sizeof(text));
	if (asprintf(error, "\"%.200s\": %s at offset %zu", pattern,
		(const char *)text, offset) == -1)
		fatal("asprintf");
	return NULL;
}

struct filter *
filter_new(const struct config_list *patterns, char **error)
{
	struct filter *filter = xcalloc(1, sizeof(*filter));
	uint32_t n = patterns == NULL ? 0 : patterns->n, i;

	filter->patterns = xcalloc((size_t)n + 1, sizeof(*filter->patterns));
	for (i = 0; i < n; i++) {
		filter->patterns[i].code = compile(patterns->v[i], error);
		if (filter->patterns[i].code == NULL) {
			filter_free(filter);
			return NULL;
		}
		filter->n++;
	}
	filter->context = pcre2_match_context_create(NULL);
	filter->result = pcre2_match_data_create(1, NULL);
	if (filter->context == NULL || filter->result == NULL)
		fatalx("out of memory");
	pcre2_set_heap_limit(filter->context, LIMIT_FILTER_HEAP);
	pcre2_set_callout(filter->context, on_callout, filter);
	return filter;
}

void
filter_free(struct filter *filter)
{
	uint32_t i;

	if (filter == NULL)
		return;
	for (i = 0; i < filter->n; i++)
		pcre2_code_free(filter->patterns[i].code);
	free(filter->patterns);
	pcre2_match_context_free(filter->context);
	pcre2_match_data_free(filter->result);
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
	size_t len;
	uint32_t i;
	int rc;

	if (filter->n == 0 || n == 0)
		return false;
	len = join(filter, args, n);
	filter->callouts = 0;
	filter->deadline = cpu_now() + LIMIT_FILTER_CPU * 1000000;
	for (i = 0; i < filter->n; i++) {
		rc = pcre2_match(filter->patterns[i].code,
		    (PCRE2_SPTR)filter->line, len, 0, 0, filter->result,
		    filter->context);
		if (rc >= 0)
			return true;
		if (rc != PCRE2_ERROR_NOMATCH)
			filter->exceeded++;
	}
	return false;
}

uint64_t
filter_exceeded(const struct filter *filter)
{
	return filter->exceeded;
}
