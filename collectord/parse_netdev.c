/* SPDX-License-Identifier: ISC
 *
 * "  eth0: 1 2 3...": sixteen numbers behind an interface's name, the colon
 * between them with or without a blank.
 */
#include "parse_netdev.h"
#include "parse_scan.h"

/* Of the numbers: bytes and packets lead either half. */
enum column {
	RECEIVED_BYTES = 0,
	RECEIVED = 1,
	SENT_BYTES = 8,
	SENT = 9,
	COLUMNS
};

int
parse_netdev(const char *text, size_t len, struct parse_netdev *out)
{
	struct cursor all = { text, text + len }, line;
	uint64_t v[COLUMNS];
	bool found = false;

	memset(out, 0, sizeof(*out));
	while (scan_line(&all, &line)) {
		const char *name, *colon;
		size_t i;

		skip_blanks(&line);
		name = line.p;
		colon = memchr(name, ':', (size_t)(line.end - name));
		if (colon == NULL)
			continue; /* the headings */
		line.p = colon + 1;
		for (i = 0; i < COLUMNS; i++) {
			skip_blanks(&line);
			if (!scan_u64(&line, &v[i]))
				break;
		}
		if (i < COLUMNS)
			continue;
		found = true;
		if (colon - name == 2 && memcmp(name, "lo", 2) == 0)
			continue;
		out->received_bytes = add_u64(
		    out->received_bytes, v[RECEIVED_BYTES]);
		out->received = add_u64(out->received, v[RECEIVED]);
		out->sent_bytes = add_u64(out->sent_bytes, v[SENT_BYTES]);
		out->sent = add_u64(out->sent, v[SENT]);
	}
	return found ? 0 : -1;
}
