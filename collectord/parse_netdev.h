/* SPDX-License-Identifier: ISC
 *
 * /proc/PID/net/dev: the interfaces of a process's network namespace. Pure.
 */
#ifndef COLLECTORD_PARSE_NETDEV_H
#define COLLECTORD_PARSE_NETDEV_H

#include <stddef.h>
#include <stdint.h>

/* Sums over all interfaces but lo, saturating. */
struct parse_netdev {
	uint64_t received_bytes;
	uint64_t received; /* packets */
	uint64_t sent_bytes;
	uint64_t sent; /* packets */
};

/* Returns 0, or -1 when there is no interface: each namespace has lo. */
int parse_netdev(const char *text, size_t len, struct parse_netdev *out);

#endif
