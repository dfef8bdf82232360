/* SPDX-License-Identifier: ISC
 *
 * What a daemon says of itself in its status record. Reads only its own
 * /proc/self, never HOST_PROC.
 */
#ifndef COMMON_SELFSTAT_H
#define COMMON_SELFSTAT_H

#include <stdint.h>

#include "limits.h"

struct selfstat {
	char caps[256];             /* effective, as cap_to_text(3) */
	char user[LIMIT_USER_NAME]; /* its number when it has no name */
	uint64_t rss;               /* bytes, 0 unknown */
	uint64_t pss;               /* bytes, 0 unknown */
};

/* The part that does not change after privileges are dropped. */
void selfstat_identity(struct selfstat *s);

/* The part that does. */
void selfstat_memory(struct selfstat *s);

#endif
