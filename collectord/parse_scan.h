/* SPDX-License-Identifier: ISC
 *
 * Scanning of numbers, shared by the parsers and by no one else. Inline, as
 * the hot ones among them live on it.
 */
#ifndef COLLECTORD_PARSE_SCAN_H
#define COLLECTORD_PARSE_SCAN_H

#include <stdbool.h>
#include <stdint.h>

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
