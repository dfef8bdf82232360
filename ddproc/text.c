/* SPDX-License-Identifier: ISC
 *
 * Short numbers and safe strings. utf8_printable() is the one way by which
 * foreign bytes become text here.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/limits.h"
#include "common/log.h"
#include "common/utf8.h"
#include "text.h"

/* Bytes looked at for one column: a character has 4, and a mark upon it. */
#define BYTES_PER_COLUMN 8
#define ESCAPED          6 /* utf8_printable(): bytes out for one in */

size_t
text_append(struct buf *out, struct strview s, size_t max)
{
	char printable[LIMIT_VIEW_COLUMNS * BYTES_PER_COLUMN * ESCAPED + 1];
	size_t len, columns, bytes;

	if (max > LIMIT_VIEW_COLUMNS)
		max = LIMIT_VIEW_COLUMNS;
	len = s.len;
	if (len > max * BYTES_PER_COLUMN) {
		len = max * BYTES_PER_COLUMN;
		/* Not through a character, of 4 bytes at most: its half would
		 * be shown as a replacement. */
		for (int i = 0; i < 3 && len > 0 && (s.s[len] & 0xc0) == 0x80;
		     i++)
			len--;
	}
	len = utf8_printable(printable, s.s, len);
	columns = utf8_columns(printable, len, max, &bytes);
	buf_append(out, printable, bytes);
	return columns;
}

size_t
text_append_ours(struct buf *out, const char *s, size_t max)
{
	size_t bytes;
	size_t columns = utf8_columns(s, strlen(s), max, &bytes);

	buf_append(out, s, bytes);
	return columns;
}

struct strview
text_short_id(struct strview id)
{
	if (id.len > TEXT_SHORT_ID)
		id.len = TEXT_SHORT_ID;
	return id;
}

void
text_pad(struct buf *out, size_t spaces)
{
	while (spaces-- > 0)
		buf_append(out, " ", 1);
}

void
text_write(FILE *out, struct strview s)
{
	char *printable = xcalloc(ESCAPED, (size_t)s.len + 1);

	fwrite(printable, 1, utf8_printable(printable, s.s, s.len), out);
	free(printable);
}

size_t
text_to_ascii(char *s, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c < 0x80)
			s[n++] = s[i];
		else if (c >= 0xc0)
			s[n++] = '?';
	}
	return n;
}

static ssize_t
ascii_write(void *cookie, const char *data, size_t size)
{
	const int *fd = cookie;
	char *copy = xcalloc(1, size + 1);
	size_t len, done = 0;
	ssize_t n;

	memcpy(copy, data, size);
	len = text_to_ascii(copy, size);
	while (done < len && (n = write(*fd, copy + done, len - done)) > 0)
		done += (size_t)n;
	free(copy);
	return done == len ? (ssize_t)size : 0;
}

static int
ascii_close(void *cookie)
{
	free(cookie);
	return 0;
}

FILE *
text_open_ascii(int fd)
{
	cookie_io_functions_t io = { .write = ascii_write,
		.close = ascii_close };
	int *cookie = xcalloc(1, sizeof(*cookie));
	FILE *out;

	*cookie = fd;
	if ((out = fopencookie(cookie, "w", io)) == NULL)
		fatalx("out of memory");
	return out;
}

void
text_bytes(char *out, double bytes)
{
	static const char units[] = " KMGTPE";
	size_t unit = 0;

	if (!(bytes >= 0) || isinf(bytes)) {
		snprintf(out, TEXT_SHORT, "-");
		return;
	}
	while (bytes >= 1023.5 && unit < sizeof(units) - 2) {
		bytes /= 1024;
		unit++;
	}
	if (unit == 0)
		snprintf(out, TEXT_SHORT, "%.0f", bytes);
	else
		snprintf(out, TEXT_SHORT, "%.*f%c", bytes < 9.95 ? 1 : 0, bytes,
		    units[unit]);
}

void
text_percent(char *out, double value)
{
	if (!(value >= 0) || isinf(value))
		snprintf(out, TEXT_SHORT, "-");
	else
		snprintf(
		    out, TEXT_SHORT, "%.*f", value < 999.95 ? 1 : 0, value);
}

void
text_count(char *out, int64_t count)
{
	if (count < 0)
		snprintf(out, TEXT_SHORT, "-");
	else if (count < 10000)
		snprintf(out, TEXT_SHORT, "%lld", (long long)count);
	else if (count < 1000000)
		snprintf(out, TEXT_SHORT, "%lldK", (long long)count / 1000);
	else
		snprintf(out, TEXT_SHORT, "%lldM", (long long)count / 1000000);
}

void
text_age(char *out, int64_t ms)
{
	long long s = ms < 0 ? 0 : ms / 1000;

	if (s < 60)
		snprintf(out, TEXT_SHORT, "%llds", s);
	else if (s < 3600)
		snprintf(out, TEXT_SHORT, "%lldm", s / 60);
	else if (s < 86400)
		snprintf(out, TEXT_SHORT, "%lldh", s / 3600);
	else if (s < 1000 * 86400LL)
		snprintf(out, TEXT_SHORT, "%lldd", s / 86400);
	else
		snprintf(out, TEXT_SHORT, "%lldy", s / (365 * 86400LL));
}

int64_t
text_elapsed(int64_t then, int64_t now)
{
	int64_t ms;

	if (then > now)
		return 0;
	return __builtin_sub_overflow(now, then, &ms) ? INT64_MAX : ms;
}

void
text_micros(char *out, uint64_t us)
{
	if (us < 1000)
		snprintf(out, TEXT_SHORT, "%u us", (unsigned)us);
	else if (us < 1000000)
		snprintf(out, TEXT_SHORT, "%.1f ms", (double)us / 1e3);
	else
		snprintf(out, TEXT_SHORT, "%.1f s", (double)us / 1e6);
}

void
text_time(char *out, int64_t wall_ms)
{
	time_t t = (time_t)(wall_ms / 1000);
	struct tm tm;

	if (wall_ms <= 0 || localtime_r(&t, &tm) == NULL ||
	    strftime(out, TEXT_SHORT, "%Y-%m-%d %H:%M:%S", &tm) == 0)
		snprintf(out, TEXT_SHORT, "-");
}

char
text_state(uint32_t state)
{
	return state <= STATE_ZOMBIE ? "UDRSTWXZ"[state] : 'U';
}

const char *
text_state_name(uint32_t state)
{
	static const char *const names[] = {
		[STATE_UNKNOWN] = "unknown",
		[STATE_DISK_SLEEP] = "in disk sleep",
		[STATE_RUNNING] = "running",
		[STATE_SLEEPING] = "sleeping",
		[STATE_STOPPED] = "stopped",
		[STATE_PAGING] = "paging",
		[STATE_DEAD] = "dead",
		[STATE_ZOMBIE] = "zombie",
	};

	return state <= STATE_ZOMBIE ? names[state] : names[STATE_UNKNOWN];
}

const char *
text_file_kind(uint32_t kind)
{
	static const char *const names[] = {
		[FILE_KIND_OTHER] = "other",
		[FILE_KIND_PATH] = "file",
		[FILE_KIND_SOCKET] = "socket",
		[FILE_KIND_PIPE] = "pipe",
		[FILE_KIND_ANON] = "anon",
		[FILE_KIND_DELETED] = "deleted",
		[FILE_KIND_UNREADABLE] = "unreadable",
	};

	return kind <= FILE_KIND_UNREADABLE ? names[kind]
					    : names[FILE_KIND_OTHER];
}

const char *
text_hidden(uint32_t bit)
{
	switch ((enum process_hidden)bit) {
	case HIDDEN_CMDLINE:
		return "cmdline";
	case HIDDEN_EXE:
		return "exe";
	case HIDDEN_CWD:
		return "cwd";
	case HIDDEN_ROOT:
		return "root";
	case HIDDEN_FDS:
		return "fds";
	case HIDDEN_IO:
		return "io";
	case HIDDEN_STATUS:
		return "status";
	}
	return "other";
}

const char *
text_container_state(uint32_t state)
{
	static const char *const names[] = {
		[CONTAINER_UNKNOWN] = "unknown",
		[CONTAINER_CREATED] = "created",
		[CONTAINER_RESTARTING] = "restarting",
		[CONTAINER_RUNNING] = "running",
		[CONTAINER_PAUSED] = "paused",
		[CONTAINER_EXITED] = "exited",
		[CONTAINER_DEAD] = "dead",
	};

	return state <= CONTAINER_DEAD ? names[state]
				       : names[CONTAINER_UNKNOWN];
}

const char *
text_health(uint32_t health)
{
	static const char *const names[] = {
		[HEALTH_UNKNOWN] = "unknown",
		[HEALTH_STARTING] = "starting",
		[HEALTH_HEALTHY] = "healthy",
		[HEALTH_UNHEALTHY] = "unhealthy",
	};

	return health <= HEALTH_UNHEALTHY ? names[health]
					  : names[HEALTH_UNKNOWN];
}

const char *
text_container_hidden(uint32_t bit)
{
	switch ((enum container_hidden)bit) {
	case HIDDEN_CONTAINER_CPU:
		return "cpu";
	case HIDDEN_CONTAINER_MEMORY:
		return "memory";
	case HIDDEN_CONTAINER_BLOCK_IO:
		return "io";
	case HIDDEN_CONTAINER_NETWORK:
		return "network";
	case HIDDEN_CONTAINER_THREADS:
		return "threads";
	}
	return "other";
}
