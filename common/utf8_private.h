/* SPDX-License-Identifier: ISC
 *
 * What the two files of utf8.h share.
 */
#ifndef COMMON_UTF8_PRIVATE_H
#define COMMON_UTF8_PRIVATE_H

#include <stdint.h>

/* Columns of one character: 0, 1 or 2. */
unsigned utf8_width(uint32_t c);

#endif
