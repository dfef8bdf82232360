/* SPDX-License-Identifier: ISC
 *
 * Which records of one snapshot go into which message, bounded by count and
 * by bytes. A container's processes ride with it. Pure arithmetic over sizes.
 */
#ifndef SHIPPERD_CHUNK_H
#define SHIPPERD_CHUNK_H

#include <stddef.h>
#include <stdint.h>

#define CHUNK_ALONE UINT32_MAX

/* What is to be placed. */
struct chunk_record {
	uint32_t size; /* encoded bytes */
	/* The number of the container that a process is in, or CHUNK_ALONE; of
	 * a container its own. */
	uint32_t owner;
};

/* One message: order[first .. first + count) of the plan. */
struct chunk {
	uint32_t first;
	uint32_t count;
	uint32_t containers; /* of them */
	size_t bytes;        /* of them */
};

struct chunk_plan {
	struct chunk *chunks; /* owned; NULL for no records */
	uint32_t n;
	uint32_t *order; /* owned: numbers of records, message by message */
};

/*
 * Plans the messages for n records, each with at most max_records processes,
 * as many containers, and max_bytes (a record that is larger travels alone).
 * A container that does not fit into one message with all its processes
 * begins a message of its own, and the next ones hold the rest. Processes
 * outside of containers fill what room is left. chunk_plan_free() ends it.
 */
void chunk_plan(const struct chunk_record *records, uint32_t n,
    uint32_t max_records, size_t max_bytes, struct chunk_plan *plan);
void chunk_plan_free(struct chunk_plan *plan);

#endif
