/* SPDX-License-Identifier: ISC
 *
 * Logging for every program: one line per event, to the log file, to stderr
 * when in the foreground, or to syslog. Bytes that came from outside are
 * escaped here, so no process name can forge a log line.
 */
#ifndef COMMON_LOG_H
#define COMMON_LOG_H

#include <stdbool.h>
#include <stddef.h>

enum log_level {
	LOG_LEVEL_DEBUG,
	LOG_LEVEL_INFO,
	LOG_LEVEL_WARNING,
	LOG_LEVEL_ERROR,
	LOG_LEVEL_CRITICAL,
};

/* Names the program; until log_open() lines go to stderr at INFO. */
void log_init(const char *program);

/* Appends to path (created 0640); NULL = stderr. The path is kept and is
 * opened again by log_reopen(). Returns 0, or -1 with errno set and the
 * former destination still in use. */
int log_open(const char *path);

/* Sends lines to syslog instead of a file. */
void log_open_syslog(void);

/* Opens the same path again (log rotation). Returns 0, or -1 with errno. */
int log_reopen(void);

void log_set_level(enum log_level level);
bool log_debugging(void);

/* log_warn appends ": " and strerror(errno); log_warnx does not. */
void log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_warnx(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* For start, allocation and privilege failures only: logs at CRITICAL and
 * exits 1. fatal() appends strerror(errno). */
void fatal(const char *fmt, ...)
    __attribute__((format(printf, 1, 2), noreturn));
void fatalx(const char *fmt, ...)
    __attribute__((format(printf, 1, 2), noreturn));

/* Allocation that ends the program when there is no memory. */
void *xcalloc(size_t count, size_t size);
void *xrealloc(void *p, size_t size);
char *xstrdup(const char *s);

#endif
