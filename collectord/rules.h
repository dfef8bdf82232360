/* SPDX-License-Identifier: ISC
 *
 * What the configuration says of command lines: the scrubber and the
 * blacklist, compiled.
 */
#ifndef COLLECTORD_RULES_H
#define COLLECTORD_RULES_H

#include <stdbool.h>
#include <stdio.h>

struct config;
struct filter;
struct scrub;

struct rules {
	struct scrub *scrub;   /* owned */
	struct filter *filter; /* owned */
};

/* Returns 0; or -1 with the errors on `out`, a line each, and *rules all
 * NULL. */
int rules_new(struct rules *rules, const struct config *config, FILE *out);

/* Whether rules_new() would succeed; says on `out` why not. */
bool rules_check(const struct config *config, FILE *out);
void rules_free(struct rules *rules); /* empties it */

#endif
