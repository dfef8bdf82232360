/* SPDX-License-Identifier: ISC
 *
 * What the broker may be asked, and the HTTP request that each of it stands
 * for: the allow-list of the trust table. Nothing of a packet reaches a
 * request but two small numbers and an id whose every byte was checked.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "broker.h"

/* {"type":["container"],"event":["start","die","destroy","health_status",
 * "pause","unpause","rename","update"]} */
#define EVENTS_FILTER                                                     \
	"%7B%22type%22%3A%5B%22container%22%5D%2C%22event%22%3A%5B"       \
	"%22start%22%2C%22die%22%2C%22destroy%22%2C%22health_status%22"   \
	"%2C%22pause%22%2C%22unpause%22%2C%22rename%22%2C%22update%22%5D" \
	"%7D"

static const struct op {
	const char *before; /* the id */
	const char *after;
	bool takes_id;
} ops[BROKER_OPS] = {
	[BROKER_CANCEL] = { NULL, NULL, false },
	[BROKER_VERSION] = { "/version", "", false },
	[BROKER_INFO] = { "/info", "", false },
	[BROKER_LIST] = { "/containers/json", "", false },
	[BROKER_INSPECT] = { "/containers/", "/json", true },
	[BROKER_IMAGE] = { "/images/sha256:", "/json", true },
	[BROKER_EVENTS] = { "/events?filters=" EVENTS_FILTER, "", false },
};

static bool
is_id(const char *id)
{
	size_t i;

	for (i = 0; i < BROKER_ID; i++)
		if (!((id[i] >= '0' && id[i] <= '9') ||
			(id[i] >= 'a' && id[i] <= 'f')))
			return false;
	return true;
}

static bool
is_zero(const char *id)
{
	static const char zero[BROKER_ID];

	return memcmp(id, zero, BROKER_ID) == 0;
}

int
broker_parse(const void *packet, size_t len, struct broker_request *out)
{
	struct broker_request r;

	if (len != sizeof(r))
		return -1;
	memcpy(&r, packet, sizeof(r));
	if (r.number == 0 || r.op >= BROKER_OPS || r.zero != 0)
		return -1;
	if (r.major == 0 && r.minor != 0)
		return -1;
	if (ops[r.op].takes_id ? !is_id(r.id) : !is_zero(r.id))
		return -1;
	*out = r;
	return 0;
}

size_t
broker_request_text(const struct broker_request *request, char *out)
{
	const struct op *op = &ops[request->op];
	char version[16] = "";

	if (request->major != 0)
		snprintf(version, sizeof(version), "/v%u.%u", request->major,
		    request->minor);
	return (size_t)snprintf(out, BROKER_TEXT,
	    "GET %s%s%.*s%s HTTP/1.1\r\n"
	    "Host: docker\r\n"
	    "Connection: close\r\n"
	    "\r\n",
	    version, op->before, op->takes_id ? BROKER_ID : 0, request->id,
	    op->after);
}
