/* SPDX-License-Identifier: ISC
 *
 * The two clocks: one for dates, one for durations.
 */
#ifndef COMMON_CLOCK_H
#define COMMON_CLOCK_H

#include <stdint.h>

#define CLOCK_NS_PER_S UINT64_C(1000000000)

/* Wall clock, ms since the epoch. */
int64_t clock_wall_ms(void);

/* CLOCK_MONOTONIC in ns: never steps, stops while the machine sleeps. */
uint64_t clock_mono_ns(void);

#endif
