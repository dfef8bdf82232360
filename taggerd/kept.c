/* SPDX-License-Identifier: ISC
 *
 * Keeping records by way of the schema's own encoder and decoder.
 */
#include <string.h>

#include "common/frame.h"
#include "kept.h"

bool
kept_set(struct kept *kept, enum msg_type type, const void *record)
{
	struct buf frame = { 0 };
	bool changed;

	if (schema_encode(&frame, type, record) == -1)
		return false;
	changed = frame.len != kept->frame.len ||
	    memcmp(frame.data, kept->frame.data, frame.len) != 0;
	buf_free(&kept->frame);
	kept->frame = frame;
	return changed;
}

void
kept_clear(struct kept *kept)
{
	buf_free(&kept->frame);
	schema_arena_free(kept->arena);
	kept->arena = NULL;
}

const union schema_any *
kept_get(struct kept *kept)
{
	const char *why;

	if (kept->frame.len == 0)
		return NULL;
	if (kept->arena == NULL)
		kept->arena = schema_arena_new();
	if (schema_decode(kept->frame.data + FRAME_WORD,
		kept->frame.len - FRAME_WORD, kept->arena, &kept->rec,
		&why) == -1)
		return NULL;
	return &kept->rec;
}
