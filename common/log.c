/* SPDX-License-Identifier: ISC
 *
 * Log lines. The one mutable global of the suite lives here, as a log line
 * must be possible anywhere. It never blocks and never ends a daemon: a line
 * that cannot be written at once is lost and counted, and the next one that
 * can be written says how many there were.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "limits.h"
#include "log.h"
#include "utf8.h"

#define SYSLOG_SOCKET "/dev/log"
#define SYSLOG_DAEMON (3 << 3) /* the facility, RFC 5424 */

enum destination {
	DEST_FD, /* a file or stderr */
	DEST_SYSLOG,
};

static struct {
	pthread_mutex_t lock; /* workers log too */
	enum destination dest;
	int fd;        /* of the file, stderr, or the syslog socket or -1 */
	char *path;    /* owned; NULL is stderr */
	uint64_t lost; /* lines since the last that was written */
	bool torn;     /* the last line in the file lacks its end */
	enum log_level level;
	char program[32];
} logger = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.fd = STDERR_FILENO,
	.level = LOG_LEVEL_INFO,
	.program = "dd-process-agent",
};

static const char *const level_names[] = { "DEBUG", "INFO", "WARNING", "ERROR",
	"CRITICAL" };
static const int syslog_severities[] = { 7, 6, 4, 3, 2 };

void
log_init(const char *program)
{
	snprintf(logger.program, sizeof(logger.program), "%s", program);
}

void
log_set_level(enum log_level level)
{
	logger.level = level;
}

bool
log_debugging(void)
{
	return logger.level == LOG_LEVEL_DEBUG;
}

/* Takes fd as the destination and closes the former one. */
static void
dest_set(enum destination dest, int fd)
{
	if (logger.fd != -1 && logger.fd != STDERR_FILENO)
		close(logger.fd);
	logger.dest = dest;
	logger.fd = fd;
	logger.torn = false;
}

/* O_NONBLOCK is for a path that names a FIFO nobody reads, O_NOFOLLOW for a
 * directory that others than root can write: root may open this. */
static int
file_open(const char *path)
{
	return open(path,
	    O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK |
		O_NOFOLLOW,
	    0640);
}

int
log_open(const char *path)
{
	int fd = STDERR_FILENO;
	char *copy = NULL;

	if (path != NULL) {
		fd = file_open(path);
		if (fd == -1)
			return -1;
		copy = xstrdup(path);
	}
	pthread_mutex_lock(&logger.lock);
	dest_set(DEST_FD, fd);
	free(logger.path);
	logger.path = copy;
	pthread_mutex_unlock(&logger.lock);
	return 0;
}

/* Returns a socket that is connected to syslog, or -1. */
static int
syslog_connect(void)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX,
		.sun_path = SYSLOG_SOCKET };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd != -1 && connect(fd, (struct sockaddr *)&to, sizeof(to)) == -1) {
		close(fd);
		return -1;
	}
	return fd;
}

void
log_open_syslog(void)
{
	pthread_mutex_lock(&logger.lock);
	dest_set(DEST_SYSLOG, syslog_connect());
	pthread_mutex_unlock(&logger.lock);
}

int
log_reopen(void)
{
	int fd;

	if (logger.dest == DEST_SYSLOG || logger.path == NULL)
		return 0;
	fd = file_open(logger.path);
	if (fd == -1)
		return -1;
	pthread_mutex_lock(&logger.lock);
	dest_set(DEST_FD, fd);
	pthread_mutex_unlock(&logger.lock);
	return 0;
}

/* Puts "TIME PROGRAM[PID] LEVEL " and the text, made printable, on one line
 * of at most size bytes. Returns its length with the newline. */
static size_t
line_format(char *out, size_t size, enum log_level level, const char *text)
{
	char stamp[32], shown[6 * LIMIT_LOG_TEXT + 1];
	time_t now = time(NULL);
	struct tm tm;
	size_t len, head;

	gmtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%SZ ", &tm);
	if (logger.dest == DEST_SYSLOG)
		snprintf(stamp, sizeof(stamp), "<%d>",
		    SYSLOG_DAEMON | syslog_severities[level]);
	head = (size_t)snprintf(out, size, "%s%s[%d]%s %s ", stamp,
	    logger.program, (int)getpid(),
	    logger.dest == DEST_SYSLOG ? ":" : "", level_names[level]);
	len = utf8_printable(shown, text, strlen(text));
	len = utf8_cut(shown, len, size - head - 1);
	memcpy(out + head, shown, len);
	out[head + len] = '\n';
	return head + len + 1;
}

/* A write of at most PIPE_BUF bytes to what poll() calls ready does not
 * block, without O_NONBLOCK on a stderr that we share with others. */
static int
fd_write(const char *line, size_t len)
{
	struct pollfd pfd = { .fd = logger.fd, .events = POLLOUT };
	ssize_t n;

	if (poll(&pfd, 1, 0) != 1 || pfd.revents != POLLOUT)
		return -1;
	if (logger.torn && write(logger.fd, "\n", 1) != 1)
		return -1;
	logger.torn = false;
	n = write(logger.fd, line, len);
	logger.torn = n > 0 && (size_t)n < len;
	return n == (ssize_t)len ? 0 : -1;
}

/* One datagram is one line; journald may have been restarted since. */
static int
syslog_write(const char *line, size_t len)
{
	for (int tries = 0; tries < 2; tries++) {
		if (logger.fd == -1)
			logger.fd = syslog_connect();
		if (logger.fd == -1)
			return -1;
		if (send(logger.fd, line, len - 1, MSG_NOSIGNAL) != -1)
			return 0;
		if (errno == EAGAIN)
			return -1;
		close(logger.fd);
		logger.fd = -1;
	}
	return -1;
}

static int
line_write(enum log_level level, const char *text)
{
	char line[LIMIT_LOG_LINE];
	size_t len = line_format(line, sizeof(line), level, text);

	return logger.dest == DEST_SYSLOG ? syslog_write(line, len)
					  : fd_write(line, len);
}

static void
emit(enum log_level level, const char *text)
{
	char lost[64];
	int saved = errno;

	if (level < logger.level)
		return;
	pthread_mutex_lock(&logger.lock);
	if (logger.lost > 0) {
		snprintf(lost, sizeof(lost), "%llu log lines were lost",
		    (unsigned long long)logger.lost);
		if (line_write(LOG_LEVEL_WARNING, lost) == 0)
			logger.lost = 0;
	}
	if (logger.lost > 0 || line_write(level, text) == -1)
		logger.lost++;
	pthread_mutex_unlock(&logger.lock);
	errno = saved;
}

/* Formats and emits; error 0 appends nothing. */
static void
vemit(enum log_level level, int error, const char *fmt, va_list ap)
{
	char text[LIMIT_LOG_TEXT];
	size_t len;

	vsnprintf(text, sizeof(text), fmt, ap);
	len = strlen(text);
	if (error != 0)
		snprintf(
		    text + len, sizeof(text) - len, ": %s", strerror(error));
	emit(level, text);
}

void
log_debug(const char *fmt, ...)
{
	va_list ap;

	if (!log_debugging())
		return;
	va_start(ap, fmt);
	vemit(LOG_LEVEL_DEBUG, 0, fmt, ap);
	va_end(ap);
}

void
log_info(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vemit(LOG_LEVEL_INFO, 0, fmt, ap);
	va_end(ap);
}

void
log_warn(const char *fmt, ...)
{
	va_list ap;
	int error = errno;

	va_start(ap, fmt);
	vemit(LOG_LEVEL_WARNING, error, fmt, ap);
	va_end(ap);
}

void
log_warnx(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vemit(LOG_LEVEL_WARNING, 0, fmt, ap);
	va_end(ap);
}

void
fatal(const char *fmt, ...)
{
	va_list ap;
	int error = errno;

	va_start(ap, fmt);
	vemit(LOG_LEVEL_CRITICAL, error, fmt, ap);
	va_end(ap);
	exit(1);
}

void
fatalx(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vemit(LOG_LEVEL_CRITICAL, 0, fmt, ap);
	va_end(ap);
	exit(1);
}

void *
xcalloc(size_t count, size_t size)
{
	void *p = calloc(count > 0 ? count : 1, size > 0 ? size : 1);

	if (p == NULL)
		fatal("%zu times %zu bytes", count, size);
	return p;
}

void *
xrealloc(void *p, size_t size)
{
	p = realloc(p, size > 0 ? size : 1);
	if (p == NULL)
		fatal("%zu bytes", size);
	return p;
}

char *
xstrdup(const char *s)
{
	size_t size = strlen(s) + 1;

	return memcpy(xcalloc(size, 1), s, size);
}
