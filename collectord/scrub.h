/* SPDX-License-Identifier: ISC
 *
 * The scrubber: takes the secrets out of a command line before anything else
 * sees it. What it cannot decide it hides. It never keeps, logs or returns
 * what it took out, and its time is linear in the length of the command
 * line whatever that holds.
 */
#ifndef COLLECTORD_SCRUB_H
#define COLLECTORD_SCRUB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/config.h"
#include "common/strview.h"

struct scrub;

/*
 * The rules of scrub_args, custom_sensitive_words (may be NULL) and
 * strip_proc_arguments. Returns an owned scrubber, or NULL with *error an
 * owned text such as `"*": a word must not be only wildcards`.
 */
struct scrub *scrub_new(const struct config_list *custom_words, bool scrub,
    bool strip, char **error);
void scrub_free(struct scrub *scrub); /* NULL is fine */

/* A command line that may be shown: args.v is one owned allocation that
 * also holds the bytes. All zero is a valid empty one. */
struct scrubbed {
	struct strviews args;
	uint32_t bytes; /* of all arguments together */
};

/*
 * Scrubs the argv in[0..n), of which no more is known when `cut` is set (it
 * was longer than what was read). The result keeps at most `max` bytes of
 * arguments; where it is shorter than the argv for either reason its last
 * argument ends in "..." as one character (U+2026). An argument with NULs in
 * it counts as several; past LIMIT_ARGS they are joined. *out is
 * overwritten, not freed. Fatal without memory.
 */
void scrub_args(const struct scrub *scrub, const struct strview *in, uint32_t n,
    bool cut, uint32_t max, struct scrubbed *out);
void scrubbed_free(struct scrubbed *out); /* empties it; NULL is fine */

#endif
