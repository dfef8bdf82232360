/* SPDX-License-Identifier: ISC
 *
 * Parsers of the two texts that a process writes itself: its command line
 * and, through the names of what it opens, its descriptors' links. Every
 * byte of both may be hostile. And of the links of its namespaces.
 */
#include <string.h>

#include "parse.h"
#include "parse_scan.h"

void
parse_cmdline(const char *buf, size_t len, struct parse_cmdline *out)
{
	const char *p = buf, *end;

	while (len > 0 && buf[len - 1] == '\0')
		len--;
	out->n = 0;
	out->cut = len > LIMIT_CMDLINE;
	if (len == 0)
		return;

	end = buf + (out->cut ? LIMIT_CMDLINE : len);
	for (;;) {
		const char *nul = NULL;

		if (out->n < LIMIT_ARGS - 1)
			nul = memchr(p, '\0', (size_t)(end - p));
		if (nul == NULL)
			nul = end;
		out->v[out->n].s = p;
		out->v[out->n].len = (uint32_t)(nul - p);
		out->n++;
		if (nul == end)
			return;
		p = nul + 1;
	}
}

static bool
has_prefix(const char *buf, size_t len, const char *prefix)
{
	size_t n = strlen(prefix);

	return len >= n && memcmp(buf, prefix, n) == 0;
}

enum file_kind
parse_file_kind(const char *buf, size_t len)
{
	static const char deleted[] = " (deleted)";
	const size_t n = sizeof(deleted) - 1;

	if (has_prefix(buf, len, "socket:["))
		return FILE_KIND_SOCKET;
	if (has_prefix(buf, len, "pipe:["))
		return FILE_KIND_PIPE;
	if (has_prefix(buf, len, "anon_inode:"))
		return FILE_KIND_ANON;
	if (!has_prefix(buf, len, "/"))
		return FILE_KIND_OTHER; /* "net:[4026531840]" and the like */
	if (len > n && memcmp(buf + len - n, deleted, n) == 0)
		return FILE_KIND_DELETED;
	return FILE_KIND_PATH;
}

uint64_t
parse_net_namespace(const char *buf, size_t len)
{
	static const char prefix[] = "net:[";
	const size_t n = sizeof(prefix) - 1;
	struct cursor c = { buf, buf + len };
	uint64_t number;

	if (!has_prefix(buf, len, prefix))
		return 0;
	c.p += n;
	if (!scan_u64(&c, &number) || c.end - c.p != 1 || *c.p != ']')
		return 0;
	return number;
}
