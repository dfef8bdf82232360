/* SPDX-License-Identifier: ISC
 *
 * Preloaded into a program: makes the system calls on its spool fail, or ends
 * the program there, and moves its clocks.
 *
 * FAULT=N:ACTION[:CALL[:FILE]]  the Nth call from the start (0: none), of that
 *                        name and on a path with that end where they are given
 *   ACTION  an errno by number: that call fails so; "errno+": all from it
 *            on; "errno*K": K of them
 *           "before", "after": SIGKILL then
 *           "say": each call is named on standard error, and none fails
 * CLOCK_OFFSET=S         added to the wall clock, in s
 * CLOCK_RATE=N           time passes N times as fast, by every clock; waits in
 *                        epoll_wait(2) are as much shorter
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

static long calls;   /* so far */
static long skipped; /* s that fault_skip() let pass */

/* Lets the clocks go forward by so many seconds. */
void fault_skip(long seconds);
/* How many calls there were. */
long fault_calls(void);

void
fault_skip(long seconds)
{
	skipped += seconds;
}

long
fault_calls(void)
{
	return calls;
}

#define REAL(name)                     \
	static __typeof__(&name) real; \
	if (real == NULL)              \
	*(void **)&real = dlsym(RTLD_NEXT, #name)

static char file[512]; /* the path of the call that was seen last */

static bool
is_spool_path(const char *path)
{
	if (path == NULL || strstr(path, "spool") == NULL)
		return false;
	if (path != file)
		snprintf(file, sizeof(file), "%s", path);
	return true;
}

static bool
is_spool(int fd)
{
	char link[32];
	int saved = errno;
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, file, sizeof(file) - 1);
	errno = saved;
	if (n <= 0)
		return false;
	file[n] = '\0';
	return is_spool_path(file);
}

enum turn {
	TURN_PASS,
	TURN_FAIL,
	TURN_KILL_AFTER
};

static bool
ends_in(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return n >= m && strcmp(text + n - m, end) == 0;
}

/* Calls that the action is for. */
static long
how_many(const char *action)
{
	const char *star = strchr(action, '*');

	if (strchr(action, '+') != NULL)
		return LONG_MAX / 2;
	return star != NULL ? atol(star + 1) : 1;
}

/* What becomes of this call, on `file`. */
static enum turn
turn(const char *name)
{
	static const char *text;
	static char action[16], only[32], only_file[64];
	static long nth;

	if (text == NULL) {
		text = getenv("FAULT");
		if (text == NULL)
			text = "";
		sscanf(text, "%ld:%15[^:]:%31[^:]:%63s", &nth, action, only,
		    only_file);
	}
	if ((only[0] != '\0' && strcmp(only, name) != 0) ||
	    !ends_in(file, only_file))
		return TURN_PASS;
	calls++;
	if (strcmp(action, "say") == 0)
		dprintf(STDERR_FILENO, "call %ld: %s %s\n", calls, name, file);
	if (nth == 0 || calls < nth || calls >= nth + how_many(action))
		return TURN_PASS;
	if (strcmp(action, "before") == 0)
		kill(getpid(), SIGKILL);
	if (strcmp(action, "after") == 0)
		return TURN_KILL_AFTER;
	errno = atoi(action);
	return TURN_FAIL;
}

#define CALL(name, mine, type, failed, ...)                      \
	do {                                                     \
		enum turn t_ = (mine) ? turn(#name) : TURN_PASS; \
		type rv_;                                        \
		REAL(name);                                      \
		if (t_ == TURN_FAIL)                             \
			return failed;                           \
		rv_ = real(__VA_ARGS__);                         \
		if (t_ == TURN_KILL_AFTER)                       \
			kill(getpid(), SIGKILL);                 \
		return rv_;                                      \
	} while (0)

#define FD_CALL(name, type, failed, params, fd, ...)                 \
	type name params                                             \
	{                                                            \
		CALL(name, is_spool(fd), type, failed, __VA_ARGS__); \
	}

#define PATH_CALL(name, type, failed, params, path, ...)                    \
	type name params                                                    \
	{                                                                   \
		CALL(name, is_spool_path(path), type, failed, __VA_ARGS__); \
	}

FD_CALL(pread64, ssize_t, -1, (int fd, void *b, size_t n, off64_t at), fd, fd,
    b, n, at)
FD_CALL(pwrite64, ssize_t, -1, (int fd, const void *b, size_t n, off64_t at),
    fd, fd, b, n, at)
FD_CALL(
    pread, ssize_t, -1, (int fd, void *b, size_t n, off_t at), fd, fd, b, n, at)
FD_CALL(pwrite, ssize_t, -1, (int fd, const void *b, size_t n, off_t at), fd,
    fd, b, n, at)
FD_CALL(fsync, int, -1, (int fd), fd, fd)
FD_CALL(fdatasync, int, -1, (int fd), fd, fd)
FD_CALL(ftruncate64, int, -1, (int fd, off64_t n), fd, fd, n)
FD_CALL(fstat, int, -1, (int fd, struct stat *st), fd, fd, st)
FD_CALL(fstat64, int, -1, (int fd, struct stat64 *st), fd, fd, st)
FD_CALL(fstatvfs, int, -1, (int fd, struct statvfs *st), fd, fd, st)
FD_CALL(flock, int, -1, (int fd, int how), fd, fd, how)
FD_CALL(fstatat, int, -1,
    (int fd, const char *path, struct stat *st, int flags), fd, fd, path, st,
    flags)
FD_CALL(renameat, int, -1,
    (int fd, const char *from, int to_fd, const char *to), fd, fd, from, to_fd,
    to)
PATH_CALL(unlink, int, -1, (const char *path), path, path)
PATH_CALL(mkdir, int, -1, (const char *path, mode_t mode), path, path, mode)
PATH_CALL(
    stat64, int, -1, (const char *path, struct stat64 *st), path, path, st)
PATH_CALL(lstat, int, -1, (const char *path, struct stat *st), path, path, st)

int
fcntl64(int fd, int what, ...)
{
	va_list ap;
	void *arg;

	va_start(ap, what);
	arg = va_arg(ap, void *);
	va_end(ap);
	CALL(fcntl64, is_spool(fd), int, -1, fd, what, arg);
}

int
open64(const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = (flags & O_CREAT) != 0 ? va_arg(ap, mode_t) : 0;
	va_end(ap);
	CALL(open64, is_spool_path(path), int, -1, path, flags, mode);
}

int
open(const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = (flags & O_CREAT) != 0 ? va_arg(ap, mode_t) : 0;
	va_end(ap);
	CALL(open, is_spool_path(path), int, -1, path, flags, mode);
}

static long
number_in(const char *name, long none)
{
	const char *text = getenv(name);

	return text == NULL ? none : atol(text);
}

int
clock_gettime(clockid_t clock, struct timespec *ts)
{
	static long rate, offset;
	static struct timespec first[16];
	long long ns;
	int rv;
	REAL(clock_gettime);

	if (rate == 0) {
		rate = number_in("CLOCK_RATE", 1);
		offset = number_in("CLOCK_OFFSET", 0);
	}
	rv = real(clock, ts);
	if (rv == -1 || clock < 0 || clock >= 16)
		return rv;
	if (first[clock].tv_sec == 0)
		first[clock] = *ts;
	ns = (ts->tv_sec - first[clock].tv_sec) * 1000000000LL + ts->tv_nsec -
	    first[clock].tv_nsec;
	ns = first[clock].tv_nsec + ns * rate;
	ts->tv_sec = first[clock].tv_sec + ns / 1000000000 + skipped;
	ts->tv_nsec = ns % 1000000000;
	if (clock == CLOCK_REALTIME)
		ts->tv_sec += offset;
	return rv;
}

int
epoll_wait(int fd, struct epoll_event *events, int n, int ms)
{
	long rate = number_in("CLOCK_RATE", 1);
	REAL(epoll_wait);

	return real(
	    fd, events, n, ms <= 0 ? ms : (int)((ms + rate - 1) / rate));
}
