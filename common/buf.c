/* SPDX-License-Identifier: ISC
 *
 * Bytes that grow by doubling. Running out of memory ends the program.
 */
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "schema.h"

void
buf_append(struct buf *b, const void *data, size_t len)
{
	size_t size = b->size;

	if (len == 0)
		return;
	if (b->len + len > size) {
		if (size == 0)
			size = 256;
		while (size < b->len + len)
			size *= 2;
		b->data = xrealloc(b->data, size);
		b->size = size;
	}
	memcpy(b->data + b->len, data, len);
	b->len += len;
}

void
buf_free(struct buf *b)
{
	free(b->data);
	*b = (struct buf){ 0 };
}
