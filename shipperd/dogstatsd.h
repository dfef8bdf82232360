/* SPDX-License-Identifier: ISC
 *
 * Gauges about ourselves, to the dogstatsd of this host by UDP. Nobody may
 * be listening: nothing is ever waited for or said about that.
 */
#ifndef SHIPPERD_DOGSTATSD_H
#define SHIPPERD_DOGSTATSD_H

#include <stdbool.h>
#include <stdint.h>

struct dogstatsd;
struct dns;

struct gauges {
	bool scanned;        /* there was a full snapshot */
	uint64_t processes;  /* in the last full snapshot */
	uint64_t containers; /* in the last full snapshot */
	uint64_t queue_bytes;
	uint64_t queue_dropped; /* payloads since the start */
	uint64_t scan_ms;       /* wall time of the last full scan */
};

/* host is a name or an address. */
struct dogstatsd *dogstatsd_new(struct dns *dns, const char *host, int port);
void dogstatsd_free(struct dogstatsd *stats);

/* Sends all of them in one datagram; those of a scan only after one. */
void dogstatsd_send(struct dogstatsd *stats, const struct gauges *gauges);

#endif
