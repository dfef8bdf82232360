/* SPDX-License-Identifier: ISC
 *
 * Foreign bytes become text that is safe on the wire and on a terminal.
 * Pure; the locale of the process plays no part.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "utf8.h"
#include "utf8_private.h"

static const char replacement[] = "\xef\xbf\xbd"; /* U+FFFD */

/* Decodes the sequence at the start of in[0..len). Returns its bytes, or 0
 * when it is cut, overlong, a surrogate, beyond U+10FFFF or no start. */
static size_t
decode(const char *in, size_t len, uint32_t *c)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *p = (const unsigned char *)in;
	size_t n = p[0] < 0x80 ? 1
	    : p[0] < 0xc2      ? 0
	    : p[0] < 0xe0      ? 2
	    : p[0] < 0xf0      ? 3
	    : p[0] < 0xf5      ? 4
			       : 0;

	if (n == 0 || n > len)
		return 0;
	*c = n == 1 ? p[0] : p[0] & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		*c = *c << 6 | (p[i] & 0x3f);
	}
	if (*c < least[n] || *c > 0x10ffff || (*c >= 0xd800 && *c <= 0xdfff))
		return 0;
	return n;
}

size_t
utf8_clean(char *out, const char *in, size_t len)
{
	char *p = out;
	uint32_t c;

	while (len > 0) {
		size_t n = decode(in, len, &c);

		if (n == 0 || c == 0) {
			memcpy(p, replacement, 3);
			p += 3;
			n = 1;
		} else {
			memcpy(p, in, n);
			p += n;
		}
		in += n;
		len -= n;
	}
	*p = '\0';
	return (size_t)(p - out);
}

/* Marks on one character; no language needs more, and a tower of them runs
 * over the lines above. */
#define MARKS_MAX 4

/* Whether a character moves, hides or turns what stands around it: control,
 * line separator, and Unicode's category Cf. */
static bool
is_unsafe(uint32_t c)
{
	static const struct {
		uint32_t first, last;
	} ranges[] = { { 0x00, 0x1f }, { 0x7f, 0x9f }, { 0xad, 0xad },
		{ 0x600, 0x605 }, { 0x61c, 0x61c }, { 0x6dd, 0x6dd },
		{ 0x70f, 0x70f }, { 0x890, 0x891 }, { 0x8e2, 0x8e2 },
		{ 0x180e, 0x180e }, { 0x200b, 0x200f }, { 0x2028, 0x202e },
		{ 0x2060, 0x206f }, { 0xfeff, 0xfeff }, { 0xfff9, 0xfffb },
		{ 0x110bd, 0x110bd }, { 0x110cd, 0x110cd },
		{ 0x13430, 0x1343f }, { 0x1bca0, 0x1bca3 },
		{ 0x1d173, 0x1d17a }, { 0xe0000, 0xe007f } };

	if (c >= 0x20 && c < 0x7f)
		return false;
	for (size_t i = 0; i < sizeof(ranges) / sizeof(*ranges); i++)
		if (c >= ranges[i].first && c <= ranges[i].last)
			return true;
	return false;
}

/* Writes the escape of c, of at most 10 bytes, and a NUL. */
static size_t
escape(char *out, uint32_t c)
{
	static const char letters[] = "abtnvfr"; /* from 7 on */

	if (c >= 7 && c <= 13)
		return (size_t)sprintf(out, "\\%c", letters[c - 7]);
	if (c < 0x80)
		return (size_t)sprintf(out, "\\x%02x", (unsigned)c);
	if (c < 0x10000)
		return (size_t)sprintf(out, "\\u%04x", (unsigned)c);
	return (size_t)sprintf(out, "\\U%08x", (unsigned)c);
}

size_t
utf8_printable(char *out, const char *in, size_t len)
{
	char *p = out;
	uint32_t c = 0;
	unsigned marks = 0; /* that stand on the last character */

	while (len > 0) {
		size_t n = decode(in, len, &c);

		marks = n > 0 && utf8_width(c) == 0 ? marks + 1 : 0;
		if (n == 0) {
			memcpy(p, replacement, 3);
			p += 3;
			n = 1;
		} else if (is_unsafe(c) || marks > MARKS_MAX) {
			p += escape(p, c);
		} else {
			memcpy(p, in, n);
			p += n;
		}
		in += n;
		len -= n;
	}
	*p = '\0';
	return (size_t)(p - out);
}

size_t
utf8_cut(const char *text, size_t len, size_t max)
{
	if (len <= max)
		return len;
	while (max > 0 && ((unsigned char)text[max] & 0xc0) == 0x80)
		max--;
	return max;
}

size_t
utf8_columns(const char *text, size_t len, size_t max, size_t *bytes)
{
	size_t columns = 0, at = 0;
	uint32_t c;

	while (at < len) {
		size_t n = decode(text + at, len - at, &c), width = 1;

		if (n == 0)
			n = 1;
		else
			width = utf8_width(c);
		if (columns + width > max)
			break;
		columns += width;
		at += n;
	}
	*bytes = at;
	return columns;
}
