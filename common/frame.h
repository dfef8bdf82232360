/* SPDX-License-Identifier: ISC
 *
 * Cutting a byte stream into frames: a u32 little-endian length, then that
 * many bytes of msgpack.
 */
#ifndef COMMON_FRAME_H
#define COMMON_FRAME_H

#include <stddef.h>

#define FRAME_WORD 4 /* bytes of the length word */

/*
 * Looks at the first bytes of a stream. Returns 1 and sets *payload when a
 * whole frame is there (FRAME_WORD + *payload bytes), 0 when more bytes are
 * needed, -1 when the length is 0 or above LIMIT_FRAME.
 */
int frame_peek(const unsigned char *buf, size_t have, size_t *payload);

#endif
