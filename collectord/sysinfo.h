/* SPDX-License-Identifier: ISC
 *
 * What the host is: system, kernel, CPUs, memory, boot time. Read once from
 * /proc, /sys and /etc (or the trees that stand for them). A file that is
 * not there or makes no sense leaves its field empty; nothing here fails.
 */
#ifndef COLLECTORD_SYSINFO_H
#define COLLECTORD_SYSINFO_H

#include <stdint.h>

#include "common/schema.h"

struct sysinfo_chunk;

struct sysinfo_host {
	/* All but hostname, hostname_source and tags (taggerd's). The strings
	 * and the list of CPUs are owned by this struct. */
	struct rec_host host;
	/* ms since the epoch. Taken once, so that a process's createTime stays
	 * the same whatever happens to the clock; 0 unknown. */
	int64_t boot_ms;
	struct sysinfo_chunk *chunks; /* owned: the strings */
};

/*
 * Reads from `proc`, `sys` and `etc`, such as "/proc", "/sys", "/etc".
 * Returns an owned struct. Fatal without memory.
 */
struct sysinfo_host *sysinfo_new(
    const char *proc, const char *sys, const char *etc);
void sysinfo_free(struct sysinfo_host *info); /* NULL is fine */

#endif
