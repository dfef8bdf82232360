/* SPDX-License-Identifier: ISC
 *
 * A made-up /proc with containers, and what a scan finds in it.
 */
#ifndef TESTS_UNIT_PROCFS_CONTAINER_HELP_H
#define TESTS_UNIT_PROCFS_CONTAINER_HELP_H

#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "made_files.h"
#include "collectord/cgroup_read.h"
#include "collectord/engine.h"
#include "collectord/parse_cgroup.h"
#include "collectord/procfs.h"
#include "common/log.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

#define ID1 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ID2 "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"

#define NET_DEV                                                  \
	"Inter-|   Receive  |  Transmit\n face |bytes  |bytes\n" \
	"    lo: 9 9 0 0 0 0 0 0 9 9 0 0 0 0 0 0\n"              \
	"  eth0: 1000 10 0 0 0 0 0 0 2000 20 0 0 0 0 0 0\n"

/* A stat line of process 50. */
#define STAT(state, start)                                              \
	"50 (name) " state " 1 48 47 0 -1 4194304 1 2 3 4 150 250 0 0 " \
	"20 -5 3 0 " start " 4096000 500 18446744073709551615 1 2 3 0 " \
	"0 0 0 0 0 0 0 0 17 1 0 0 0 0 0 1 2 3 4 5 6 7 0\n"

/* What a scan said of process 50, or of ourselves. */
static struct {
	int32_t pid;
	bool seen;
	struct engine_sample sample;
	bool told; /* about its container */
	char id[128];
	char path[128]; /* in the v2 hierarchy */
} found;

static inline void
copy(char out[128], const struct strview *text)
{
	snprintf(out, 128, "%.*s", (int)text->len, text->s);
}

static inline void
on_sample(const struct engine_sample *s, void *arg)
{
	(void)arg;
	if (s->pid != found.pid)
		return;
	found.seen = true;
	found.sample = *s;
	found.told = s->container != NULL;
	if (!found.told)
		return;
	copy(found.id, &s->container->id);
	copy(found.path, &s->container->path[CGROUP_UNIFIED]);
}

static inline void
scan(struct engine *engine, enum snapshot_kind kind, int32_t pid)
{
	struct rec_skipped skipped = { 0 };

	memset(&found, 0, sizeof(found));
	found.pid = pid;
	assert_int_equal(
	    engine->ops->scan(engine, kind, on_sample, NULL, &skipped), 0);
	assert_true(found.seen);
}

static inline int
setup(void **state)
{
	(void)state;
	make_root();
	put_dir("1");
	put_dir("1/ns");
	put_link("1/ns/net", "net:[100]");
	put_dir("50");
	put_dir("50/net");
	put_dir("50/ns");
	put("50/stat", STAT("S", "777"));
	put("50/cmdline", "a");
	put("50/cgroup", "4:memory:/docker/" ID1 "\n");
	put("50/net/dev", NET_DEV);
	put_link("50/ns/net", "net:[200]");
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

#endif
