/* SPDX-License-Identifier: ISC
 *
 * Files of a cgroup. Most are lines of a name and a number.
 */
#include <stdbool.h>
#include <string.h>

#include "parse_cgroup_files.h"
#include "parse_scan.h"

/* A bound above this is none. */
#define NO_LIMIT (UINT64_C(1) << 60)
/* v1 has shown rss below zero, when its counters of CPUs were not yet one. */
#define NEGATIVE (UINT64_C(1) << 63)

/* One wanted line of a file. */
struct pair {
	const char *name; /* with the blank behind it */
	size_t len;
	uint64_t *value;
};
#define PAIR(name, value)                             \
	{                                             \
		name " ", sizeof(name " ") - 1, value \
	}

/* Fills in the values whose names the lines have. Returns a set of them, by
 * their place in the table. */
static uint32_t
parse_pairs(const char *buf, size_t len, const struct pair *pairs, size_t n)
{
	struct cursor c = { buf, buf + len }, line;
	uint32_t found = 0, all = (1u << n) - 1;
	size_t i;

	while (found != all && scan_line(&c, &line))
		for (i = 0; i < n; i++)
			if (scan_word(&line, pairs[i].name, pairs[i].len)) {
				if (scan_u64(&line, pairs[i].value))
					found |= 1u << i;
				break;
			}
	return found;
}

int
parse_cgroup_cpuacct(
    const char *buf, size_t len, uint64_t *user, uint64_t *system)
{
	const struct pair pairs[] = { PAIR("user", user),
		PAIR("system", system) };

	*user = *system = 0;
	return parse_pairs(buf, len, pairs, 2) == 3 ? 0 : -1;
}

int
parse_cgroup_cpu_stat(const char *buf, size_t len, struct parse_cgroup_cpu *out)
{
	const struct pair pairs[] = { PAIR("usage_usec", &out->usage),
		PAIR("user_usec", &out->user),
		PAIR("system_usec", &out->system) };

	memset(out, 0, sizeof(*out));
	return parse_pairs(buf, len, pairs, 3) == 7 ? 0 : -1;
}

int
parse_cgroup_limit(const char *buf, size_t len, uint64_t *out)
{
	struct cursor c = { buf, buf + len };
	bool negative;

	*out = 0;
	skip_blanks(&c);
	if (scan_word(&c, "max", 3))
		return 0;
	negative = scan_word(&c, "-", 1);
	if (!scan_u64(&c, out))
		return -1;
	if (negative || *out > NO_LIMIT)
		*out = 0;
	return 0;
}

int
parse_cgroup_cpu_max(
    const char *buf, size_t len, uint64_t *quota, uint64_t *period)
{
	struct cursor c = { buf, buf + len };

	*period = 0;
	if (parse_cgroup_limit(buf, len, quota) == -1)
		return -1;
	while (c.p < c.end && *c.p != ' ')
		c.p++;
	*period = scan_number(&c);
	return *period > 0 ? 0 : -1;
}

int
parse_cgroup_memory_v1(
    const char *buf, size_t len, struct parse_cgroup_memory *out)
{
	struct parse_cgroup_memory own = { 0, 0, 0 };
	const struct pair pairs[] = { PAIR("total_rss", &out->rss),
		PAIR("total_cache", &out->cache),
		PAIR("total_inactive_file", &out->inactive),
		PAIR("rss", &own.rss), PAIR("cache", &own.cache),
		PAIR("inactive_file", &own.inactive) };
	uint32_t found;

	memset(out, 0, sizeof(*out));
	found = parse_pairs(buf, len, pairs, 6);
	if ((found & 3) != 3 && (found & 24) != 24)
		return -1;
	if ((found & 3) != 3)
		*out = own;
	if (out->rss >= NEGATIVE)
		out->rss = 0;
	return 0;
}

int
parse_cgroup_memory_v2(
    const char *buf, size_t len, struct parse_cgroup_memory *out)
{
	const struct pair pairs[] = { PAIR("anon", &out->rss),
		PAIR("file", &out->cache),
		PAIR("inactive_file", &out->inactive) };

	memset(out, 0, sizeof(*out));
	return (parse_pairs(buf, len, pairs, 3) & 3) == 3 ? 0 : -1;
}

/* "8:0": moves past it and the blank. */
static bool
skip_device(struct cursor *c)
{
	uint64_t v;

	return scan_u64(c, &v) && scan_word(c, ":", 1) && scan_u64(c, &v) &&
	    scan_word(c, " ", 1);
}

/* The text's last line is the bare "Total N", of no device. */
void
parse_cgroup_blkio(const char *buf, size_t len, struct parse_cgroup_io *out)
{
	struct cursor c = { buf, buf + len }, line;
	uint64_t v;

	memset(out, 0, sizeof(*out));
	while (scan_line(&c, &line)) {
		if (!skip_device(&line))
			continue;
		if (scan_word(&line, "Read ", 5) && scan_u64(&line, &v))
			out->read = add_u64(out->read, v);
		else if (scan_word(&line, "Write ", 6) && scan_u64(&line, &v))
			out->write = add_u64(out->write, v);
	}
}

/* "8:0 rbytes=1 wbytes=2 rios=3...". */
void
parse_cgroup_io_stat(const char *buf, size_t len, struct parse_cgroup_io *out)
{
	struct cursor c = { buf, buf + len }, line;
	uint64_t v;

	memset(out, 0, sizeof(*out));
	while (scan_line(&c, &line)) {
		if (!skip_device(&line))
			continue;
		while (line.p < line.end) {
			if (scan_word(&line, "rbytes=", 7)) {
				if (scan_u64(&line, &v))
					out->read = add_u64(out->read, v);
			} else if (scan_word(&line, "wbytes=", 7)) {
				if (scan_u64(&line, &v))
					out->write = add_u64(out->write, v);
			}
			while (line.p < line.end && *line.p++ != ' ')
				;
		}
	}
}

int
parse_cgroup_cpus(const char *buf, size_t len, uint32_t *count)
{
	struct cursor c = { buf, buf + len };
	uint64_t first, last, n = 0;

	*count = 0;
	do {
		if (!scan_u64(&c, &first))
			return -1;
		last = first;
		if (scan_word(&c, "-", 1) && !scan_u64(&c, &last))
			return -1;
		if (last < first || last - first >= UINT32_MAX)
			return -1;
		n = add_u64(n, last - first + 1);
	} while (scan_word(&c, ",", 1));
	if (c.p < c.end && *c.p != '\n')
		return -1;
	*count = clamp_u32(n);
	return 0;
}
