/* SPDX-License-Identifier: ISC
 *
 * passwd(5) text to a table of uids and names. The text may be another
 * system's (HOST_ETC), so every byte of it is foreign: lines that are not
 * right are left out, one by one.
 */
#ifndef TAGGERD_PASSWD_H
#define TAGGERD_PASSWD_H

#include <stddef.h>
#include <stdint.h>

#include "common/strview.h"

struct passwd_entry {
	uint32_t uid;
	struct strview name; /* borrowed from the text */
};

/* Sorted by uid, each uid once: the first line that has it wins. */
struct passwd_table {
	struct passwd_entry *v; /* owned */
	uint32_t n;
};

/*
 * Parses buf[0..len) into *out, which borrows the names from buf; at most
 * LIMIT_USERS lines. Returns 0, or -1 when the text is longer than
 * LIMIT_PASSWD_FILE (*out is then empty).
 */
int passwd_parse(const char *buf, size_t len, struct passwd_table *out);
void passwd_clear(struct passwd_table *passwd);

/* The name of uid, or one of length 0 if the table has none. */
struct strview passwd_find(const struct passwd_table *passwd, uint32_t uid);

#endif
