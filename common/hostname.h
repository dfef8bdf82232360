/* SPDX-License-Identifier: ISC
 *
 * The name of this host, as the infrastructure agent finds it: what both
 * send must land on one host.
 */
#ifndef COMMON_HOSTNAME_H
#define COMMON_HOSTNAME_H

#include <stdbool.h>

#define HOSTNAME_MAX 255 /* bytes, RFC 1123 */

struct hostname {
	char name[HOSTNAME_MAX + 1];
	char source[128]; /* who said it: "datadog.conf:3", "FQDN"... */
};

/* Whether s is a host name by RFC 1123 and not localhost. Pure. */
bool hostname_valid(const char *s);

/*
 * What this host calls itself: asks DNS and the kernel, in this order, until
 * one answers with a valid name; taggerd/hostoffers.h knows of others. May
 * block on DNS for as long as the resolver does, so a daemon calls it in a
 * thread. Returns 0 and fills *out, or -1 when there is none.
 */
int hostname_find_own(struct hostname *out);

#endif
