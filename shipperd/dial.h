/* SPDX-License-Identifier: ISC
 *
 * From a host name to a connected socket: looks the name up, then tries one
 * address after the other within LIMIT_CONNECT_TIMEOUT.
 */
#ifndef SHIPPERD_DIAL_H
#define SHIPPERD_DIAL_H

#include <stdbool.h>
#include <stddef.h>

struct dial;
struct event_base;
struct dns;

/* fd is the callback's; -1: none, and why (borrowed) says why. found: the
 * name had an address. The dial is gone. */
typedef void dial_done(int fd, bool found, const char *why, void *arg);

/* Returns NULL if done was called already. host is borrowed until the end. */
struct dial *dial_start(struct event_base *base, struct dns *dns,
    const char *host, int port, dial_done *done, void *arg);

/* done will not be called. NULL is fine. */
void dial_cancel(struct dial *dial);

/* "192.0.2.1 port 443", to whom fd is connected; "" when nobody knows. */
void dial_describe_peer(int fd, char *out, size_t size);

#endif
