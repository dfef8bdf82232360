/* SPDX-License-Identifier: ISC
 *
 * The head of the POST that carries a payload. Pure.
 */
#ifndef SHIPPERD_REQUEST_H
#define SHIPPERD_REQUEST_H

#include "common/schema.h"

struct payload;

/* What all requests of an endpoint have in common; borrowed. */
struct request_target {
	const char *host; /* an address without brackets */
	int port;
	bool tls;
	const char *path; /* prefix, "" or "/a/b" */
	const char *api_key;
	bool absolute;             /* to a proxy, which reads the whole URL */
	const char *authorization; /* for that proxy; NULL: none */
};

/* Puts the head into out, in place of what is there. Bytes that may not
 * stand in a header are left out of hostname. */
void request_write_head(struct buf *out, const struct request_target *target,
    const struct payload *payload, const char *hostname);

#endif
