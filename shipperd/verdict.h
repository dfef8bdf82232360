/* SPDX-License-Identifier: ISC
 *
 * What the status of an answer means for the payload and for the endpoint.
 * Pure.
 */
#ifndef SHIPPERD_VERDICT_H
#define SHIPPERD_VERDICT_H

#include <stdbool.h>

#include "common/schema.h"

#define VERDICT_TEXT 256 /* bytes */

enum outcome {
	OUT_DELIVERED,
	OUT_REFUSED, /* this payload will never be taken: quarantined */
	OUT_RETRY,
	OUT_PAUSE, /* the key is refused */
};

struct verdict {
	enum outcome outcome;
	enum endpoint_step step; /* how far the endpoint is in order */
	char text[VERDICT_TEXT]; /* what is wrong; "" when nothing is */
};

/* by_proxy: the request went to a proxy that reads it, so that the answer may
 * be its own. status is 200-599. */
void verdict_of_status(struct verdict *v, int status, bool by_proxy);

#endif
