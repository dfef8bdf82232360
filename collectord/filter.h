/* SPDX-License-Identifier: ISC
 *
 * The blacklist: the user's regexes against a process's unscrubbed argv. The
 * patterns are root's, the command lines anybody's, so each match has a
 * budget. It keeps nothing of a command line and never logs one.
 */
#ifndef COLLECTORD_FILTER_H
#define COLLECTORD_FILTER_H

#include <stdbool.h>
#include <stdint.h>

#include "common/config.h"
#include "common/strview.h"

struct filter;

/*
 * Compiles the patterns (PCRE2 syntax, bytes, not anchored). Returns an
 * owned filter, which may have no patterns; or NULL with *error an owned
 * text such as `"a(b": missing closing parenthesis at offset 3`.
 */
struct filter *filter_new(const struct config_list *patterns, char **error);
void filter_free(struct filter *filter); /* NULL is fine */

/*
 * Whether any pattern matches the arguments joined by single spaces (NULs in
 * them count as spaces). A match that goes over its budget counts as none.
 */
bool filter_match(
    struct filter *filter, const struct strview *args, uint32_t n);

/* How often a budget ended a match, since filter_new(). */
uint64_t filter_exceeded(const struct filter *filter);

#endif
