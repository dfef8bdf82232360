/* SPDX-License-Identifier: ISC
 *
 * parse_netdev() over any bytes: an lo more changes no figure.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "collectord/parse_netdev.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char lo[] = "\n lo: 1 2 3 4 5 6 7 8 9 10\n";
	struct parse_netdev got, again;
	char *text;

	if (parse_netdev((const char *)data, size, &got) == -1)
		return 0;
	text = malloc(size + sizeof(lo) - 1);
	if (text == NULL)
		return 0;
	memcpy(text, data, size);
	memcpy(text + size, lo, sizeof(lo) - 1);
	if (parse_netdev(text, size + sizeof(lo) - 1, &again) == -1 ||
	    memcmp(&got, &again, sizeof(got)) != 0)
		abort();
	free(text);
	return 0;
}
