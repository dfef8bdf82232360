/* SPDX-License-Identifier: ISC
 *
 * A command line as one text with the bounds of its arguments, from what
 * was read to what may be shown. What the scrubber found is taken out before
 * anything is shortened, so no end of a secret can be left standing.
 */
#include <stdlib.h>
#include <string.h>

#include "common/limits.h"
#include "common/log.h"
#include "scrub_private.h"

/* What stands for a secret, and for what was left out (U+2026). */
static const char mask_text[8] = { '*', '*', '*', '*', '*', '*', '*', '*' };
static const char mark_text[3] = { '\xe2', '\x80', '\xa6' };
#define MASK_LEN (uint32_t)sizeof(mask_text)
#define MARK_LEN (uint32_t)sizeof(mark_text)

static void
line_alloc(struct line *line, size_t bytes, uint32_t args)
{
	line->text = xcalloc(1, bytes + 1);
	line->args = xcalloc((size_t)args + 1, sizeof(*line->args));
	line->len = 0;
	line->n = 0;
}

void
line_free(struct line *line)
{
	free(line->text);
	free(line->args);
}

static void
append(struct line *line, const char *s, uint32_t len)
{
	memcpy(line->text + line->len, s, len);
	line->len += len;
}

/* Starts the next argument; it ends where end_arg() is called. */
static void
start_arg(struct line *line)
{
	if (line->n > 0)
		line->text[line->len++] = ' ';
	line->args[line->n].start = line->len;
}

static void
end_arg(struct line *line)
{
	line->args[line->n++].end = line->len;
}

/* The end of the part of s[pos..) that a NUL ends, or all of it does. */
static uint32_t
find_nul(const struct strview *s, uint32_t pos)
{
	const char *nul;

	if (pos >= s->len)
		return s->len;
	nul = memchr(s->s + pos, '\0', s->len - pos);
	return nul == NULL ? s->len : (uint32_t)(nul - s->s);
}

void
line_join(struct line *line, const struct strview *in, uint32_t n)
{
	uint32_t args = n, i, pos, nul;
	size_t bytes = 0;

	for (i = 0; i < n; i++) {
		bytes += in[i].len + (size_t)1;
		for (pos = 0; (nul = find_nul(&in[i], pos)) < in[i].len;
		     pos = nul + 1)
			args++;
	}
	line_alloc(line, bytes, args);
	for (i = 0; i < n; i++) {
		pos = 0;
		do {
			nul = find_nul(&in[i], pos);
			start_arg(line);
			if (nul > pos)
				append(line, in[i].s + pos, nul - pos);
			end_arg(line);
			pos = nul + 1;
		} while (nul < in[i].len);
	}
}

void
line_mask(struct line *out, const struct line *line, const struct span *masks,
    uint32_t n)
{
	uint32_t i, m = 0;

	line_alloc(out, line->len + MASK_LEN * ((size_t)n + line->n), line->n);
	for (i = 0; i < line->n; i++) {
		const struct span *arg = &line->args[i];
		uint32_t pos = arg->start;

		start_arg(out);
		while (m < n && masks[m].start <= arg->end) {
			const struct span *mask = &masks[m];
			bool here = mask->start >= arg->start;
			uint32_t start = here ? mask->start : arg->start;
			uint32_t end = mask->end < arg->end ? mask->end
							    : arg->end;

			/* An empty value is masked where it stands, not in
			 * every empty argument that the mask goes over. */
			if (here || start < end) {
				append(out, line->text + pos, start - pos);
				append(out, mask_text, MASK_LEN);
				pos = end;
			}
			if (mask->end > arg->end)
				break;
			m++;
		}
		append(out, line->text + pos, arg->end - pos);
		end_arg(out);
	}
}

void
line_split(struct line *line)
{
	uint32_t n = 0, pos = 0;

	/* Each argument but the last has a space behind it. */
	line->args = xrealloc(
	    line->args, ((size_t)line->len / 2 + 1) * sizeof(*line->args));
	for (;;) {
		while (pos < line->len && is_space(line->text[pos]))
			pos++;
		if (pos == line->len)
			break;
		line->args[n].start = pos;
		while (pos < line->len && !is_space(line->text[pos]))
			pos++;
		line->args[n++].end = pos;
	}
	line->n = n;
}

/* The length of s[0..len) without a UTF-8 character that is cut at its end;
 * what is no UTF-8 anyway stays as it is. */
static uint32_t
whole_characters(const char *s, uint32_t len)
{
	uint32_t i;

	for (i = 1; i <= 3 && i <= len; i++) {
		unsigned char c = (unsigned char)s[len - i];
		uint32_t need = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;

		if (c >= 0xc0)
			return need > i ? len - i : len;
		if (c < 0x80)
			return len;
	}
	return len;
}

/*
 * Bounds the arguments in place: at most LIMIT_ARGS, the rest joined, and at
 * most `max` bytes. Sets *cut where bytes had to go. Returns the bytes kept.
 */
static uint32_t
bound_args(struct line *line, uint32_t max, bool *cut)
{
	uint32_t total = 0, i;

	if (line->n > LIMIT_ARGS) {
		line->args[LIMIT_ARGS - 1].end = line->args[line->n - 1].end;
		line->n = LIMIT_ARGS;
	}
	for (i = 0; i < line->n; i++) {
		struct span *arg = &line->args[i];

		if (arg->end - arg->start > max - total) {
			arg->end = arg->start + (max - total);
			line->n = i + 1;
			*cut = true;
		}
		if (*cut && i + 1 == line->n)
			arg->end = arg->start +
			    whole_characters(
				line->text + arg->start, arg->end - arg->start);
		total += arg->end - arg->start;
	}
	return total;
}

void
line_pack(struct line *line, bool cut, uint32_t max, struct scrubbed *out)
{
	uint32_t total = bound_args(line, max, &cut), i;
	size_t head = line->n * sizeof(*out->args.v);
	char *bytes;

	memset(out, 0, sizeof(*out));
	if (line->n == 0)
		return;
	out->args.v = xcalloc(1, head + total + (cut ? MARK_LEN : 0) + 1);
	out->args.n = line->n;
	bytes = (char *)out->args.v + head;
	for (i = 0; i < line->n; i++) {
		const struct span *arg = &line->args[i];
		uint32_t len = arg->end - arg->start;

		out->args.v[i].s = bytes;
		memcpy(bytes, line->text + arg->start, len);
		bytes += len;
		if (cut && i + 1 == line->n) {
			memcpy(bytes, mark_text, MARK_LEN);
			len += MARK_LEN;
		}
		out->args.v[i].len = len;
		out->bytes += len;
	}
}

void
scrubbed_free(struct scrubbed *out)
{
	if (out == NULL)
		return;
	free(out->args.v);
	memset(out, 0, sizeof(*out));
}
