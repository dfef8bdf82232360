/* SPDX-License-Identifier: ISC
 *
 * The words a person searches processes and containers by. One matches when
 * each word is part of one of its facets: arguments, name, paths, user and
 * tags of a process, or it is its pid; name, image, id and tags of the
 * container that it is or is in, or it is that one's state or health. ASCII
 * letters match in either case.
 */
#ifndef DDPROC_MATCH_H
#define DDPROC_MATCH_H

#include <stdbool.h>

#include "common/schema.h"

struct match {
	char text[LIMIT_MATCH + 1]; /* the words, in lower case */
	struct strview words[LIMIT_MATCH / 2 + 1]; /* borrowed from text */
	uint32_t n;
	struct strview container; /* borrowed: only processes in the container
				     of this id; empty: all */
};

/* Splits `text` at blanks. What is longer than LIMIT_MATCH bytes is cut. No
 * words match all. `match` must not be moved afterwards; its container is left
 * as it is. */
void match_parse(struct match *match, const char *text);
/* The same of arguments, as if they stood in one text. */
void match_parse_args(struct match *match, int argc, char **argv);

/* `container` is the process's, NULL when it is in none that is known.
 * `host_tags` are everybody's as well. */
bool match_process(const struct match *match, const struct rec_process *rec,
    const struct rec_container *container, const struct strviews *host_tags);
bool match_container(const struct match *match, const struct rec_container *rec,
    const struct strviews *host_tags);

#endif
