/* SPDX-License-Identifier: ISC
 *
 * Scanning of lines and numbers, shared by the parsers and by no one else.
 * Inline, as the hot ones among them live on it.
 */
#ifndef COLLECTORD_PARSE_SCAN_H
#define COLLECTORD_PARSE_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* What is left of the text. */
struct cursor {
	const char *p;
	const char *end;
};

static inline void
skip_blanks(struct cursor *c)
{
	while (c->p < c->end && (*c->p == ' ' || *c->p == '\t'))
		c->p++;
}

/* The next line, without its newline. Returns false at the end. */
static inline bool
scan_line(struct cursor *c, struct cursor *line)
{
	const char *eol;

	if (c->p == c->end)
		return false;
	eol = memchr(c->p, '\n', (size_t)(c->end - c->p));
	line->p = c->p;
	line->end = eol == NULL ? c->end : eol;
	c->p = eol == NULL ? c->end : eol + 1;
	return true;
}

/* Moves past the word if the text goes on with it. */
static inline bool
scan_word(struct cursor *c, const char *word, size_t len)
{
	if ((size_t)(c->end - c->p) < len || memcmp(c->p, word, len) != 0)
		return false;
	c->p += len;
	return true;
}

/* A decimal number, saturating. Returns false when there is no digit. */
static inline bool
scan_u64(struct cursor *c, uint64_t *out)
{
	const char *start = c->p;
	uint64_t v = 0;

	for (; c->p < c->end; c->p++) {
		unsigned digit = (unsigned)(unsigned char)*c->p - '0';

		if (digit > 9)
			break;
		if (v > UINT64_MAX / 10 ||
		    (v == UINT64_MAX / 10 && digit > UINT64_MAX % 10))
			v = UINT64_MAX;
		else
			v = v * 10 + digit;
	}
	*out = v;
	return c->p > start;
}

/* The sum, saturating. */
static inline uint64_t
add_u64(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static inline int32_t
clamp_i32(uint64_t v)
{
	return v > INT32_MAX ? INT32_MAX : (int32_t)v;
}

static inline uint32_t
clamp_u32(uint64_t v)
{
	return v > UINT32_MAX ? UINT32_MAX : (uint32_t)v;
}

/* A number behind blanks; 0 when there is none. */
static inline uint64_t
scan_number(struct cursor *c)
{
	uint64_t v;

	skip_blanks(c);
	return scan_u64(c, &v) ? v : 0;
}

/* The same in kB, as bytes, saturating. */
static inline uint64_t
scan_kilobytes(struct cursor *c)
{
	uint64_t v = scan_number(c);

	return v > UINT64_MAX / 1024 ? UINT64_MAX : v * 1024;
}

#endif
