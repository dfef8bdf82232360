/* SPDX-License-Identifier: ISC
 *
 * The length word of a frame.
 */
#include <stdint.h>

#include "frame.h"
#include "limits.h"

int
frame_peek(const unsigned char *buf, size_t have, size_t *payload)
{
	uint32_t len;

	if (have < FRAME_WORD)
		return 0;
	len = (uint32_t)buf[0] | (uint32_t)buf[1] << 8 |
	    (uint32_t)buf[2] << 16 | (uint32_t)buf[3] << 24;
	if (len == 0 || len > LIMIT_FRAME)
		return -1;
	*payload = len;
	return have - FRAME_WORD >= len;
}
