/* SPDX-License-Identifier: ISC
 *
 * The procfs engine on the single files of a process: each reader fills its
 * part of the sample, or marks it hidden. What the kernel writes goes to the
 * parsers as it is; links are read, not followed.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clock.h"
#include "procfs_private.h"

enum outcome
procfs_outcome_of_errno(void)
{
	switch (errno) {
	case ENOENT:
	case ESRCH:
		return READ_VANISHED;
	case EACCES:
	case EPERM:
		return READ_DENIED;
	case EMFILE:
	case ENFILE:
	case ENOMEM:
		return READ_LIMIT;
	default:
		return READ_MALFORMED;
	}
}

/* After a failed read of what `bit` names. */
static void
note_unreadable(struct reading *r, enum process_hidden bit)
{
	if (errno == ENOENT || errno == ESRCH)
		r->gone = true;
	r->out->hidden |= bit;
}

/* Reads one of the files that descriptors are kept on. */
static ssize_t
read_kept_file(
    struct reading *r, enum kept which, const char *file, struct text *text)
{
	struct procfs *p = r->p;
	ssize_t n;
	int fd;

	if (r->slot->fd[which] != -1)
		return procfs_read(r->slot->fd[which], text, LIMIT_PROC_TEXT);
	if (!procfs_may_keep(p, which))
		return procfs_read_file(
		    p, &r->place, file, text, LIMIT_PROC_TEXT);
	fd = procfs_open(p, &r->place, file, 0);
	if (fd == -1)
		return -1;
	n = procfs_read(fd, text, LIMIT_PROC_TEXT);
	procfs_keep(p, r->slot, which, fd);
	return n;
}

enum outcome
procfs_read_stat(struct reading *r)
{
	ssize_t n;

	n = read_kept_file(r, KEPT_STAT, "stat", &r->p->stat);
	if (n == -1)
		return procfs_outcome_of_errno();
	r->out->mono_ns = clock_mono_ns();
	if (parse_stat(r->p->stat.s, (size_t)n, &r->st) == -1)
		return READ_MALFORMED;
	return READ_SAMPLE;
}

/* Nobody's, as 0 would be root's. */
static void
hide_status(struct engine_sample *out)
{
	out->hidden |= HIDDEN_STATUS;
	out->uid = out->euid = out->suid = UINT32_MAX;
	out->gid = out->egid = out->sgid = UINT32_MAX;
}

void
procfs_read_status(struct reading *r)
{
	struct engine_sample *out = r->out;
	struct parse_status s;
	ssize_t n;

	n = read_kept_file(r, KEPT_STATUS, "status", &r->p->status);
	if (n == -1)
		note_unreadable(r, HIDDEN_STATUS);
	if (n == -1 || parse_status(r->p->status.s, (size_t)n, &s) == -1) {
		hide_status(out);
		return;
	}
	out->swap = s.vmswap;
	out->shared = s.rssfile + s.rssshmem;
	out->text = s.vmexe;
	out->lib = s.vmlib;
	out->data = s.vmdata;
	out->uid = s.uid;
	out->euid = s.euid;
	out->suid = s.suid;
	out->gid = s.gid;
	out->egid = s.egid;
	out->sgid = s.sgid;
	out->nspid = s.nspid;
	out->voluntary_ctxt = s.voluntary_ctxt;
	out->involuntary_ctxt = s.nonvoluntary_ctxt;
}

/* What was refused is tried again only when everything is read again: each
 * try is a line in the log of some security modules. */
static bool
was_refused(const struct reading *r, enum process_hidden bit)
{
	if ((r->out->parts & ENGINE_PATHS) != 0 || (r->slot->hidden & bit) == 0)
		return false;
	r->out->hidden |= bit;
	return true;
}

void
procfs_read_io(struct reading *r)
{
	struct parse_io io;
	ssize_t n;

	if (was_refused(r, HIDDEN_IO))
		return;
	n = read_kept_file(r, KEPT_IO, "io", &r->p->io);
	if (n == -1) {
		note_unreadable(r, HIDDEN_IO);
		return;
	}
	if (parse_io(r->p->io.s, (size_t)n, &io) == -1) {
		r->out->hidden |= HIDDEN_IO;
		return;
	}
	r->out->io.read_ops = io.syscr;
	r->out->io.write_ops = io.syscw;
	r->out->io.read_bytes = io.read_bytes;
	r->out->io.write_bytes = io.write_bytes;
}

static void
read_link(struct reading *r, const char *file, enum process_hidden bit,
    char *buf, struct strview *out)
{
	ssize_t n;

	*out = (struct strview){ 0 };
	if (was_refused(r, bit))
		return;
	n = readlinkat(
	    r->place.dirfd, procfs_name(&r->place, file), buf, LIMIT_PATH);
	if (n == -1) {
		note_unreadable(r, bit);
		return;
	}
	out->s = buf;
	out->len = (uint32_t)n;
}

/* Whether the executable has a name left. What the kernel remembers of it
 * will do: to ask a file server that is gone would be to wait for ever. */
static bool
exe_has_name(struct reading *r)
{
	struct statx stx;

	return r->p->real &&
	    statx(r->place.dirfd, procfs_name(&r->place, "exe"),
		AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT, STATX_NLINK, &stx) == 0 &&
	    stx.stx_nlink > 0;
}

/* The kernel marks the path of an executable that was removed or replaced;
 * one that bears the mark as its own name still has a link to it. */
static void
read_exe(struct reading *r)
{
	static const char mark[] = " (deleted)";
	const uint32_t len = sizeof(mark) - 1;
	struct strview *exe = &r->out->exe;

	read_link(r, "exe", HIDDEN_EXE, r->p->exe, exe);
	r->out->on_disk = exe->len > 0;
	if (exe->len < len || memcmp(exe->s + exe->len - len, mark, len) != 0 ||
	    exe_has_name(r))
		return;
	exe->len -= len;
	r->out->on_disk = false;
}

void
procfs_read_parts(struct reading *r)
{
	struct procfs *p = r->p;
	struct engine_sample *out = r->out;
	ssize_t n;

	if ((out->parts & ENGINE_CONTAINER) != 0)
		procfs_read_container(r);
	if ((out->parts & ENGINE_CMDLINE) != 0) {
		n = procfs_read_file(
		    p, &r->place, "cmdline", &p->cmdline, LIMIT_CMDLINE + 1);
		if (n == -1)
			note_unreadable(r, HIDDEN_CMDLINE);
		out->cmdline.s = p->cmdline.s;
		out->cmdline.len = n > 0 ? (uint32_t)n : 0;
	}
	if ((out->parts & ENGINE_PATHS) != 0) {
		read_exe(r);
		read_link(r, "root", HIDDEN_ROOT, p->root, &out->root);
	}
	if ((out->parts & ENGINE_SLOW) != 0) {
		read_link(r, "cwd", HIDDEN_CWD, p->cwd, &out->cwd);
		out->fds = -1;
		if (!was_refused(r, HIDDEN_FDS)) {
			out->fds = procfs_count_fds(p, &r->place);
			if (out->fds == -1)
				note_unreadable(r, HIDDEN_FDS);
		}
	}
}
