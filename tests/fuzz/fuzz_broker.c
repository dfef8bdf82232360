/* SPDX-License-Identifier: ISC
 *
 * Any bytes as a packet to the broker: what it takes is one line of a GET
 * with nothing in its path that could lead elsewhere.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "taggerd/broker.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct broker_request r;
	char text[BROKER_TEXT];
	const char *end;
	size_t len;

	if (broker_parse(data, size, &r) == -1 || r.op == BROKER_CANCEL)
		return 0;
	len = broker_request_text(&r, text);
	if (len >= sizeof(text) || strlen(text) != len)
		abort();
	end = strstr(text,
	    " HTTP/1.1\r\nHost: docker\r\n"
	    "Connection: close\r\n\r\n");
	if (strncmp(text, "GET /", 5) != 0 || end == NULL ||
	    strstr(text, "..") != NULL || strstr(text, "//") != NULL)
		abort();
	if (strcspn(text + 4, " \r\n") != (size_t)(end - text - 4))
		abort();
	return 0;
}
