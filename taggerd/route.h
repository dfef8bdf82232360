/* SPDX-License-Identifier: ISC
 *
 * The default gateway, as /proc/net/route has it: from inside a container on
 * a bridge that is the host. Pure.
 */
#ifndef TAGGERD_ROUTE_H
#define TAGGERD_ROUTE_H

#include <netinet/in.h>
#include <stddef.h>

/* Finds the IPv4 gateway of the default route with the lowest metric in
 * text[0..len), a kernel's /proc/net/route. Returns 0 and fills *gateway, or
 * -1 when there is none. */
int route_parse_gateway(const char *text, size_t len, struct in_addr *gateway);

#endif
