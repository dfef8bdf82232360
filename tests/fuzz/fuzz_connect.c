/* SPDX-License-Identifier: ISC
 *
 * Any bytes as a proxy's answer to CONNECT. The first byte says how long the
 * pieces are; fed whole, it must come out the same, down to the bytes that
 * are left behind it.
 */
#include <assert.h>
#include <stdint.h>

#include "common/http.h"
#include "common/limits.h"

#define NOW 1700000000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Returns the bytes used. */
static size_t
run(struct http_response *r, const uint8_t *data, size_t size, size_t piece)
{
	size_t used = 0, n;

	http_response_start(r, NOW, 0);
	r->head_only = true;
	while (used < size && r->state != HTTP_DONE && r->state != HTTP_BAD) {
		n = size - used < piece ? size - used : piece;
		used += http_response_feed(r, data + used, n);
	}
	assert(r->body.len == 0);
	assert(r->state == HTTP_BAD || r->header_bytes <= LIMIT_HTTP_HEADER);
	return used;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct http_response a = { 0 }, b = { 0 };
	size_t used, whole;

	if (size == 0)
		return 0;
	used = run(&a, data + 1, size - 1, (size_t)data[0] + 1);
	whole = run(&b, data + 1, size - 1, size);
	assert(a.state == b.state && a.status == b.status);
	assert(a.state == HTTP_BAD || used == whole);
	http_response_free(&a);
	http_response_free(&b);
	return 0;
}
