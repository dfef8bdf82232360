/* SPDX-License-Identifier: ISC
 *
 * Names to addresses without blocking the loop: literals, /etc/hosts, then
 * the name servers of /etc/resolv.conf.
 */
#ifndef SHIPPERD_RESOLVE_H
#define SHIPPERD_RESOLVE_H

struct addrinfo;
struct event_base;
struct lookup;
struct resolver;

/* `found` is the callback's, to be freed with evutil_freeaddrinfo(); NULL
 * when there is none, and `why` (a constant) says why. */
typedef void resolve_done(struct addrinfo *found, const char *why, void *arg);

/* Fatal when there is no memory; no name server at all is no error. */
struct resolver *resolver_new(struct event_base *base);
void resolver_free(struct resolver *resolver);

/* Reads /etc/hosts and /etc/resolv.conf again. */
void resolver_reload(struct resolver *resolver);

/* Starts to look up host for connections of `socktype` to port. done is
 * called once, maybe before this returns (NULL is returned then), never
 * after lookup_cancel(). */
struct lookup *resolve_start(struct resolver *resolver, const char *host,
    int port, int socktype, resolve_done *done, void *arg);
void lookup_cancel(struct lookup *lookup); /* NULL is fine */

#endif
