/* SPDX-License-Identifier: ISC
 *
 * Children, and an engine that watches them.
 */
#ifndef TESTS_UNIT_PROCFS_LIVE_HELP_H
#define TESTS_UNIT_PROCFS_LIVE_HELP_H

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "collectord/engine.h"
#include "collectord/inspect.h"
#include "collectord/procfs.h"
#include "common/log.h"

/* What a scan is watched for. */
struct watch {
	pid_t pid;
	bool seen;
	struct engine_sample sample;
	char comm[64], cmdline[64], cwd[64], exe[256];
	unsigned samples;
	/* Called at each sample before `pid`'s, once. */
	void (*before)(struct watch *w);
	pid_t reborn;
};

static inline void
copy(char *out, size_t size, const struct strview *in)
{
	snprintf(out, size, "%.*s", (int)in->len, in->s);
}

static inline void
on_sample(const struct engine_sample *s, void *arg)
{
	struct watch *w = arg;
	void (*before)(struct watch * w) = w->before;

	w->samples++;
	if (s->pid == w->pid) {
		w->seen = true;
		w->sample = *s;
		copy(w->comm, sizeof(w->comm), &s->comm);
		copy(w->cmdline, sizeof(w->cmdline), &s->cmdline);
		copy(w->cwd, sizeof(w->cwd), &s->cwd);
		copy(w->exe, sizeof(w->exe), &s->exe);
	} else if (before != NULL && s->pid < w->pid) {
		w->before = NULL;
		before(w);
	}
}

static inline struct rec_skipped
scan(struct engine *engine, enum snapshot_kind kind, struct watch *w)
{
	struct rec_skipped skipped = { 0 };

	w->seen = false;
	w->samples = 0;
	assert_int_equal(
	    engine->ops->scan(engine, kind, on_sample, w, &skipped), 0);
	return skipped;
}

static inline struct engine *
engine_new(uint32_t max_fds)
{
	struct engine *engine = procfs_new("/proc", max_fds);

	assert_non_null(engine);
	return engine;
}

/* A child that is named `name`, has `files` more files open, and waits. */
static inline pid_t
child(const char *name, int files)
{
	int ready[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	pid = fork();
	assert_int_not_equal(pid, -1);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		prctl(PR_SET_NAME, name);
		while (files-- > 0)
			if (open("/dev/null", O_RDONLY) == -1)
				_exit(1);
		close(ready[0]);
		if (chdir("/usr") == -1 || write(ready[1], "", 1) != 1)
			_exit(1);
		close(ready[1]);
		for (;;)
			pause();
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_int_equal(read(ready[0], &byte, 1), 0); /* and has closed it */
	close(ready[0]);
	return pid;
}

static inline void
end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

#endif
