/* SPDX-License-Identifier: ISC
 *
 * Greedy and in order: a message is closed when the next record would take
 * it past a bound.
 */
#include "chunk.h"
#include "common/log.h"

static struct chunk
take_records(const uint32_t *sizes, uint32_t n, uint32_t first,
    uint32_t max_records, size_t max_bytes)
{
	struct chunk chunk = { .first = first };
	uint32_t i;

	for (i = first; i < n; i++) {
		if (chunk.count > 0 &&
		    (chunk.count >= max_records ||
			chunk.bytes + sizes[i] > max_bytes))
			break;
		chunk.count++;
		chunk.bytes += sizes[i];
	}
	return chunk;
}

uint32_t
chunk_plan(const uint32_t *sizes, uint32_t n, uint32_t max_records,
    size_t max_bytes, struct chunk **chunks)
{
	uint32_t count = 0, room = 0, first = 0;

	*chunks = NULL;
	while (first < n) {
		if (count == room) {
			room = room == 0 ? 16 : 2 * room;
			*chunks = xrealloc(*chunks, room * sizeof(**chunks));
		}
		(*chunks)[count] = take_records(
		    sizes, n, first, max_records, max_bytes);
		first += (*chunks)[count].count;
		count++;
	}
	return count;
}
