/* SPDX-License-Identifier: ISC
 *
 * Regexes over PCRE2. One of the user's own may take exponential time on a
 * text that somebody wrote to that end, so the matcher is made to call back
 * before every item of a pattern, and is stopped there when its CPU time is
 * used up. Matching is interpreted: a pattern runs once per new process or
 * container, and needs no memory that can be both written and executed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "clock.h"
#include "limits.h"
#include "log.h"
#include "patterns.h"

/* Callouts between looks at the clock, which costs a system call. */
#define CALLOUTS_PER_LOOK 256

struct patterns {
	pcre2_code **codes; /* owned */
	uint32_t n;
	pcre2_match_context *context;
	pcre2_match_data *result;
	uint64_t exceeded;
	/* Of the use under way. */
	uint32_t callouts;
	uint64_t deadline; /* ns of this thread's CPU time */
};

static uint64_t
cpu_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * CLOCK_NS_PER_S + (uint64_t)ts.tv_nsec;
}

static int
on_callout(pcre2_callout_block *block, void *arg)
{
	struct patterns *patterns = arg;

	(void)block;
	if (++patterns->callouts % CALLOUTS_PER_LOOK != 0)
		return 0;
	return cpu_now() > patterns->deadline ? PCRE2_ERROR_MATCHLIMIT : 0;
}

struct patterns *
patterns_new(void)
{
	struct patterns *patterns = xcalloc(1, sizeof(*patterns));

	patterns->context = pcre2_match_context_create(NULL);
	patterns->result = pcre2_match_data_create(1, NULL);
	if (patterns->context == NULL || patterns->result == NULL)
		fatalx("out of memory");
	pcre2_set_heap_limit(patterns->context, LIMIT_FILTER_HEAP);
	pcre2_set_callout(patterns->context, on_callout, patterns);
	return patterns;
}

void
patterns_free(struct patterns *patterns)
{
	uint32_t i;

	if (patterns == NULL)
		return;
	for (i = 0; i < patterns->n; i++)
		pcre2_code_free(patterns->codes[i]);
	free(patterns->codes);
	pcre2_match_context_free(patterns->context);
	pcre2_match_data_free(patterns->result);
	free(patterns);
}

int
patterns_add(struct patterns *patterns, const char *pattern, char **error)
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
	if (code == NULL) {
		pcre2_get_error_message(number, text, sizeof(text));
		if (asprintf(error, "\"%.200s\": %s at offset %zu", pattern,
			(const char *)text, offset) == -1)
			fatal("asprintf");
		return -1;
	}
	patterns->codes = xrealloc(
	    patterns->codes, (patterns->n + 1) * sizeof(pcre2_code *));
	patterns->codes[patterns->n++] = code;
	return 0;
}

uint32_t
patterns_count(const struct patterns *patterns)
{
	return patterns->n;
}

void
patterns_begin(struct patterns *patterns)
{
	patterns->callouts = 0;
	patterns->deadline = cpu_now() +
	    LIMIT_FILTER_CPU * (CLOCK_NS_PER_S / 1000);
}

bool
patterns_match(
    struct patterns *patterns, uint32_t i, const char *text, size_t len)
{
	int rc = pcre2_match(patterns->codes[i], (PCRE2_SPTR)text, len, 0, 0,
	    patterns->result, patterns->context);

	if (rc < 0 && rc != PCRE2_ERROR_NOMATCH)
		patterns->exceeded++;
	return rc >= 0;
}

uint64_t
patterns_exceeded(const struct patterns *patterns)
{
	return patterns->exceeded;
}
