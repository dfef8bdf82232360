/* SPDX-License-Identifier: ISC
 *
 * The files of a cgroup, v1 and v2. Pure: each function reads buf[0..len)
 * and nothing else; numbers and sums saturate. A function returns 0, or -1
 * for text that does not say what the file is for. Plain counters are for
 * parse_number().
 */
#ifndef COLLECTORD_PARSE_CGROUP_FILES_H
#define COLLECTORD_PARSE_CGROUP_FILES_H

#include <stddef.h>
#include <stdint.h>

/* v1 cpuacct.stat: clock ticks. */
int parse_cgroup_cpuacct(
    const char *buf, size_t len, uint64_t *user, uint64_t *system);

/* v2 cpu.stat, in us. */
struct parse_cgroup_cpu {
	uint64_t usage;
	uint64_t user;
	uint64_t system;
};

int parse_cgroup_cpu_stat(
    const char *buf, size_t len, struct parse_cgroup_cpu *out);

/* v2 cpu.max: us of CPU per period of us; quota 0: none. */
int parse_cgroup_cpu_max(
    const char *buf, size_t len, uint64_t *quota, uint64_t *period);

/* A bound: 0 for none, which is "max", a negative number, or more than 2^60
 * (v1 writes the largest number of pages, in bytes). */
int parse_cgroup_limit(const char *buf, size_t len, uint64_t *out);

/* memory.stat, in bytes. */
struct parse_cgroup_memory {
	uint64_t rss;
	uint64_t cache;
	uint64_t inactive; /* of the cache; what memory pressure takes first */
};

/* With the cgroups below, where the kernel tells. */
int parse_cgroup_memory_v1(
    const char *buf, size_t len, struct parse_cgroup_memory *out);
int parse_cgroup_memory_v2(
    const char *buf, size_t len, struct parse_cgroup_memory *out);

/* Bytes over all devices. No device is no I/O, so these never fail. */
struct parse_cgroup_io {
	uint64_t read;
	uint64_t write;
};

/* v1 blkio.throttle.io_service_bytes. */
void parse_cgroup_blkio(
    const char *buf, size_t len, struct parse_cgroup_io *out);
/* v2 io.stat. */
void parse_cgroup_io_stat(
    const char *buf, size_t len, struct parse_cgroup_io *out);

/* A list of CPUs, "0-3,7": their number. -1 for an empty one, too. */
int parse_cgroup_cpus(const char *buf, size_t len, uint32_t *count);

#endif
