/* SPDX-License-Identifier: ISC
 *
 * The inside of an endpoint, for endpoint.c (what it does) and
 * endpoint_status.c (what it says of itself).
 */
#ifndef SHIPPERD_ENDPOINT_PRIVATE_H
#define SHIPPERD_ENDPOINT_PRIVATE_H

#include "endpoint.h"
#include "request.h"
#include "verdict.h"

enum endpoint_state {
	EP_READY, /* nothing to send */
	EP_SENDING,
	EP_BACKOFF, /* until the timer */
	EP_PAUSED,  /* until the timer: the key is refused */
};

struct endpoint {
	const struct endpoint_env *env; /* borrowed */
	unsigned index;
	char *url; /* owned, as all strings here */
	char *host;
	char *path;
	char *api_key;
	struct proxy *proxy;          /* a reference; NULL: direct */
	struct request_target target; /* of these */
	struct conn *conn;
	struct event *timer;
	enum endpoint_state state;

	struct payload *payload; /* SENDING: a reference */
	struct buf head;         /* SENDING: its request */

	unsigned failures; /* in a row */
	bool gave_up;      /* failed while stopping */
	struct wish wish;

	int64_t last_try;        /* ms since the epoch, 0 never */
	enum endpoint_step step; /* how far it came */
	int64_t last_success;    /* ms since the epoch, 0 never */
	uint64_t delivered;
	uint64_t retried;
	uint64_t late; /* real time that failed */
	uint64_t refused;
	char last_error[VERDICT_TEXT]; /* "" since the last success */
	char complaint[VERDICT_TEXT];  /* the last one in the log */
	uint64_t complained;           /* ns of CLOCK_MONOTONIC */
};

#endif
