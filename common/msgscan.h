/* SPDX-License-Identifier: ISC
 *
 * The look at a msgpack value before msgpack-c sees it. msgpack-c reserves
 * memory for whatever count an array or map claims; this walk, which takes
 * no memory, refuses a value whose claims its bytes cannot keep.
 */
#ifndef COMMON_MSGSCAN_H
#define COMMON_MSGSCAN_H

#include <stddef.h>

/*
 * Checks that buf holds exactly one msgpack value: nested at most
 * LIMIT_FRAME_DEPTH deep, at most LIMIT_FRAME_NODES values in all, every
 * count possible within the bytes that are left, no ext types, nothing
 * behind it. Returns NULL, or a constant that says what is wrong.
 */
const char *msgscan_check(const void *buf, size_t len);

#endif
