/* SPDX-License-Identifier: ISC
 *
 * When a source asks again: waits with a jitter, so that the hosts of a
 * fleet do not go in step, and longer ones from failure to failure.
 */
#ifndef TAGGERD_RETRY_H
#define TAGGERD_RETRY_H

struct event;

/* Arms a timer for that many s, or up to a quarter less. Fatal without
 * memory. */
void retry_wait(struct event *timer, unsigned seconds);

/* s to wait after a failure: `last` is the wait before it, 0 after a
 * success. From LIMIT_SOURCE_BACKOFF_MIN it doubles, to `most`. */
unsigned retry_longer(unsigned last, unsigned most);

#endif
