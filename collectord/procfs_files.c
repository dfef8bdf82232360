/* SPDX-License-Identifier: ISC
 *
 * The procfs engine on directories: listing numbers (pids, descriptors),
 * counting the open files of a process, and the answer to inspect. Links are
 * read, never followed.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/log.h"
#include "procfs_private.h"

ssize_t
procfs_list(struct procfs *p, int dirfd)
{
	return getdents64(dirfd, p->entries, sizeof(p->entries));
}

int32_t
procfs_next_number(const struct procfs *p, size_t *at)
{
	/* getdents64(2) aligns its records. */
	const struct dirent64 *entry = (const void *)(p->entries + *at);
	const char *c = entry->d_name;
	int32_t number = 0;

	*at += entry->d_reclen;
	if (*c == '\0' || (*c == '0' && c[1] != '\0'))
		return -1;
	for (; *c != '\0'; c++) {
		if (*c < '0' || *c > '9' || number > (INT32_MAX - 9) / 10)
			return -1;
		number = number * 10 + (*c - '0');
	}
	return number;
}

int32_t
procfs_count_fds(struct procfs *p, struct place *place)
{
	struct stat st;
	ssize_t len;
	int32_t count = 0;
	size_t at;
	int fd;

	if (p->fd_size) {
		if (fstatat(place->dirfd, procfs_name(place, "fd"), &st,
			AT_SYMLINK_NOFOLLOW) == -1)
			return -1;
		return st.st_size > INT32_MAX ? INT32_MAX : (int32_t)st.st_size;
	}
	fd = procfs_open(p, place, "fd", O_DIRECTORY);
	if (fd == -1)
		return -1;
	while (count < LIMIT_FDS_COUNTED && (len = procfs_list(p, fd)) > 0)
		for (at = 0; at < (size_t)len;)
			if (procfs_next_number(p, &at) >= 0)
				count++;
	close(fd);
	return count;
}

bool
procfs_is_identity(struct procfs *p, struct place *place, uint64_t start_ticks)
{
	struct parse_stat st;
	ssize_t n;

	n = procfs_read_file(p, place, "stat", &p->stat, LIMIT_PROC_TEXT);
	return n >= 0 && parse_stat(p->stat.s, (size_t)n, &st) == 0 &&
	    st.starttime == start_ticks;
}

/* Yields the entries of the directory `fd`; returns how many were left. */
static uint32_t
list_files(
    struct procfs *p, int fd, uint32_t max, engine_on_file *on_file, void *arg)
{
	struct place place = { .dirfd = fd, .prefix = 0 };
	struct strview target;
	uint32_t more = 0, seen = 0;
	ssize_t len, n;
	size_t at;
	int32_t number;

	while (more < LIMIT_FDS_COUNTED && (len = procfs_list(p, fd)) > 0) {
		for (at = 0; at < (size_t)len;) {
			const struct dirent64
			    *entry = (const void *)(p->entries + at);

			number = procfs_next_number(p, &at);
			if (number < 0)
				continue;
			if (seen >= max || more > 0) {
				more++;
				continue;
			}
			n = readlinkat(fd, procfs_name(&place, entry->d_name),
			    p->cwd, sizeof(p->cwd));
			if (n == -1 && errno == ENOENT)
				continue; /* closed meanwhile */
			target.s = p->cwd;
			target.len = n > 0 ? (uint32_t)n : 0;
			seen++;
			if (!on_file(number, &target, n >= 0, arg))
				more++;
		}
	}
	return more;
}

const char *
procfs_inspect(struct engine *engine, int32_t pid, uint64_t start_ticks,
    uint32_t max, engine_on_file *on_file, void *arg, uint32_t *more)
{
	struct procfs *p = (struct procfs *)engine;
	const char *error = NULL;
	struct place place;
	int fd;

	*more = 0;
	if (procfs_place_open(p, pid, &place) == -1)
		return errno == EACCES || errno == EPERM ? "permission denied"
							 : "no such process";
	if (!procfs_is_identity(p, &place, start_ticks)) {
		close(place.dirfd);
		return "no such process";
	}
	fd = procfs_open(p, &place, "fd", O_DIRECTORY);
	if (fd == -1) {
		error = errno == EACCES || errno == EPERM
		    ? "permission denied"
		    : "its open files cannot be listed";
	} else {
		*more = list_files(p, fd, max, on_file, arg);
		close(fd);
	}
	/* An end halfway would look like a process with few open files. */
	if (error == NULL && !procfs_is_identity(p, &place, start_ticks))
		error = "the process ended meanwhile";
	close(place.dirfd);
	return error;
}
