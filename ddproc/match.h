/* SPDX-License-Identifier: ISC
 *
 * The words a person searches processes by. A process matches when each word
 * is part of one of its facets: arguments, name, paths, user, container,
 * tags, or is its pid. ASCII letters match in either case.
 */
#ifndef DDPROC_MATCH_H
#define DDPROC_MATCH_H

#include <stdbool.h>

#include "common/schema.h"

struct match {
	char text[LIMIT_MATCH + 1]; /* the words, in lower case */
	struct strview words[LIMIT_MATCH / 2 + 1]; /* borrowed from text */
	uint32_t n;
};

/* Splits `text` at blanks. What is longer than LIMIT_MATCH bytes is cut. No
 * words match every process. `match` must not be moved afterwards. */
void match_parse(struct match *match, const char *text);

/* `host_tags` are every process's as well. */
bool match_process(const struct match *match, const struct rec_process *rec,
    const struct strviews *host_tags);

#endif
