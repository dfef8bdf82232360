/* SPDX-License-Identifier: ISC
 *
 * A bearer token in a file that somebody else writes anew now and then, as
 * Kubernetes does with those of service accounts.
 */
#ifndef TAGGERD_TOKEN_H
#define TAGGERD_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

struct token;

struct token *token_new(const char *path);
void token_free(struct token *token); /* NULL is fine */

/* The token, from a look at its file that is at most LIMIT_TOKEN_AGE old at
 * `now` (ns of CLOCK_MONOTONIC). NULL with *why, "FILE: reason", if there is
 * none. Both are borrowed until the next call. */
const char *token_get(struct token *token, uint64_t now, const char **why);

/* After a server refused it: looks at once. Returns whether there is another
 * token now. */
bool token_renew(struct token *token, uint64_t now);

#endif
