/* SPDX-License-Identifier: ISC
 *
 * The intake's answer to a payload: a ResCollector message behind a header
 * of one of three versions. A parser of foreign bytes: pure, bounded by
 * LIMIT_REPLY_BODY whatever the answer claims of itself.
 */
#ifndef SHIPPERD_REPLY_H
#define SHIPPERD_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct reply {
	char message[256]; /* not empty: the payload is refused; any bytes but
			      NUL, cut */
	bool has_status;
	int32_t active_clients;
	int32_t interval; /* s; 0 leaves it to us */
};

/*
 * Decodes the body of a 2xx answer. Returns 0, or -1 with *why (a constant)
 * saying what is wrong with it.
 */
int reply_decode(
    const void *body, size_t len, struct reply *out, const char **why);

/* Puts asterisks where the message repeats `secret` or is cut within it. An
 * intake may quote the key that it refuses; logs must not. */
void reply_hide(struct reply *reply, const char *secret);

#endif
