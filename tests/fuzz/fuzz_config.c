/* SPDX-License-Identifier: ISC
 *
 * Any bytes as datadog.conf. The first byte picks the program; what loads
 * must print, and a program that may not read a secret must not have it.
 */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *env[] = { NULL }, path[64], *text = NULL;
	enum program program;
	struct config *config;
	size_t len;
	FILE *out;
	int fd;

	if (size == 0)
		return 0;
	program = (enum program)(1 << (data[0] & 3));
	fd = memfd_create("datadog.conf", MFD_CLOEXEC);
	if (fd == -1 || write(fd, data + 1, size - 1) != (ssize_t)(size - 1))
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	out = open_memstream(&text, &len);
	config = config_load(program, path, env, out);
	if (config != NULL) {
		config_print(config, program, out);
		assert(program == PROG_SHIPPERD ||
		    (config->api_key.n == 0 && config->proxy_password == NULL));
	}
	fclose(out);
	/* Every line of what is shown is printable. */
	for (size_t i = 0; i < len; i++)
		assert((unsigned char)text[i] >= ' ' || text[i] == '\n');
	config_free(config);
	free(text);
	close(fd);
	return 0;
}
