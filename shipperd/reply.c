/* SPDX-License-Identifier: ISC
 *
 * Header, then protobuf, zstd or the zstd of 2016. Decompression goes into
 * a buffer of LIMIT_REPLY_BODY in one step: the size that a frame claims is
 * never looked at, and no frame can make the library take a window of it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "agent.pb-c.h"
#include "common/limits.h"
#include "common/log.h"
#include "payload.h"
#include "reply.h"

#define MAGIC_ZSTD_05 0xfd2fb525u

/* Bytes of the header that begins with `version`, or 0. */
static size_t
header_len(uint8_t version)
{
	switch (version) {
	case 1:
		return 4;
	case 2:
		return 8;
	case 3:
		return PAYLOAD_HEADER;
	}
	return 0;
}

static uint32_t
get_magic(const uint8_t *p, size_t len)
{
	if (len < 4)
		return 0;
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	    (uint32_t)p[3] << 24;
}

static int
take_message(
    const uint8_t *data, size_t len, struct reply *out, const char **why)
{
	Agent__ResCollector *res;

	if (len > LIMIT_REPLY_BODY) {
		*why = "the answer is too large";
		return -1;
	}
	res = agent__res_collector__unpack(NULL, len, data);
	if (res == NULL) {
		*why = "the answer is not a ResCollector message";
		return -1;
	}
	snprintf(out->message, sizeof(out->message), "%s", res->message);
	if (res->status != NULL) {
		out->has_status = true;
		out->active_clients = res->status->activeclients;
		out->interval = res->status->interval;
	}
	agent__res_collector__free_unpacked(res, NULL);
	return 0;
}

static int
take_compressed(
    const uint8_t *data, size_t len, struct reply *out, const char **why)
{
	char *plain = xcalloc(1, LIMIT_REPLY_BODY);
	size_t n = ZSTD_decompress(plain, LIMIT_REPLY_BODY, data, len);
	int ret = -1;

	if (!ZSTD_isError(n))
		ret = take_message((uint8_t *)plain, n, out, why);
	else if (ZSTD_getErrorCode(n) == ZSTD_error_dstSize_tooSmall)
		*why = "the answer is too large when decompressed";
	else if (ZSTD_getErrorCode(n) == ZSTD_error_prefix_unknown &&
	    get_magic(data, len) == MAGIC_ZSTD_05)
		*why = "legacy encoding not supported by this libzstd";
	else
		*why = "the answer cannot be decompressed";
	free(plain);
	return ret;
}

int
reply_decode(const void *body, size_t len, struct reply *out, const char **why)
{
	const uint8_t *p = body;
	size_t skip = len > 0 ? header_len(p[0]) : 0;

	memset(out, 0, sizeof(*out));
	if (skip == 0 || len < skip) {
		*why = "the answer has no header that we know";
		return -1;
	}
	if (p[2] != PAYLOAD_RESPONSE) {
		*why = "the answer is of a type that we did not ask for";
		return -1;
	}
	switch (p[1]) {
	case PAYLOAD_PROTOBUF:
		return take_message(p + skip, len - skip, out, why);
	case PAYLOAD_ZSTD_LEGACY:
		/* Old frames only here, where they are expected. */
		if (get_magic(p + skip, len - skip) == MAGIC_ZSTD_05)
			return take_compressed(p + skip, len - skip, out, why);
		break;
	case PAYLOAD_ZSTD:
		if (get_magic(p + skip, len - skip) == ZSTD_MAGICNUMBER)
			return take_compressed(p + skip, len - skip, out, why);
		break;
	}
	*why = "the answer has an encoding that we do not know";
	return -1;
}

void
reply_hide(struct reply *reply, const char *secret)
{
	size_t len = strlen(secret), end = strlen(reply->message), i, n;
	bool cut = end == sizeof(reply->message) - 1;

	for (i = 0; i < end; i++) {
		n = end - i < len ? end - i : len;
		if ((n == len || cut) &&
		    strncmp(reply->message + i, secret, n) == 0)
			memset(reply->message + i, '*', n);
	}
}
