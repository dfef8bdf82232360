/* SPDX-License-Identifier: ISC
 *
 * A made-up /proc, and what a scan finds in it.
 */
#ifndef TESTS_UNIT_PROCFS_HELP_H
#define TESTS_UNIT_PROCFS_HELP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cmocka.h>

#include "made_files.h"
#include "collectord/engine.h"
#include "collectord/procfs.h"
#include "common/log.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define HUGE         40000 /* bytes: more than LIMIT_CMDLINE */

static const char status_text[] =
    "Name:\tx\nUmask:\t0022\nState:\tS (sleeping)\nTgid:\t50\nPid:\t50\n"
    "PPid:\t1\nUid:\t1000\t1001\t1002\t1003\nGid:\t7\t8\t9\t10\n"
    "Groups:\t4 24\nNSpid:\t50\t3\nVmSize:\t4000 kB\nVmRSS:\t2000 kB\n"
    "RssAnon:\t1000 kB\nRssFile:\t600 kB\nRssShmem:\t400 kB\n"
    "VmData:\t300 kB\nVmExe:\t20 kB\nVmLib:\t30 kB\nVmSwap:\t40 kB\n"
    "Threads:\t3\nvoluntary_ctxt_switches:\t11\n"
    "nonvoluntary_ctxt_switches:\t22\n";
static const char
    io_text[] = "rchar: 1\nwchar: 2\nsyscr: 3\nsyscw: 4\nread_bytes: 5\n"
		"write_bytes: 6\ncancelled_write_bytes: 7\n";

/* A stat line after its comm: state, ppid, flags, vsize. */
#define STAT(comm, state, ppid, flags, vsize)                \
	"50 (" comm ") " state " " ppid " 48 47 0 -1 " flags \
	" 1 2 3 4 150 250 0 0 20 -5 3 0 777 " vsize          \
	" 500 18446744073709551615"                          \
	" 1 2 3 0 0 0 0 0 0 0 0 0 17 1 0 0 0 0 0 1 2 3 4 5 6 7 0\n"
#define PROCESS(comm) STAT(comm, "S", "1", "4194304", "4096000")

/* What a scan found. */
struct found {
	unsigned samples;
	struct engine_sample last;
	char comm[64];
	char exe[64];
	char cmdline[64]; /* its beginning */
	int32_t pids[16];
};

static inline void
on_sample(const struct engine_sample *s, void *arg)
{
	struct found *f = arg;

	f->last = *s;
	snprintf(f->comm, sizeof(f->comm), "%.*s", (int)s->comm.len, s->comm.s);
	snprintf(f->exe, sizeof(f->exe), "%.*s", (int)s->exe.len, s->exe.s);
	snprintf(f->cmdline, sizeof(f->cmdline), "%.*s", (int)s->cmdline.len,
	    s->cmdline.s);
	if (f->samples < COUNT(f->pids))
		f->pids[f->samples] = s->pid;
	f->samples++;
}

/* Takes a file of process 50 away again. */
static inline void
take(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", root, name);
	assert_int_equal(unlink(path), 0);
}

/* A process 50, whose directory lacks nothing. */
static inline int
setup(void **state)
{
	(void)state;
	make_root();
	put_dir("50");
	put_dir("50/fd");
	put("50/stat", PROCESS("name"));
	put("50/status", status_text);
	put("50/io", io_text);
	put_bytes("50/cmdline", "a\0b", 4);
	put_link("50/exe", "/bin/name");
	put_link("50/cwd", "/here");
	put_link("50/root", "/");
	return 0;
}

static inline int
teardown(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", root);
	return system(command);
}

static inline struct rec_skipped
scan(struct engine *engine, enum snapshot_kind kind, struct found *found)
{
	struct rec_skipped skipped = { 0 };

	memset(found, 0, sizeof(*found));
	assert_int_equal(
	    engine->ops->scan(engine, kind, on_sample, found, &skipped), 0);
	return skipped;
}

#endif
