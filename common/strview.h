/* SPDX-License-Identifier: ISC
 *
 * A length-counted string that somebody else owns. Process names, arguments
 * and paths may hold any byte, so no code here counts on a terminating NUL.
 */
#ifndef COMMON_STRVIEW_H
#define COMMON_STRVIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Borrowed from whatever the comment beside a member of this type names. */
struct strview {
	const char *s; /* NULL when len is 0 is allowed */
	uint32_t len;  /* bytes */
};

/* A borrowed array of borrowed strings. */
struct strviews {
	struct strview *v;
	uint32_t n;
};

#define SV(literal) ((struct strview){ (literal), sizeof(literal) - 1 })

/* All of a C string, borrowed. */
static inline struct strview
strview_of(const char *s)
{
	return (struct strview){ s, (uint32_t)strlen(s) };
}

static inline bool
strview_equal(struct strview a, struct strview b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.s, b.s, a.len) == 0);
}

/* Negative, 0 or positive: the order of their bytes, the shorter first. */
static inline int
strview_compare(struct strview a, struct strview b)
{
	uint32_t len = a.len < b.len ? a.len : b.len;
	int order = len > 0 ? memcmp(a.s, b.s, len) : 0;

	return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

/* FNV-1a: for tables, not against an enemy. */
static inline uint32_t
strview_hash(struct strview v)
{
	uint32_t hash = 2166136261u, i;

	for (i = 0; i < v.len; i++)
		hash = (hash ^ (unsigned char)v.s[i]) * 16777619u;
	return hash;
}

#endif
