/* SPDX-License-Identifier: ISC
 *
 * A list of regexes of the user's own, matched against text that anybody may
 * have written: PCRE2 syntax, bytes, not anchored, each use within a budget
 * of CPU time and memory. Nothing of the text is kept or logged.
 */
#ifndef COMMON_PATTERNS_H
#define COMMON_PATTERNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct patterns;

/* An owned list without a pattern. */
struct patterns *patterns_new(void);
void patterns_free(struct patterns *patterns); /* NULL is fine */

/* Adds one. Returns 0, or -1 with *error an owned text such as `"a(b":
 * missing closing parenthesis at offset 3`. */
int patterns_add(struct patterns *patterns, const char *pattern, char **error);

/* How many there are; they are numbered from 0 as they were added. */
uint32_t patterns_count(const struct patterns *patterns);

/* Begins one use: the budget for all matches until the next call. */
void patterns_begin(struct patterns *patterns);

/* Whether pattern `i` matches. One that goes over the budget does not. */
bool patterns_match(
    struct patterns *patterns, uint32_t i, const char *text, size_t len);

/* How often the budget ended a match, since patterns_new(). */
uint64_t patterns_exceeded(const struct patterns *patterns);

#endif
