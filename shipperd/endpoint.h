/* SPDX-License-Identifier: ISC
 *
 * One endpoint: takes what the queue owes it, sends it over its own
 * connection, and knows when to wait. Whatever happens to it costs the
 * others nothing.
 */
#ifndef SHIPPERD_ENDPOINT_H
#define SHIPPERD_ENDPOINT_H

#include <stdbool.h>
#include <stdint.h>

#include "wish.h"

struct config_endpoint;
struct endpoint;
struct event_base;
struct queue;
struct rec_endpoint;
struct dns;
struct proxy;
struct tls;

/* What the endpoints share. Borrowed; outlives them. */
struct endpoint_env {
	struct event_base *base;
	struct dns *dns;
	struct queue *queue;
	struct tls *tls;
	struct proxy *proxy; /* NULL: there is none */
	const char *hostname;
	bool stopping; /* who fails now does not try again */
	/* State, counters or wish of an endpoint have changed. */
	void (*on_change)(void *arg);
	void *arg;
};

/* index is its number in the queue's sets. config is copied. */
struct endpoint *endpoint_new(const struct endpoint_env *env, unsigned index,
    const struct config_endpoint *config);
void endpoint_free(struct endpoint *e);

/* Whether it is the one that config means: same address, same key. */
bool endpoint_is(
    const struct endpoint *e, const struct config_endpoint *config);
bool endpoint_is_at(const struct endpoint *e, const char *url);

/* Its new number, and the way to it: env->tls and env->proxy may be new, so
 * that whatever it waits for, it tries again. */
void endpoint_renew(
    struct endpoint *e, unsigned index, const struct config_endpoint *config);

/* There may be something to send. */
void endpoint_wake(struct endpoint *e);

/* Whether it may be given what must be sent at once or never. */
bool endpoint_is_ready(const struct endpoint *e);

/* The end is near (env->stopping): a back-off is over, once. */
void endpoint_hurry(struct endpoint *e);

/* While stopping: it has sent everything, or will not. */
bool endpoint_is_through(const struct endpoint *e);

const struct wish *endpoint_wish(const struct endpoint *e);

/* Strings are borrowed until the next call into the endpoint. */
void endpoint_fill_status(const struct endpoint *e, struct rec_endpoint *out);

#endif
