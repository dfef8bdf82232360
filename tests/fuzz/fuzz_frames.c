/* SPDX-License-Identifier: ISC
 *
 * A stream of frames, as a link cuts and decodes it. What decodes must
 * encode again, and decode to the same bytes.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/frame.h"
#include "common/schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Encoding is stable: a record that went through it once does not change. */
static void
check_stable(
    enum msg_type type, const union schema_any *rec, struct schema_arena *arena)
{
	struct buf first = { 0 }, second = { 0 };
	union schema_any again;
	const char *why;

	if (schema_encode(&first, type, rec) == 0) {
		if (schema_decode(first.data + FRAME_WORD,
			first.len - FRAME_WORD, arena, &again,
			&why) != (int)type ||
		    schema_encode(&second, type, &again) == -1 ||
		    first.len != second.len ||
		    memcmp(first.data, second.data, first.len) != 0)
			abort();
	}
	buf_free(&first);
	buf_free(&second);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct schema_arena *arena = schema_arena_new();
	union schema_any rec;
	const char *why;
	size_t payload;
	int type;

	while (frame_peek(data, size, &payload) == 1) {
		type = schema_decode(
		    data + FRAME_WORD, payload, arena, &rec, &why);
		if ((type == -1) != (why != NULL))
			abort();
		if (type != -1)
			check_stable((enum msg_type)type, &rec, arena);
		data += FRAME_WORD + payload;
		size -= FRAME_WORD + payload;
	}
	schema_arena_free(arena);
	return 0;
}
