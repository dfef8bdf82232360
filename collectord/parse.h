/* SPDX-License-Identifier: ISC
 *
 * Parsers of kernel text: /proc files, link texts, os-release. Each is pure:
 * it reads buf[0..len) and nothing else, takes no memory and keeps no state.
 * The text may come from a hostile process or a made-up tree, so numbers
 * saturate, lengths are counted, and no terminating NUL is expected. Strings
 * in the results are borrowed from buf.
 */
#ifndef COLLECTORD_PARSE_H
#define COLLECTORD_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/schema.h"

/* /proc/PID/stat. Fields that an older kernel does not write are 0. */
struct parse_stat {
	struct strview comm; /* borrowed from buf, without the parentheses */
	char state;          /* the kernel's letter */
	int32_t pid;
	int32_t ppid;
	int32_t pgrp;
	uint64_t flags; /* PF_*: see parse_is_kthread() */
	uint64_t utime; /* clock ticks */
	uint64_t stime; /* clock ticks */
	int32_t priority;
	int32_t nice;
	int32_t threads;
	uint64_t starttime; /* clock ticks since boot */
	uint64_t vsize;     /* bytes */
	uint64_t rss;       /* pages */
	/*
	 * Made of the addresses of code, stack, arguments and environment: an
	 * exec changes it (they are randomised), and so does a process that
	 * moves its argv. Constant where privilege hides the addresses.
	 */
	uint64_t exec_key;
};

/* Returns 0, or -1 for text that is no kernel's. */
int parse_stat(const char *buf, size_t len, struct parse_stat *out);

/* Whether it is a thread of the kernel (PF_KTHREAD). */
bool parse_is_kthread(const struct parse_stat *stat);

/* The kernel's letter as ProcessState. */
enum process_state parse_state(char letter);

/* Which fields of struct parse_status the text had. */
enum parse_status_field {
	STATUS_UID = 1 << 0,
	STATUS_GID = 1 << 1,
	STATUS_VMSIZE = 1 << 2,
	STATUS_VMRSS = 1 << 3,
	STATUS_RSSFILE = 1 << 4,
	STATUS_RSSSHMEM = 1 << 5,
	STATUS_VMDATA = 1 << 6,
	STATUS_VMEXE = 1 << 7,
	STATUS_VMLIB = 1 << 8,
	STATUS_VMSWAP = 1 << 9,
	STATUS_THREADS = 1 << 10,
	STATUS_NSPID = 1 << 11,
	STATUS_VOLUNTARY = 1 << 12,
	STATUS_NONVOLUNTARY = 1 << 13,
};

/* /proc/PID/status. Fields that are not in `present` are 0; kernel threads
 * and zombies have no memory lines. */
struct parse_status {
	uint32_t present; /* set of enum parse_status_field */
	uint32_t uid;     /* real */
	uint32_t euid;
	uint32_t suid;
	uint32_t gid; /* real */
	uint32_t egid;
	uint32_t sgid;
	uint64_t vmsize; /* bytes, as all below */
	uint64_t vmrss;
	uint64_t rssfile;
	uint64_t rssshmem;
	uint64_t vmdata;
	uint64_t vmexe;
	uint64_t vmlib;
	uint64_t vmswap;
	int32_t threads;
	int32_t nspid; /* pid in its innermost namespace */
	uint64_t voluntary_ctxt;
	uint64_t nonvoluntary_ctxt;
};

/* Returns 0, or -1 when there is no Uid line, which every kernel writes. */
int parse_status(const char *buf, size_t len, struct parse_status *out);

/* /proc/PID/io. IOStat's operations are syscr and syscw, its bytes are
 * read_bytes and write_bytes (what reached storage). */
struct parse_io {
	uint64_t rchar; /* bytes */
	uint64_t wchar; /* bytes */
	uint64_t syscr; /* read calls */
	uint64_t syscw; /* write calls */
	uint64_t read_bytes;
	uint64_t write_bytes;
	uint64_t cancelled_write_bytes;
};

/* Returns 0, or -1 unless all seven are there. */
int parse_io(const char *buf, size_t len, struct parse_io *out);

/*
 * /proc/PID/cmdline. 64 KiB: part of a context, not of a stack. Trailing
 * NULs are dropped (programs that rewrite their title pad with them); empty
 * arguments between others are kept. An argv longer than LIMIT_ARGS has the
 * rest in its last view, the NULs still between: scrub_args() and
 * filter_match() know that. Read LIMIT_CMDLINE + 1 bytes: what is past
 * LIMIT_CMDLINE is left out and `cut` is set. The mark for that is put there
 * by scrub_args().
 */
struct parse_cmdline {
	struct strview v[LIMIT_ARGS]; /* borrowed from buf */
	uint32_t n;                   /* 0: a zombie or an empty argv */
	bool cut;
};

void parse_cmdline(const char *buf, size_t len, struct parse_cmdline *out);

/* What the text of a /proc/PID/fd link names. */
enum file_kind parse_file_kind(const char *buf, size_t len);

/* The number in the text of a /proc/PID/ns/net link, "net:[4026531840]"; 0
 * for another text. */
uint64_t parse_net_namespace(const char *buf, size_t len);

/* A file of one decimal number. Returns 0 or -1. */
int parse_number(const char *buf, size_t len, uint64_t *out);

/* /proc/stat: seconds since the epoch. Returns 0, or -1 without a btime. */
int parse_btime(const char *buf, size_t len, int64_t *out);

/* /proc/uptime: ms since boot. Returns 0 or -1. */
int parse_uptime(const char *buf, size_t len, uint64_t *out);

/* /proc/meminfo: MemTotal in bytes. Returns 0 or -1. */
int parse_memtotal(const char *buf, size_t len, uint64_t *out);

/*
 * /proc/cpuinfo of x86, arm, s390 and others: one record per logical CPU, at
 * most `max`, strings borrowed from buf, what a machine does not tell empty
 * or 0. Returns their number.
 */
uint32_t parse_cpuinfo(
    const char *buf, size_t len, struct rec_cpu *cpus, uint32_t max);

/* os-release(5): values without their quotes, empty when not there. */
struct parse_os_release {
	struct strview id;         /* "debian" */
	struct strview version_id; /* "12" */
};

void parse_os_release(
    const char *buf, size_t len, struct parse_os_release *out);

#endif
