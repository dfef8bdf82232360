/* SPDX-License-Identifier: ISC
 *
 * Where the messages of one snapshot begin and end: records in their order,
 * bounded by count and by bytes. Pure arithmetic over sizes.
 */
#ifndef SHIPPERD_CHUNK_H
#define SHIPPERD_CHUNK_H

#include <stddef.h>
#include <stdint.h>

/* One message: records[first .. first + count). */
struct chunk {
	uint32_t first;
	uint32_t count;
	size_t bytes; /* of those records */
};

/*
 * Plans the messages for n records of sizes[i] encoded bytes, each with at
 * most max_records (at least 1) and max_bytes. A record larger than
 * max_bytes travels alone. Returns how many messages there are, 0 for no
 * records; *chunks is an owned array of them, NULL when there are none.
 */
uint32_t chunk_plan(const uint32_t *sizes, uint32_t n, uint32_t max_records,
    size_t max_bytes, struct chunk **chunks);

#endif
