/* SPDX-License-Identifier: ISC
 *
 * Any bytes as the body of an intake's answer.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/limits.h"
#include "shipperd/reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *why = NULL;
	struct reply reply;

	if (reply_decode(data, size, &reply, &why) == 0) {
		reply_hide(&reply, "aab");
		assert(memchr(reply.message, '\0', sizeof(reply.message)));
	} else
		assert(why != NULL);
	return 0;
}
