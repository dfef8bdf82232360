/* SPDX-License-Identifier: ISC
 *
 * What the tests of answers share.
 */
#ifndef TESTS_UNIT_DOCKER_JSON_HELP_H
#define TESTS_UNIT_DOCKER_JSON_HELP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/limits.h"
#include "common/log.h"
#include "shared_fixtures.h"
#include "taggerd/docker_images.h"
#include "taggerd/docker_json.h"
#include "taggerd/facts.h"

#define ID_A  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define ID_B  "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define IMAGE "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"

static inline int
compare(const char *name, const char *got, const char *want)
{
	if (strcmp(got, want) == 0)
		return 0;
	print_error("%s:\n got  %s\n want %s\n", name, got, want);
	return 1;
}

#endif
