/* SPDX-License-Identifier: ISC
 *
 * Any bytes as an HTTP response. The first byte says how long the pieces
 * are; fed whole, it must come out the same.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/http.h"
#include "common/limits.h"

#define NOW 1700000000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
run(struct http_response *r, const uint8_t *data, size_t size, size_t piece)
{
	size_t used = 0, n;

	http_response_start(r, NOW, LIMIT_REPLY_BODY);
	while (used < size && r->state != HTTP_DONE && r->state != HTTP_BAD) {
		n = size - used < piece ? size - used : piece;
		used += http_response_feed(r, data + used, n);
	}
	http_response_end(r);
	assert(r->state == HTTP_DONE || r->state == HTTP_BAD);
	assert(r->body.len <= LIMIT_REPLY_BODY);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct http_response a = { 0 }, b = { 0 };

	if (size == 0)
		return 0;
	run(&a, data + 1, size - 1, (size_t)data[0] + 1);
	run(&b, data + 1, size - 1, size);
	assert(a.state == b.state && a.status == b.status);
	assert(a.body.len == b.body.len);
	assert(a.body.len == 0 ||
	    memcmp(a.body.data, b.body.data, a.body.len) == 0);
	http_response_free(&a);
	http_response_free(&b);
	return 0;
}
