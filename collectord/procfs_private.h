/* SPDX-License-Identifier: ISC
 *
 * What the files of the procfs engine share. Nothing else includes it.
 */
#ifndef COLLECTORD_PROCFS_PRIVATE_H
#define COLLECTORD_PROCFS_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "engine.h"
#include "parse.h"
#include "parse_cgroup.h"

/*
 * Descriptors kept on a process's files. The kernel binds each to the
 * process it was opened for: once that is reaped, reading gives ESRCH,
 * whoever has the pid then. KEPT_STAT is a kernel thread's cmdline instead.
 */
enum kept {
	KEPT_STAT,
	KEPT_STATUS,
	KEPT_IO,
	KEPT_COUNT
};

/* What is remembered of a pid from one scan to the next. */
struct slot {
	int32_t pid;
	int fd[KEPT_COUNT]; /* -1: not kept */
	bool known;         /* the members below are of a live identity */
	bool kernel;        /* a kernel thread: nothing of it is reported */
	bool zombie;
	bool uncontained; /* its container could not be read */
	bool read;        /* in this scan, whatever came of it */
	uint8_t comm_len;
	char comm[16];
	uint32_t hidden; /* set of enum process_hidden */
	uint64_t start_ticks;
	uint64_t exec_key;
	uint64_t static_ns; /* CLOCK_MONOTONIC of the last read of all parts */
};

/* Where the files of one process are: name is `prefix` bytes of path, and a
 * file's name goes behind. */
struct place {
	int dirfd;
	size_t prefix;
	char name[48];
};

struct text {
	char *s;
	size_t size;
};

struct procfs {
	struct engine engine;
	int fd;       /* the tree */
	bool real;    /* it is a proc file system */
	bool fd_size; /* st_size of fd/ is the number of descriptors */
	bool in_cgroup_namespace; /* we are, so paths may be hidden */
	bool all;  /* this scan reads all parts of all processes */
	bool full; /* this scan reads ENGINE_SLOW */
	uint64_t tick_ns;
	uint64_t page;   /* bytes */
	uint64_t now_ns; /* CLOCK_MONOTONIC when the scan began */
	/* Descriptors: see procfs_fd.c. */
	uint32_t max_fds;
	uint32_t budget;            /* at most max_fds; less after EMFILE */
	uint32_t kept;              /* open now */
	uint32_t quota[KEPT_COUNT]; /* processes that may keep each, by rank */
	uint32_t rank;              /* processes read so far in this scan */
	uint32_t kernel_threads;    /* that keep one, as of the last scan */
	/* The pids of this scan, ascending, and the slots of the last. */
	int32_t *pids;
	uint32_t npids, pids_size;
	struct slot *slots;
	uint32_t nslots;
	struct slot *next; /* being filled by this scan */
	uint32_t nnext;
	struct text stat; /* each file has its own, as strings borrow from it */
	struct text status;
	struct text io;
	struct text cmdline;
	struct text cgroup;
	struct text network;           /* of no process's sample */
	struct parse_cgroup container; /* of the sample */
	char hidden[LIMIT_PATH];       /* its path, where that was hidden */
	char exe[LIMIT_PATH], root[LIMIT_PATH], cwd[LIMIT_PATH];
	_Alignas(8) char entries[64 << 10]; /* for getdents64(2) */
};

/* What came of one pid. */
enum outcome {
	READ_SAMPLE,
	READ_KERNEL,
	READ_VANISHED,
	READ_DENIED,
	READ_MALFORMED,
	READ_LIMIT, /* no descriptor or memory to read it with */
};

/* One process being read. */
struct reading {
	struct procfs *p;
	struct slot *slot;
	struct engine_sample *out;
	struct place place;
	struct parse_stat st;
	bool gone; /* a file was not there: perhaps the process is not either */
};

/* procfs_fd.c */

/* Opens place's file. Returns the descriptor or -1; gives kept descriptors
 * back and tries again when there are none left. */
int procfs_open(
    struct procfs *p, struct place *place, const char *file, int flags);
/* Reads all of fd from its start into `text`, which grows up to `max` bytes.
 * Returns the bytes, or -1 with errno set. */
ssize_t procfs_read(int fd, struct text *text, size_t max);
/* As both together. */
ssize_t procfs_read_file(struct procfs *p, struct place *place,
    const char *file, struct text *text, size_t max);
/* The place of pid, by path from the tree's root: only safe beside a kept
 * descriptor that proves afterwards whose files they were. */
void procfs_place_by_path(
    const struct procfs *p, int32_t pid, struct place *place);
/* The place of pid, by a descriptor of its own, to be closed. Returns 0, or
 * -1 with errno set. */
int procfs_place_open(struct procfs *p, int32_t pid, struct place *place);
/* The name of place's file; valid until the next call. */
const char *procfs_name(struct place *place, const char *file);

/* Shares the budget out among n processes, before a scan. */
void procfs_set_quotas(struct procfs *p, uint32_t n);
/* Whether the process being read may keep that descriptor. */
bool procfs_may_keep(const struct procfs *p, enum kept which);
/* Gives fd (-1: nothing happens) to the slot. */
void procfs_keep(struct procfs *p, struct slot *slot, enum kept which, int fd);
void procfs_drop(struct procfs *p, struct slot *slot, enum kept which);
/* Forgets the identity and closes all that was kept of it. */
void procfs_forget(struct procfs *p, struct slot *slot);

/* procfs_read.c */

/* Reads one process into *out. */
enum outcome procfs_read_process(
    struct procfs *p, struct slot *slot, struct engine_sample *out);

/* procfs_parts.c: each fills its part of r->out, or marks it hidden there. */

enum outcome procfs_outcome_of_errno(void);
enum outcome procfs_read_stat(struct reading *r); /* and r->st */
void procfs_read_status(struct reading *r);
void procfs_read_io(struct reading *r);
void procfs_read_parts(struct reading *r); /* those of r->out->parts */

/* procfs_container.c */

/* Fills r->out->container, or leaves it NULL. */
void procfs_read_container(struct reading *r);
int procfs_network(struct engine *engine, int32_t pid, uint64_t start_ticks,
    struct engine_network *network);

/* procfs_hidden.c */

bool procfs_is_in_cgroup_namespace(void);
/* Fills p->container of a process that its cgroups' paths told nothing of. */
void procfs_find_hidden(struct reading *r);

/* procfs_files.c */

/* Whether the process at `place` is the one that started then. */
bool procfs_is_identity(
    struct procfs *p, struct place *place, uint64_t start_ticks);
/* Open descriptors of a process, or -1 with errno set. */
int32_t procfs_count_fds(struct procfs *p, struct place *place);
const char *procfs_inspect(struct engine *engine, int32_t pid,
    uint64_t start_ticks, uint32_t max, engine_on_file *on_file, void *arg,
    uint32_t *more);
/* The next entries of an open directory, in p->entries. Returns the bytes, 0
 * at the end, -1 with errno set. */
ssize_t procfs_list(struct procfs *p, int dirfd);
/* The number that the entry at *at names, or -1; moves *at past it. */
int32_t procfs_next_number(const struct procfs *p, size_t *at);

#endif
