/* SPDX-License-Identifier: ISC
 *
 * Parsers of what /proc tells about one process. They run thousands of times
 * per scan, so they scan by hand, once, from left to right. Input is hostile
 * where a process can name itself: see parse_stat(). They never read past
 * the length they are given and never keep a pointer but into buf.
 */
#include <string.h>

#include "parse.h"
#include "parse_scan.h"

#define PF_KTHREAD 0x00200000u /* of the kernel's sched.h */

/* Numbers of the fields of /proc/PID/stat, as proc(5) counts them. */
enum stat_field {
	STAT_PPID = 4,
	STAT_PGRP = 5,
	STAT_FLAGS = 9,
	STAT_UTIME = 14,
	STAT_STIME = 15,
	STAT_PRIORITY = 18,
	STAT_NICE = 19,
	STAT_THREADS = 20,
	STAT_STARTTIME = 22,
	STAT_VSIZE = 23,
	STAT_RSS = 24,
	STAT_STARTCODE = 26,
	STAT_ENDCODE = 27,
	STAT_STARTSTACK = 28,
	STAT_ARG_START = 48,
	STAT_ENV_END = 51,
	STAT_FIELDS,
};

/* Negative numbers are kept in two's complement. Returns the number of the
 * first field that is not there. */
static unsigned
scan_stat_fields(struct cursor *c, uint64_t fields[STAT_FIELDS])
{
	unsigned i;

	for (i = STAT_PPID; i < STAT_FIELDS; i++) {
		bool negative;

		if (c->p == c->end || *c->p != ' ')
			break;
		c->p++;
		negative = c->p < c->end && *c->p == '-';
		if (negative)
			c->p++;
		if (!scan_u64(c, &fields[i]))
			break;
		if (negative)
			fields[i] = -fields[i];
	}
	return i;
}

/* A signed field, saturating. */
static int32_t
field_i32(uint64_t field)
{
	int64_t v = (int64_t)field;

	if (v < INT32_MIN)
		return INT32_MIN;
	return v > INT32_MAX ? INT32_MAX : (int32_t)v;
}

/* Mixes one more number into a key. The constant is 2^64 over the golden
 * ratio, which spreads numbers that differ in few bits. */
static uint64_t
mix(uint64_t key, uint64_t v)
{
	key = (key ^ v) * 0x9e3779b97f4a7c15u;
	return key ^ (key >> 32);
}

static void
fill_stat(const uint64_t *f, struct parse_stat *out)
{
	uint64_t key = mix(0, f[STAT_STARTCODE]);
	unsigned i;

	out->ppid = field_i32(f[STAT_PPID]);
	out->pgrp = field_i32(f[STAT_PGRP]);
	out->flags = f[STAT_FLAGS];
	out->utime = f[STAT_UTIME];
	out->stime = f[STAT_STIME];
	out->priority = field_i32(f[STAT_PRIORITY]);
	out->nice = field_i32(f[STAT_NICE]);
	out->threads = field_i32(f[STAT_THREADS]);
	if (out->threads < 0) /* no kernel's, and refused by who reads it */
		out->threads = 0;
	out->starttime = f[STAT_STARTTIME];
	out->vsize = f[STAT_VSIZE];
	/* Signed in the kernel, which rounds a small negative sum to 0. */
	out->rss = (int64_t)f[STAT_RSS] < 0 ? 0 : f[STAT_RSS];

	key = mix(key, f[STAT_ENDCODE]);
	key = mix(key, f[STAT_STARTSTACK]);
	for (i = STAT_ARG_START; i <= STAT_ENV_END; i++)
		key = mix(key, f[i]);
	out->exec_key = key;
}

/*
 * The name stands between the first '(' and the last ')': it may hold both,
 * spaces and newlines, and nothing behind it can hold a ')'.
 */
int
parse_stat(const char *buf, size_t len, struct parse_stat *out)
{
	struct cursor c = { buf, buf + len };
	uint64_t fields[STAT_FIELDS] = { 0 };
	const char *close;
	uint64_t pid;

	if (!scan_u64(&c, &pid) || pid > INT32_MAX)
		return -1;
	if (c.end - c.p < 2 || c.p[0] != ' ' || c.p[1] != '(')
		return -1;
	c.p += 2;
	close = memrchr(c.p, ')', (size_t)(c.end - c.p));
	if (close == NULL || c.end - close < 4 || close[1] != ' ')
		return -1;

	out->pid = (int32_t)pid;
	out->comm.s = c.p;
	out->comm.len = clamp_u32((uint64_t)(close - c.p));
	out->state = close[2];
	c.p = close + 3;
	if (scan_stat_fields(&c, fields) <= STAT_RSS)
		return -1;
	fill_stat(fields, out);
	return 0;
}

bool
parse_is_kthread(const struct parse_stat *stat)
{
	return (stat->flags & PF_KTHREAD) != 0;
}

enum process_state
parse_state(char letter)
{
	switch (letter) {
	case 'D':
		return STATE_DISK_SLEEP;
	case 'R':
		return STATE_RUNNING;
	case 'S':
	case 'I': /* an idle kernel thread */
		return STATE_SLEEPING;
	case 'T':
	case 't': /* stopped by a tracer */
		return STATE_STOPPED;
	case 'W':
		return STATE_PAGING;
	case 'X':
	case 'x':
		return STATE_DEAD;
	case 'Z':
		return STATE_ZOMBIE;
	default:
		return STATE_UNKNOWN;
	}
}

/* The innermost namespace's number stands last. */
static int32_t
scan_last_i32(struct cursor *c)
{
	uint64_t v = 0, next;

	for (;;) {
		skip_blanks(c);
		if (!scan_u64(c, &next))
			return clamp_i32(v);
		v = next;
	}
}

/* The lines of /proc/PID/status that we read, in the kernel's order. */
static const struct status_line {
	const char *name;
	size_t len;
	enum parse_status_field field;
} status_lines[] = {
#define LINE(name, field)                     \
	{                                     \
		name, sizeof(name) - 1, field \
	}
	LINE("Uid:", STATUS_UID),
	LINE("Gid:", STATUS_GID),
	LINE("NSpid:", STATUS_NSPID),
	LINE("VmSize:", STATUS_VMSIZE),
	LINE("VmRSS:", STATUS_VMRSS),
	LINE("RssFile:", STATUS_RSSFILE),
	LINE("RssShmem:", STATUS_RSSSHMEM),
	LINE("VmData:", STATUS_VMDATA),
	LINE("VmExe:", STATUS_VMEXE),
	LINE("VmLib:", STATUS_VMLIB),
	LINE("VmSwap:", STATUS_VMSWAP),
	LINE("Threads:", STATUS_THREADS),
	LINE("voluntary_ctxt_switches:", STATUS_VOLUNTARY),
	LINE("nonvoluntary_ctxt_switches:", STATUS_NONVOLUNTARY),
#undef LINE
};
#define STATUS_LINES (sizeof(status_lines) / sizeof(status_lines[0]))

static void
fill_status(
    enum parse_status_field field, struct cursor *c, struct parse_status *out)
{
	skip_blanks(c);
	if (c->p == c->end || *c->p < '0' || *c->p > '9')
		return; /* no number is not 0 */
	out->present |= field;
	switch (field) {
	case STATUS_UID:
		out->uid = clamp_u32(scan_number(c));
		out->euid = clamp_u32(scan_number(c));
		out->suid = clamp_u32(scan_number(c));
		break;
	case STATUS_GID:
		out->gid = clamp_u32(scan_number(c));
		out->egid = clamp_u32(scan_number(c));
		out->sgid = clamp_u32(scan_number(c));
		break;
	case STATUS_VMSIZE:
		out->vmsize = scan_kilobytes(c);
		break;
	case STATUS_VMRSS:
		out->vmrss = scan_kilobytes(c);
		break;
	case STATUS_RSSFILE:
		out->rssfile = scan_kilobytes(c);
		break;
	case STATUS_RSSSHMEM:
		out->rssshmem = scan_kilobytes(c);
		break;
	case STATUS_VMDATA:
		out->vmdata = scan_kilobytes(c);
		break;
	case STATUS_VMEXE:
		out->vmexe = scan_kilobytes(c);
		break;
	case STATUS_VMLIB:
		out->vmlib = scan_kilobytes(c);
		break;
	case STATUS_VMSWAP:
		out->vmswap = scan_kilobytes(c);
		break;
	case STATUS_THREADS:
		out->threads = clamp_i32(scan_number(c));
		break;
	case STATUS_NSPID:
		out->nspid = scan_last_i32(c);
		break;
	case STATUS_VOLUNTARY:
		out->voluntary_ctxt = scan_number(c);
		break;
	case STATUS_NONVOLUNTARY:
		out->nonvoluntary_ctxt = scan_number(c);
		break;
	}
}

/*
 * Fields are told by the start of a line. The kernel escapes newlines in the
 * Name line, which is the first; should a tree not do that, the last line of
 * a name wins, and that is the true one.
 */
int
parse_status(const char *buf, size_t len, struct parse_status *out)
{
	const char *p = buf, *end = buf + len;
	size_t at = 0; /* the line that is expected next */

	memset(out, 0, sizeof(*out));
	while (p < end) {
		const char *eol = memchr(p, '\n', (size_t)(end - p));
		size_t left, i;

		if (eol == NULL)
			eol = end;
		left = (size_t)(eol - p);
		for (i = 0; i < STATUS_LINES; i++) {
			const struct status_line *line = &status_lines[at];

			if (*p == *line->name && left > line->len &&
			    memcmp(p, line->name, line->len) == 0) {
				struct cursor c = { p + line->len, eol };

				fill_status(line->field, &c, out);
				break;
			}
			at = at + 1 == STATUS_LINES ? 0 : at + 1;
		}
		p = eol == end ? end : eol + 1;
	}
	return out->present & STATUS_UID ? 0 : -1;
}

int
parse_io(const char *buf, size_t len, struct parse_io *out)
{
	static const char *const names[] = { "rchar: ", "wchar: ", "syscr: ",
		"syscw: ", "read_bytes: ", "write_bytes: ",
		"cancelled_write_bytes: " };
	uint64_t *const values[] = { &out->rchar, &out->wchar, &out->syscr,
		&out->syscw, &out->read_bytes, &out->write_bytes,
		&out->cancelled_write_bytes };
	struct cursor c = { buf, buf + len };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t name_len = strlen(names[i]);

		if ((size_t)(c.end - c.p) < name_len ||
		    memcmp(c.p, names[i], name_len) != 0)
			return -1;
		c.p += name_len;
		if (!scan_u64(&c, values[i]))
			return -1;
		if (c.p < c.end && *c.p++ != '\n')
			return -1;
	}
	return 0;
}
