/* SPDX-License-Identifier: ISC
 *
 * Any bytes as a SOCKS5 proxy's answers, one behind the other. The first
 * byte says which is first.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "shipperd/socks5.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static ssize_t
take(unsigned stage, const uint8_t *data, size_t size, const char **why)
{
	bool login = false;
	ssize_t used;

	switch (stage) {
	case 0:
	case 1:
		used = socks5_take_method(data, size, stage == 1, &login, why);
		assert(!(login && used > 0) || stage == 1);
		return used;
	case 2:
		return socks5_take_login(data, size, why);
	default:
		return socks5_take_reply(data, size, why);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned stage = size > 0 ? data[0] % 4 : 0;
	const char *why = NULL;
	ssize_t used = 1;

	while (size > 0 && used > 0) {
		data += used;
		size -= (size_t)used;
		used = take(stage++ % 4, data, size, &why);
		assert(used >= -1 && used <= (ssize_t)size && used <= 262);
		assert(used != -1 || strlen(why) > 0);
	}
	return 0;
}
