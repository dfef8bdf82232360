/* SPDX-License-Identifier: ISC
 *
 * Between http.c, which cuts a response into its parts, and http_header.c,
 * which understands header lines.
 */
#ifndef COMMON_HTTP_HEADER_H
#define COMMON_HTTP_HEADER_H

#include <stddef.h>
#include <stdint.h>

struct http_response;

#define HTTP_LENGTH_MAX \
	(INT64_C(1) << 40) /* bytes; far past any body we keep */

/* Takes one header line, without its end; len is not 0. */
void http_header_take(struct http_response *r, const char *s, size_t len);

/* The response is wrong; why is a constant. */
void http_response_fail(struct http_response *r, const char *why);

#endif
