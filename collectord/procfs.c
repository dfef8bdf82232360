/* SPDX-License-Identifier: ISC
 *
 * The procfs engine: lists the pids, walks them beside what is remembered of
 * the last scan, and yields a sample of each process. It reads kernel text
 * and nothing else, keeps nothing of a command line, and trusts no number
 * in a made-up tree.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "procfs.h"
#include "procfs_private.h"

static int
compare_pids(const void *a, const void *b)
{
	int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;

	return (x > y) - (x < y);
}

static void
add_pid(struct procfs *p, int32_t pid, struct rec_skipped *skipped)
{
	if (p->npids == LIMIT_SNAPSHOT_PROCESSES) {
		skipped->limit++;
		return;
	}
	if (p->npids == p->pids_size) {
		p->pids_size = p->pids_size == 0 ? 1024 : p->pids_size * 2;
		p->pids = xrealloc(p->pids, p->pids_size * sizeof(*p->pids));
	}
	p->pids[p->npids++] = pid;
}

/* Fills p->pids, ascending. The kernel lists them so; other trees may not. */
static int
list_pids(struct procfs *p, struct rec_skipped *skipped)
{
	bool sorted = true;
	ssize_t len;
	size_t at;
	int32_t pid;

	p->npids = 0;
	if (lseek(p->fd, 0, SEEK_SET) == -1)
		return -1;
	while ((len = procfs_list(p, p->fd)) > 0) {
		for (at = 0; at < (size_t)len;) {
			pid = procfs_next_number(p, &at);
			if (pid <= 0)
				continue;
			if (p->npids > 0 && p->pids[p->npids - 1] > pid)
				sorted = false;
			add_pid(p, pid, skipped);
		}
	}
	if (len == -1)
		return -1;
	if (!sorted)
		qsort(p->pids, p->npids, sizeof(*p->pids), compare_pids);
	return 0;
}

/* Reads the process of a slot, or forgets it if there is nothing to
 * remember. */
static void
scan_slot(struct procfs *p, struct slot *slot, engine_on_sample *on_sample,
    void *arg, struct rec_skipped *skipped)
{
	struct engine_sample sample;

	slot->read = true;
	switch (procfs_read_process(p, slot, &sample)) {
	case READ_SAMPLE:
		p->rank++;
		on_sample(&sample, arg);
		return;
	case READ_KERNEL:
		skipped->kernel++;
		return;
	case READ_VANISHED:
		skipped->vanished++;
		break;
	case READ_DENIED:
		skipped->denied++;
		break;
	case READ_MALFORMED:
		skipped->malformed++;
		break;
	case READ_LIMIT:
		skipped->limit++;
		break;
	}
	procfs_forget(p, slot);
}

/* Makes the slots of this scan from those of the last; returns how many are
 * of a process that is known. */
static uint32_t
place_slots(struct procfs *p)
{
	static const struct slot empty = { .fd = { -1, -1, -1 } };
	uint32_t i, old = 0, known = 0;

	p->next = xcalloc(p->npids + 1, sizeof(*p->next));
	p->nnext = p->npids;
	for (i = 0; i < p->npids; i++) {
		while (old < p->nslots && p->slots[old].pid < p->pids[i])
			procfs_forget(p, &p->slots[old++]);
		p->next[i] = empty;
		p->next[i].pid = p->pids[i];
		if (old < p->nslots && p->slots[old].pid == p->pids[i]) {
			p->next[i] = p->slots[old];
			p->next[i].read = false;
			p->slots[old++] = empty; /* moved, not shared */
			known += p->next[i].known;
		}
	}
	while (old < p->nslots)
		procfs_forget(p, &p->slots[old++]);
	return known;
}

/* The slots that hold something become those of the last scan. */
static void
keep_slots(struct procfs *p)
{
	uint32_t i, n = 0;

	for (i = 0; i < p->nnext; i++)
		if (p->next[i].known || p->next[i].kernel)
			p->next[n++] = p->next[i];
	free(p->slots);
	p->slots = p->next;
	p->nslots = n;
	p->next = NULL;
	p->nnext = 0;
}

static int
procfs_scan(struct engine *engine, enum snapshot_kind kind,
    engine_on_sample *on_sample, void *arg, struct rec_skipped *skipped)
{
	struct procfs *p = (struct procfs *)engine;
	uint32_t i, known, kernel_before = skipped->kernel;

	p->now_ns = clock_mono_ns();
	p->full = kind == SNAPSHOT_FULL;
	p->all = engine->refresh;
	engine->refresh = false;
	if (list_pids(p, skipped) == -1)
		return -1;
	procfs_set_quotas(p, p->npids);
	known = place_slots(p);
	/* New processes first: they are the likeliest to end soon. The known
	 * ones keep their rank for descriptors before them. */
	p->rank = known;
	for (i = 0; i < p->nnext; i++)
		if (!p->next[i].known && !p->next[i].kernel)
			scan_slot(p, &p->next[i], on_sample, arg, skipped);
	p->rank = 0;
	for (i = 0; i < p->nnext; i++)
		if (!p->next[i].read)
			scan_slot(p, &p->next[i], on_sample, arg, skipped);
	keep_slots(p);
	p->kernel_threads = skipped->kernel - kernel_before;
	return 0;
}

/* The kernel leaves out what hidepid hides, so there is nothing to count;
 * but every pid namespace has a pid 1. */
static const char *
procfs_note(const struct engine *engine)
{
	const struct procfs *p = (const struct procfs *)engine;

	if (!p->real || p->npids == 0 || p->pids[0] == 1)
		return NULL;
	return "proc is mounted with hidepid: processes of other users are "
	       "not seen without CAP_SYS_PTRACE";
}

static uint32_t
procfs_kept_fds(const struct engine *engine)
{
	return ((const struct procfs *)engine)->kept;
}

static void
procfs_free(struct engine *engine)
{
	struct procfs *p = (struct procfs *)engine;
	uint32_t i;

	if (p == NULL)
		return;
	for (i = 0; i < p->nslots; i++)
		procfs_forget(p, &p->slots[i]);
	free(p->slots);
	free(p->pids);
	free(p->stat.s);
	free(p->status.s);
	free(p->io.s);
	free(p->cmdline.s);
	free(p->cgroup.s);
	free(p->network.s);
	close(p->fd);
	free(p);
}

static const struct engine_ops procfs_ops = {
	.name = "procfs",
	.scan = procfs_scan,
	.inspect = procfs_inspect,
	.network = procfs_network,
	.note = procfs_note,
	.kept_fds = procfs_kept_fds,
	.free = procfs_free,
};

/* Whether the kernel (6.2 and later) tells the number of open descriptors as
 * the size of fd/: ours are more than none. */
static bool
probe_fd_size(const struct procfs *p)
{
	struct stat st;

	return p->real && fstatat(p->fd, "self/fd", &st, 0) == 0 &&
	    st.st_size > 0;
}

static void
text_init(struct text *text)
{
	text->size = 4096;
	text->s = xcalloc(1, text->size);
}

struct engine *
procfs_new(const char *path, uint32_t max_fds)
{
	struct procfs *p;
	struct statfs fs;
	int fd;

	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		return NULL;
	p = xcalloc(1, sizeof(*p));
	p->engine.ops = &procfs_ops;
	p->fd = fd;
	p->real = fstatfs(fd, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC;
	p->fd_size = probe_fd_size(p);
	p->in_cgroup_namespace = procfs_is_in_cgroup_namespace();
	p->tick_ns = CLOCK_NS_PER_S / (uint64_t)sysconf(_SC_CLK_TCK);
	p->page = (uint64_t)sysconf(_SC_PAGESIZE);
	p->max_fds = p->real ? max_fds : 0;
	p->budget = p->max_fds;
	text_init(&p->stat);
	text_init(&p->status);
	text_init(&p->io);
	text_init(&p->cmdline);
	text_init(&p->cgroup);
	text_init(&p->network);
	return &p->engine;
}
