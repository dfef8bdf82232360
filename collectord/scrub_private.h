/* SPDX-License-Identifier: ISC
 *
 * The parts of the scrubber, for its own files and nobody else: the words,
 * and the command line as one text with the bounds of its arguments.
 */
#ifndef COLLECTORD_SCRUB_PRIVATE_H
#define COLLECTORD_SCRUB_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/config.h"
#include "scrub.h"

/* A part of a text: offsets, end not in it. */
struct span {
	uint32_t start;
	uint32_t end;
};

/* Arguments joined by single bytes that stand for nothing. */
struct line {
	char *text; /* owned */
	uint32_t len;
	struct span *args; /* owned */
	uint32_t n;
};

/* Joins in[0..n) by spaces; an argument is taken apart at its NULs. */
void line_join(struct line *line, const struct strview *in, uint32_t n);
void line_free(struct line *line);

/* Makes *out the line with each of masks[0..n), which are sorted and apart,
 * as eight asterisks. A mask over several arguments hides each of them. */
void line_mask(struct line *out, const struct line *line,
    const struct span *masks, uint32_t n);

/* Splits the one argument of the line at its spaces. */
void line_split(struct line *line);

/* The last step of scrub_args(): bounds and mark. Shortens the line. */
void line_pack(struct line *line, bool cut, uint32_t max, struct scrubbed *out);

/* What the scrubber takes for a space between words. */
static inline bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

struct scrub_words;

/* The built-in words and the custom ones (NULL: none). Returns them, owned,
 * or NULL with *error an owned text. */
struct scrub_words *scrub_words_new(
    const struct config_list *custom, char **error);
void scrub_words_free(struct scrub_words *words); /* NULL is fine */

/*
 * Whether the token, of which at most two leading dashes are no part, is a
 * sensitive word. It holds no space, '=' or ':'. Returns the word's place in
 * the list, or -1.
 */
int scrub_words_find(
    const struct scrub_words *words, const char *token, uint32_t len);

#endif
