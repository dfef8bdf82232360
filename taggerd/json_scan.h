/* SPDX-License-Identifier: ISC
 *
 * Finds where JSON values end, and how large they are, without taking memory
 * or recursing: what jansson must not see is known before it is called. It
 * tells brackets, strings and the rest apart and checks nothing more; that
 * is jansson's part.
 */
#ifndef TAGGERD_JSON_SCAN_H
#define TAGGERD_JSON_SCAN_H

#include <stddef.h>

struct json_size {
	size_t depth;  /* nested arrays and objects */
	size_t values; /* keys count as well */
};

/* The first byte from p on that is no white space, or end. */
const char *json_skip_space(const char *p, const char *end);

/* The value that begins at p: returns where it ends and fills *size (unless
 * NULL), or returns NULL if there is no value, or no end to it. */
const char *json_skip(const char *p, const char *end, struct json_size *size);

/*
 * Copies a value that json_skip() found, with null in place of each array
 * and object that is the member of a name in `unread` (ends with NULL): what
 * nobody reads costs no parsing. Strings and numbers of such a name stay.
 * out needs len bytes. Returns the bytes written.
 */
size_t json_prune(
    const char *text, size_t len, const char *const *unread, char *out);

#endif
