/* SPDX-License-Identifier: ISC
 *
 * Lines of /proc/net/route: Iface Destination Gateway Flags RefCnt Use
 * Metric Mask ..., addresses as hexadecimal of a word in network order.
 */
#include <net/route.h>
#include <stdio.h>
#include <string.h>

#include "route.h"

/* Bytes of a line; the kernel pads each to 127. */
#define LINE_MOST 256

int
route_parse_gateway(const char *text, size_t len, struct in_addr *gateway)
{
	unsigned to, via, flags, metric, mask, best = 0;
	const char *end = text + len, *newline;
	char line[LINE_MOST];
	int rv = -1;
	size_t n;

	for (; text < end; text = newline + 1) {
		newline = memchr(text, '\n', (size_t)(end - text));
		if (newline == NULL)
			newline = end;
		n = (size_t)(newline - text);
		if (n >= sizeof(line))
			continue;
		memcpy(line, text, n);
		line[n] = '\0';
		if (sscanf(line, "%*s %8x %8x %4x %*u %*u %10u %8x", &to, &via,
			&flags, &metric, &mask) != 5)
			continue;
		if (to != 0 || mask != 0 || via == 0 ||
		    (flags & (RTF_UP | RTF_GATEWAY)) !=
			(RTF_UP | RTF_GATEWAY) ||
		    (rv == 0 && metric >= best))
			continue;
		best = metric;
		gateway->s_addr = via;
		rv = 0;
	}
	return rv;
}
