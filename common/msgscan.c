/* SPDX-License-Identifier: ISC
 *
 * A msgpack walk that allocates nothing: a small stack of how many values
 * each open array or map still owes.
 */
#include <stdbool.h>
#include <stdint.h>

#include "limits.h"
#include "msgscan.h"

struct scan {
	const unsigned char *p;
	size_t left;
};

/* What one value's head says. */
struct head {
	size_t skip;       /* bytes of body behind the head */
	uint64_t children; /* values inside */
};

/* Reads an n-byte big-endian number. */
static bool
take(struct scan *s, unsigned n, uint64_t *out)
{
	uint64_t v = 0;

	if (s->left < n)
		return false;
	while (n-- > 0) {
		v = v << 8 | *s->p++;
		s->left--;
	}
	*out = v;
	return true;
}

/* Heads 0xc0-0xdf, by msgpack's specification. false: truncated or a type
 * that no frame of ours holds. */
static bool
take_wide(struct scan *s, unsigned byte, struct head *h)
{
	uint64_t n = 0;

	switch (byte) {
	case 0xc0: /* nil */
	case 0xc2: /* false */
	case 0xc3: /* true */
		return true;
	case 0xc4: /* bin 8, 16, 32 */
	case 0xc5:
	case 0xc6:
		if (!take(s, 1u << (byte - 0xc4), &n))
			return false;
		h->skip = (size_t)n;
		return true;
	case 0xca: /* float 32, 64 */
	case 0xcb:
		h->skip = 4u << (byte - 0xca);
		return true;
	case 0xcc: /* uint 8-64, int 8-64 */
	case 0xcd:
	case 0xce:
	case 0xcf:
		h->skip = 1u << (byte - 0xcc);
		return true;
	case 0xd0:
	case 0xd1:
	case 0xd2:
	case 0xd3:
		h->skip = 1u << (byte - 0xd0);
		return true;
	case 0xd9: /* str 8, 16, 32 */
	case 0xda:
	case 0xdb:
		if (!take(s, 1u << (byte - 0xd9), &n))
			return false;
		h->skip = (size_t)n;
		return true;
	case 0xdc: /* array 16, 32 */
	case 0xdd:
		return take(s, 2u << (byte - 0xdc), &h->children);
	case 0xde: /* map 16, 32 */
	case 0xdf:
		if (!take(s, 2u << (byte - 0xde), &n))
			return false;
		h->children = 2 * n;
		return true;
	default: /* 0xc1 and the ext types */
		return false;
	}
}

static bool
take_head(struct scan *s, struct head *h)
{
	uint64_t byte;

	*h = (struct head){ 0 };
	if (!take(s, 1, &byte))
		return false;
	if (byte <= 0x7f || byte >= 0xe0) /* fixint */
		return true;
	if (byte <= 0x8f) { /* fixmap */
		h->children = 2 * (byte & 0x0f);
		return true;
	}
	if (byte <= 0x9f) { /* fixarray */
		h->children = byte & 0x0f;
		return true;
	}
	if (byte <= 0xbf) { /* fixstr */
		h->skip = byte & 0x1f;
		return true;
	}
	return take_wide(s, (unsigned)byte, h);
}

const char *
msgscan_check(const void *buf, size_t len)
{
	struct scan s = { buf, len };
	uint64_t owed[LIMIT_FRAME_DEPTH + 1];
	unsigned depth = 0;
	uint32_t nodes = 0;
	struct head h;

	owed[0] = 1;
	for (;;) {
		while (owed[depth] == 0) {
			if (depth == 0)
				return s.left == 0 ? NULL
						   : "bytes behind the value";
			depth--;
		}
		owed[depth]--;
		if (++nodes > LIMIT_FRAME_NODES)
			return "too many values";
		if (!take_head(&s, &h))
			return "truncated or of an unknown type";
		if (h.skip > s.left || h.children > s.left)
			return "a length larger than the frame";
		s.p += h.skip;
		s.left -= h.skip;
		if (h.children == 0)
			continue;
		if (depth == LIMIT_FRAME_DEPTH)
			return "nested too deep";
		owed[++depth] = h.children;
	}
}
