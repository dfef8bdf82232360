/* SPDX-License-Identifier: ISC
 *
 * The spool's directory. It is ours alone: no link is followed to it or in
 * it, nobody else owns it or a file of it, and one program at a time has it
 * locked.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "common/log.h"
#include "spool_private.h"

#define ASIDE SPOOL_FILE ".damaged-" /* and the time */

/* All that SQLite may make. */
static const char *const files[] = { SPOOL_FILE, SPOOL_FILE "-wal",
	SPOOL_FILE "-shm", SPOOL_FILE "-journal" };
#define FILES (sizeof(files) / sizeof(files[0]))

/* The directories above are for all to walk through. */
static int
make_parents(const char *path)
{
	char *copy = xstrdup(path), *slash = copy;
	int rv = 0;

	while (rv == 0 && (slash = strchr(slash + 1, '/')) != NULL) {
		*slash = '\0';
		if (mkdir(copy, 0755) == -1 && errno != EEXIST)
			rv = -1;
		*slash = '/';
	}
	free(copy);
	return rv;
}

static int
open_dir(const char *path)
{
	return open(
	    path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
}

int
spool_make_dir(const char *path, uid_t uid, gid_t gid)
{
	struct stat st;
	int fd, rv = -1, saved;

	if (make_parents(path) == -1)
		return -1;
	if (mkdir(path, 0700) == -1)
		return errno == EEXIST ? 0 : -1;
	if ((fd = open_dir(path)) == -1)
		return -1;
	/* Only what has just been made changes hands. */
	if (fstat(fd, &st) == 0 && st.st_uid == geteuid())
		rv = fchown(fd, uid, gid) == 0 ? fchmod(fd, 0700) : -1;
	saved = errno;
	close(fd);
	errno = saved;
	return rv;
}

/* Whether the name is free or a plain file of our own with no other name. */
static bool
is_ours(int dir, const char *name, char *why, size_t size)
{
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == -1) {
		if (errno == ENOENT)
			return true;
		snprintf(why, size, "%s: %s", name, strerror(errno));
		return false;
	}
	if (S_ISREG(st.st_mode) && st.st_uid == geteuid() && st.st_nlink == 1)
		return true;
	snprintf(why, size, "%s is not a plain file of our own", name);
	return false;
}

static int
check_dir(int dir, char *why, size_t size)
{
	struct stat st;
	size_t i;

	if (fstat(dir, &st) == -1) {
		snprintf(why, size, "%s", strerror(errno));
		return -1;
	}
	if (st.st_uid != geteuid()) {
		snprintf(why, size, "it belongs to uid %ld and not to us",
		    (long)st.st_uid);
		return -1;
	}
	if ((st.st_mode & 077) != 0 && fchmod(dir, 0700) == -1) {
		snprintf(
		    why, size, "closing it to others: %s", strerror(errno));
		return -1;
	}
	if (flock(dir, LOCK_EX | LOCK_NB) == -1) {
		snprintf(why, size, "%s",
		    errno == EWOULDBLOCK ? "another shipperd has it"
					 : strerror(errno));
		return -1;
	}
	for (i = 0; i < FILES; i++)
		if (!is_ours(dir, files[i], why, size))
			return -1;
	/* SQLite has no word for a file system that is read-only. */
	if (faccessat(dir, ".", W_OK, 0) == -1) {
		snprintf(why, size, "%s", strerror(errno));
		return -1;
	}
	return 0;
}

int
spool_dir_open(const char *path, int *dir, char *why, size_t size)
{
	int fd = open_dir(path);

	if (fd == -1 && errno == ENOENT) {
		if (make_parents(path) == -1 || mkdir(path, 0700) == -1) {
			snprintf(why, size, "it is not there; making it: %s",
			    strerror(errno));
			return -1;
		}
		fd = open_dir(path);
	}
	if (fd == -1) {
		snprintf(why, size, "%s",
		    errno == ELOOP || errno == ENOTDIR
			? "it is not a directory, or a link to one"
			: strerror(errno));
		return -1;
	}
	if (check_dir(fd, why, size) == -1) {
		close(fd);
		return -1;
	}
	*dir = fd;
	return 0;
}

static int
is_aside(const struct dirent *entry)
{
	const char *name = entry->d_name;
	size_t len = strlen(name);

	/* "-wal" and so on go with the database they belong to. */
	return strncmp(name, ASIDE, strlen(ASIDE)) == 0 && name[len - 1] == 'Z';
}

/* The names hold the time, so they sort by it. */
static void
remove_oldest_aside(int dir)
{
	char name[NAME_MAX + 1];
	struct dirent **list;
	int i, n = scandirat(dir, ".", &list, is_aside, alphasort);
	size_t f;

	for (i = 0; i < n; i++) {
		for (f = 0; f < FILES && i < n - LIMIT_SPOOL_ASIDE; f++) {
			snprintf(name, sizeof(name), "%.200s%s",
			    list[i]->d_name, files[f] + strlen(SPOOL_FILE));
			if (unlinkat(dir, name, 0) == 0)
				log_warnx("%s is removed: there are newer "
					  "damaged ones",
				    name);
		}
		free(list[i]);
	}
	if (n >= 0)
		free(list);
}

int
spool_dir_set_aside(int dir, int64_t wall_ms, char *why, size_t size)
{
	time_t now = (time_t)(wall_ms / 1000);
	char stamp[32], name[96];
	struct tm tm;
	size_t i;

	if (gmtime_r(&now, &tm) == NULL ||
	    strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%S", &tm) == 0)
		snprintf(stamp, sizeof(stamp), "%lld", (long long)now);
	snprintf(stamp + strlen(stamp), sizeof(stamp) - strlen(stamp), ".%03dZ",
	    (int)(wall_ms % 1000));
	for (i = 0; i < FILES; i++) {
		snprintf(name, sizeof(name), ASIDE "%s%s", stamp,
		    files[i] + strlen(SPOOL_FILE));
		if (renameat(dir, files[i], dir, name) == -1 &&
		    errno != ENOENT) {
			snprintf(why, size, "renaming %s: %s", files[i],
			    strerror(errno));
			return -1;
		}
	}
	snprintf(why, size, ASIDE "%s", stamp);
	remove_oldest_aside(dir);
	return 0;
}

bool
spool_dir_is_in_place(const char *path, int dir, ino_t inode, bool has_log)
{
	struct stat there, ours, file;

	/* What cannot be told is no reason to leave it. */
	if (fstat(dir, &ours) == -1)
		return true;
	if (lstat(path, &there) == -1 ||
	    (has_log &&
		fstatat(dir, SPOOL_FILE "-wal", &file, AT_SYMLINK_NOFOLLOW) ==
		    -1) ||
	    fstatat(dir, SPOOL_FILE, &file, AT_SYMLINK_NOFOLLOW) == -1)
		return errno != ENOENT && errno != ENOTDIR;
	return there.st_ino == ours.st_ino && there.st_dev == ours.st_dev &&
	    file.st_ino == inode;
}

int64_t
spool_dir_free_bytes(int dir)
{
	struct statvfs vfs;

	if (fstatvfs(dir, &vfs) == -1 || vfs.f_blocks == 0)
		return INT64_MAX; /* the write will tell */
	return (int64_t)(vfs.f_bavail * vfs.f_frsize);
}

static int64_t
size_of(int dir, const char *name)
{
	struct stat st;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 ? st.st_size
								 : 0;
}

void
spool_dir_sizes(int dir, int64_t *database, int64_t *log)
{
	*database = size_of(dir, SPOOL_FILE);
	*log = size_of(dir, SPOOL_FILE "-wal");
}
