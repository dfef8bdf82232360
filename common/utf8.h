/* SPDX-License-Identifier: ISC
 *
 * Making foreign bytes safe to show: UTF-8 for the wire and JSON, printable
 * text for terminals and logs.
 */
#ifndef COMMON_UTF8_H
#define COMMON_UTF8_H

#include <stddef.h>

/*
 * Copies in[0..len) to out as valid UTF-8: each byte that is in no valid
 * sequence becomes U+FFFD, NUL too. out needs 3 * len + 1 bytes and is
 * NUL-terminated. Returns the bytes written without the NUL.
 */
size_t utf8_clean(char *out, const char *in, size_t len);

/*
 * As utf8_clean(), and every control, format and line-separator character
 * (C0, DEL, C1, bidirectional and zero-width marks, U+2028, U+2029) becomes
 * an escape in the manner of C (\n, \x1b, \u202e), and so does every
 * combining mark past the fourth on one character. A backslash stays. out
 * needs 6 * len + 1 bytes. Nothing it writes can move a cursor.
 */
size_t utf8_printable(char *out, const char *in, size_t len);

/* Bytes of the valid UTF-8 text's whole characters that fit into `max`. */
size_t utf8_cut(const char *text, size_t len, size_t max);

/* Columns that the valid UTF-8 text takes on a terminal, at most `max`;
 * *bytes is how many bytes of it those are. */
size_t utf8_columns(const char *text, size_t len, size_t max, size_t *bytes);

#endif
