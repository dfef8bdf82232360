/* SPDX-License-Identifier: ISC
 *
 * Questions that may take long (NSS, the host's name), asked by one thread
 * so that the loop never waits. The thread touches nothing of the program
 * but the questions and answers in here; one that hangs is left behind at
 * the end.
 */
#ifndef TAGGERD_RESOLVER_H
#define TAGGERD_RESOLVER_H

#include <stdint.h>

#include "common/hostname.h"

struct event_base;
struct resolver;

/* Where answers go, in the loop. name: NULL when there is no such user;
 * borrowed, as the host name is, until the call returns. */
struct resolver_calls {
	void (*on_user)(uint32_t uid, const char *name, void *arg);
	/* Empty: it has no usable name. */
	void (*on_hostname)(const struct hostname *hostname, void *arg);
	void *arg;
};

/* Starts the thread. Call after the program has gone to the background. */
struct resolver *resolver_new(
    struct event_base *base, const struct resolver_calls *calls);

/* No answer comes after this. Does not wait for the thread. */
void resolver_free(struct resolver *resolver);

/* Asks for the name of a user. Returns 0, or -1 when LIMIT_USER_QUEUE
 * questions are waiting. */
int resolver_ask_user(struct resolver *resolver, uint32_t uid);

/* Asks what this host calls itself; hostname_find_own(). */
void resolver_ask_hostname(struct resolver *resolver);

#endif
