/* SPDX-License-Identifier: ISC
 *
 * The figures of one container. A file of a cgroup file system stays open
 * from one scan to the next, within bounds: reading it again costs a sixth of
 * opening it. Once the cgroup is gone such a file gives ENODEV, whoever has
 * its path then.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cgroup_private.h"
#include "common/clock.h"
#include "common/limits.h"
#include "common/log.h"
#include "common/schema.h"
#include "parse.h"
#include "parse_cgroup_files.h"
#include "parse_scan.h"

#define NS_PER_US 1000u

static const struct {
	enum cgroup_controller controller;
	const char *v1;
	const char *v2; /* NULL: another file has it */
	bool parent;    /* the cgroup above */
} files[CGROUP_FILES] = {
	[CGROUP_FILE_TIMES] = { CGROUP_CPUACCT, "cpuacct.stat", "cpu.stat",
	    false },
	[CGROUP_FILE_TOTAL] = { CGROUP_CPUACCT, "cpuacct.usage", NULL, false },
	[CGROUP_FILE_MEMORY] = { CGROUP_MEMORY, "memory.stat", "memory.stat",
	    false },
	[CGROUP_FILE_USAGE] = { CGROUP_MEMORY, "memory.usage_in_bytes",
	    "memory.current", false },
	[CGROUP_FILE_IO] = { CGROUP_BLKIO, "blkio.throttle.io_service_bytes",
	    "io.stat", false },
	[CGROUP_FILE_THREADS] = { CGROUP_PIDS, "pids.current", "pids.current",
	    false },
	[CGROUP_FILE_QUOTA] = { CGROUP_CPU, "cpu.cfs_quota_us", "cpu.max",
	    false },
	[CGROUP_FILE_PERIOD] = { CGROUP_CPU, "cpu.cfs_period_us", NULL, false },
	[CGROUP_FILE_CPUS] = { CGROUP_CPUSET, "cpuset.cpus",
	    "cpuset.cpus.effective", false },
	[CGROUP_FILE_LIMIT] = { CGROUP_MEMORY, "memory.limit_in_bytes",
	    "memory.max", false },
	[CGROUP_FILE_THREAD_LIMIT] = { CGROUP_PIDS, "pids.max", "pids.max",
	    false },
	[CGROUP_FILE_PARENT_QUOTA] = { CGROUP_CPU, "cpu.cfs_quota_us",
	    "cpu.max", true },
	[CGROUP_FILE_PARENT_PERIOD] = { CGROUP_CPU, "cpu.cfs_period_us", NULL,
	    true },
	[CGROUP_FILE_PARENT_LIMIT] = { CGROUP_MEMORY, "memory.limit_in_bytes",
	    "memory.max", true },
};

/* One read of one container. */
struct reading {
	struct cgroup_tree *tree;
	struct cgroup_place *place;
	struct cgroup_sample *out;
	bool gone;    /* a kept file's cgroup is */
	bool absent;  /* a file of what is read in every scan is */
	unsigned got; /* files */
};

static bool
is_v2(const struct cgroup_place *place, enum cgroup_controller controller)
{
	return place->dir[controller].mount == CGROUP_UNIFIED;
}

/* Returns the descriptor, or -1. */
static int
open_file(struct reading *r, enum cgroup_file which)
{
	const struct cgroup_dir *dir = &r->place->dir[files[which].controller];
	const char *name = dir->mount == CGROUP_UNIFIED ? files[which].v2
							: files[which].v1;
	size_t len = strlen(dir->path);
	char path[LIMIT_PATH];
	const char *slash;
	struct stat st;
	int fd, n;

	errno = 0;
	if (name == NULL)
		return -1;
	if (files[which].parent) {
		slash = strrchr(dir->path, '/');
		if (slash == NULL)
			return -1; /* the root bounds nobody */
		len = (size_t)(slash - dir->path);
	}
	n = snprintf(path, sizeof(path), "%.*s%s%s", (int)len, dir->path,
	    len > 0 ? "/" : "", name);
	if (n < 0 || (size_t)n >= sizeof(path))
		return -1;
	fd = cgroup_open(
	    r->tree, r->tree->mount[dir->mount].fd, path, O_RDONLY);
	if (fd != -1 && !r->tree->mount[dir->mount].real &&
	    (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode))) {
		close(fd);
		return -1;
	}
	return fd;
}

/* All of the file into the tree's buffer. Returns the bytes, or -1. */
static ssize_t
read_text(struct cgroup_tree *tree, int fd)
{
	ssize_t n;
	char *more;

	/* One read gives all of a kernel's file that there is room for. */
	while ((n = pread(fd, tree->text, tree->text_size, 0)) ==
		(ssize_t)tree->text_size &&
	    tree->text_size < LIMIT_CGROUP_FILE) {
		more = realloc(tree->text, tree->text_size * 2);
		if (more == NULL)
			fatal("cgroups");
		tree->text = more;
		tree->text_size *= 2;
	}
	return n;
}

/* What is read in every scan goes first: limits leave room for that of all
 * containers. */
static bool
may_keep(const struct cgroup_tree *tree, enum cgroup_controller mount,
    enum cgroup_file which)
{
	if (!tree->mount[mount].real || tree->kept >= tree->max_fds)
		return false;
	return which < CGROUP_FILE_QUOTA ||
	    (uint64_t)tree->places * CGROUP_FILE_QUOTA + tree->kept_limits <
	    tree->max_fds;
}

static void
keep(struct reading *r, enum cgroup_file which, int fd)
{
	r->place->fd[which] = fd;
	r->tree->kept++;
	r->tree->kept_limits += which >= CGROUP_FILE_QUOTA;
}

/* Reads the file into the tree's buffer. Returns the bytes, or -1. */
static ssize_t
read_file(struct reading *r, enum cgroup_file which)
{
	enum cgroup_controller mount = r->place->dir[files[which].controller]
					   .mount;
	int fd = r->place->fd[which];
	bool kept = fd != -1;
	ssize_t n;

	if (mount == CGROUP_CONTROLLERS)
		return -1;
	if (!kept && (fd = open_file(r, which)) == -1) {
		r->absent |= errno == ENOENT && which < CGROUP_FILE_QUOTA;
		return -1;
	}
	n = read_text(r->tree, fd);
	if (n == -1 && errno == ENODEV)
		r->gone = true;
	if (n >= 0)
		r->got++;
	if (kept)
		return n;
	if (n >= 0 && may_keep(r->tree, mount, which))
		keep(r, which, fd);
	else
		close(fd);
	return n;
}

static bool
read_number(struct reading *r, enum cgroup_file which, uint64_t *out)
{
	ssize_t n = read_file(r, which);

	*out = 0;
	return n >= 0 && parse_number(r->tree->text, (size_t)n, out) == 0;
}

static uint64_t
read_limit(struct reading *r, enum cgroup_file which)
{
	ssize_t n = read_file(r, which);
	uint64_t limit;

	if (n == -1 ||
	    parse_cgroup_limit(r->tree->text, (size_t)n, &limit) == -1)
		return 0;
	return limit;
}

/* ns, saturating. */
static uint64_t
to_ns(uint64_t count, uint64_t unit_ns)
{
	uint64_t ns;

	return __builtin_mul_overflow(count, unit_ns, &ns) ? UINT64_MAX : ns;
}

static void
read_cpu(struct reading *r)
{
	struct cgroup_sample *out = r->out;
	struct parse_cgroup_cpu cpu;
	uint64_t user, system;
	ssize_t n = read_file(r, CGROUP_FILE_TIMES);
	bool times;

	if (is_v2(r->place, CGROUP_CPUACCT)) {
		times = n >= 0 &&
		    parse_cgroup_cpu_stat(r->tree->text, (size_t)n, &cpu) == 0;
		if (times) {
			out->total_ns = to_ns(cpu.usage, NS_PER_US);
			out->user_ns = to_ns(cpu.user, NS_PER_US);
			out->system_ns = to_ns(cpu.system, NS_PER_US);
		}
	} else {
		times = n >= 0 &&
		    parse_cgroup_cpuacct(
			r->tree->text, (size_t)n, &user, &system) == 0;
		if (times) {
			out->user_ns = to_ns(user, r->tree->tick_ns);
			out->system_ns = to_ns(system, r->tree->tick_ns);
		}
		if (!read_number(r, CGROUP_FILE_TOTAL, &out->total_ns))
			out->total_ns = add_u64(out->user_ns, out->system_ns);
	}
	if (!times)
		out->hidden |= HIDDEN_CONTAINER_CPU;
}

static void
read_memory(struct reading *r)
{
	struct cgroup_sample *out = r->out;
	struct parse_cgroup_memory memory = { 0, 0, 0 };
	ssize_t n = read_file(r, CGROUP_FILE_MEMORY);
	int rc = -1;

	if (n >= 0)
		rc = is_v2(r->place, CGROUP_MEMORY)
		    ? parse_cgroup_memory_v2(r->tree->text, (size_t)n, &memory)
		    : parse_cgroup_memory_v1(r->tree->text, (size_t)n, &memory);
	out->rss = memory.rss;
	out->cache = memory.cache;
	if (!read_number(r, CGROUP_FILE_USAGE, &out->usage) || rc == -1)
		out->hidden |= HIDDEN_CONTAINER_MEMORY;
	else if (out->usage > memory.inactive)
		out->accounted = out->usage - memory.inactive;
}

static void
read_io(struct reading *r)
{
	struct parse_cgroup_io io = { 0, 0 };
	ssize_t n = read_file(r, CGROUP_FILE_IO);

	if (n == -1)
		r->out->hidden |= HIDDEN_CONTAINER_BLOCK_IO;
	else if (is_v2(r->place, CGROUP_BLKIO))
		parse_cgroup_io_stat(r->tree->text, (size_t)n, &io);
	else
		parse_cgroup_blkio(r->tree->text, (size_t)n, &io);
	r->out->read_bytes = io.read;
	r->out->write_bytes = io.write;
}

/* % of one core, 0 without a quota. */
static double
read_quota(struct reading *r, enum cgroup_file quota_file,
    enum cgroup_file period_file)
{
	uint64_t quota = 0, period = 0;
	ssize_t n;

	if (is_v2(r->place, CGROUP_CPU)) {
		n = read_file(r, quota_file);
		if (n == -1 ||
		    parse_cgroup_cpu_max(
			r->tree->text, (size_t)n, &quota, &period) == -1)
			return 0;
	} else {
		quota = read_limit(r, quota_file);
		if (quota > 0)
			period = read_limit(r, period_file);
	}
	return period == 0 ? 0 : 100.0 * (double)quota / (double)period;
}

/* What bounds a container that has no quota: its parent's, or the CPUs it
 * may use, where those are not all. */
static double
read_inherited_quota(struct reading *r)
{
	double limit = read_quota(
	    r, CGROUP_FILE_PARENT_QUOTA, CGROUP_FILE_PARENT_PERIOD);
	ssize_t n = read_file(r, CGROUP_FILE_CPUS);
	uint32_t cpus;

	if (n >= 0 && parse_cgroup_cpus(r->tree->text, (size_t)n, &cpus) == 0 &&
	    cpus < r->tree->host_cpus && (limit == 0 || 100.0 * cpus < limit))
		limit = 100.0 * cpus;
	return limit;
}

static void
read_limits(struct reading *r)
{
	struct cgroup_place *place = r->place;

	place->cpu_limit = read_quota(r, CGROUP_FILE_QUOTA, CGROUP_FILE_PERIOD);
	if (place->cpu_limit == 0)
		place->cpu_limit = read_inherited_quota(r);
	place->limit = read_limit(r, CGROUP_FILE_LIMIT);
	if (place->limit == 0)
		place->limit = read_limit(r, CGROUP_FILE_PARENT_LIMIT);
	place->thread_limit = read_limit(r, CGROUP_FILE_THREAD_LIMIT);
	place->limits_known = true;
}

static int
read_once(struct cgroup_place *place, bool limits, struct cgroup_sample *out)
{
	struct reading r = { .tree = place->tree, .place = place, .out = out };
	uint32_t lost;

	memset(out, 0, sizeof(*out));
	out->mono_ns = clock_mono_ns();
	read_cpu(&r);
	read_memory(&r);
	read_io(&r);
	if (!read_number(&r, CGROUP_FILE_THREADS, &out->threads))
		out->hidden |= HIDDEN_CONTAINER_THREADS;
	if (limits || !place->limits_known)
		read_limits(&r);
	lost = out->hidden & place->readable;
	if (r.gone || (lost != 0 && r.absent))
		return -1;
	if ((r.got == 0 || place->started == 0) && !cgroup_place_look(place))
		return -1;
	out->cpu_limit = place->cpu_limit;
	out->limit = place->limit;
	out->thread_limit = place->thread_limit;
	out->started = place->started;
	place->readable = ~out->hidden;
	return 0;
}

int
cgroup_read(struct cgroup_place *place, bool limits, struct cgroup_sample *out)
{
	cgroup_place_resolve(place);
	if (read_once(place, limits, out) == 0)
		return 0;
	/* A container that was started again has a new cgroup of that name. */
	cgroup_place_drop_fds(place);
	place->started = 0;
	place->limits_known = false;
	return read_once(place, limits, out);
}
