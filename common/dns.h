/* SPDX-License-Identifier: ISC
 *
 * Names to addresses without blocking the loop: literals, /etc/hosts, then
 * the name servers of /etc/resolv.conf.
 */
#ifndef COMMON_DNS_H
#define COMMON_DNS_H

struct addrinfo;
struct event_base;
struct lookup;
struct dns;

/* `found` is the callback's, to be freed with evutil_freeaddrinfo(); NULL
 * when there is none, and `why` (a constant) says why. */
typedef void dns_done(struct addrinfo *found, const char *why, void *arg);

/* Fatal when there is no memory; no name server at all is no error. */
struct dns *dns_new(struct event_base *base);
void dns_free(struct dns *dns);

/* Reads /etc/hosts and /etc/resolv.conf again. */
void dns_reload(struct dns *dns);

/* Starts to look up host for connections of `socktype` to port. done is
 * called once, maybe before this returns (NULL is returned then), never
 * after lookup_cancel(). */
struct lookup *dns_lookup(struct dns *dns, const char *host, int port,
    int socktype, dns_done *done, void *arg);
void lookup_cancel(struct lookup *lookup); /* NULL is fine */

#endif
