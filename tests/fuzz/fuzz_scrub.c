/* SPDX-License-Identifier: ISC
 *
 * scrub_args() over any command line. The input is split at its NULs into
 * arguments; then a secret is planted behind them in one of the ways that
 * the scrubber promises to see, and must be in nothing that comes out.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collectord/scrub.h"
#include "common/limits.h"

#define MAX_ARGS 64
#define SECRET   "XyZzY7"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The ways to give a secret: one or two arguments. */
static const char *const plants[][2] = {
	{ "--password", SECRET },
	{ "-api_key=" SECRET, NULL },
	{ "Secret:" SECRET, NULL },
	{ "--passwd", "a " SECRET " b" },
	{ "--auth_token=\"a " SECRET "\"", NULL },
	{ "credentials:", SECRET },
	{ "p --apikey " SECRET " x", NULL },
	{ "p --apikey '\" " SECRET "' x", NULL },
	{ "http://u:" SECRET "@h/", NULL },
	{ "x=redis://:a" SECRET "/?@h", NULL },
	{ "--db_pin=" SECRET, NULL },
	{ "-x_tok_y", SECRET },
};
#define PLANTS (sizeof(plants) / sizeof(plants[0]))

static void
check(const struct scrubbed *out, uint32_t max)
{
	uint32_t bytes = 0, i;

	if (out->args.n > LIMIT_ARGS)
		abort();
	for (i = 0; i < out->args.n; i++) {
		const struct strview *arg = &out->args.v[i];

		bytes += arg->len;
		if (memmem(arg->s, arg->len, SECRET, strlen(SECRET)) != NULL)
			abort();
	}
	if (bytes != out->bytes || bytes > max + 3)
		abort();
}

/* Splits at NULs; returns how many. */
static uint32_t
split(const char *text, size_t size, struct strview *args)
{
	uint32_t n = 0;

	while (n < MAX_ARGS) {
		const char *nul = size > 0 ? memchr(text, '\0', size) : NULL;
		size_t len = nul == NULL ? size : (size_t)(nul - text);

		args[n++] = (struct strview){ text, (uint32_t)len };
		if (nul == NULL)
			break;
		text += len + 1;
		size -= len + 1;
	}
	return n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct scrub *scrub, *strip;
	static char *words[] = { "*_pin", "x*tok*", "q*r*s" };
	struct config_list list = { words, 3 };
	struct strview args[MAX_ARGS + 2];
	struct scrubbed out;
	char *error;
	uint32_t n, max, i;
	bool cut;

	if (scrub == NULL) {
		scrub = scrub_new(&list, true, false, &error);
		strip = scrub_new(&list, true, true, &error);
	}
	if (size < 3 || size > LIMIT_CMDLINE ||
	    memmem(data, size, SECRET, strlen(SECRET)) != NULL)
		return 0;
	cut = data[0] & 1;
	max = data[0] & 2 ? LIMIT_CMDLINE : data[1];
	n = split((const char *)data + 3, size - 3, args);

	scrub_args(scrub, args, n, cut, max, &out);
	check(&out, max);
	scrubbed_free(&out);
	scrub_args(strip, args, n, cut, max, &out);
	check(&out, max);
	scrubbed_free(&out);

	for (i = 0; i < 2 && plants[data[2] % PLANTS][i] != NULL; i++) {
		const char *s = plants[data[2] % PLANTS][i];

		args[n++] = (struct strview){ s, (uint32_t)strlen(s) };
	}
	scrub_args(scrub, args, n, cut, max, &out);
	check(&out, max);
	scrubbed_free(&out);
	return 0;
}
