/* SPDX-License-Identifier: ISC
 *
 * What the tests of the table and of the lines above it share.
 */
#ifndef TESTS_UNIT_TABLE_HELP_H
#define TESTS_UNIT_TABLE_HELP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ddproc/header.h"
#include "ddproc/table.h"
#include "common/utf8.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define NOW          INT64_C(1000000000000)
#define NONE         "\xef\xbf\xbd" /* U+FFFD */

static inline int
differs(const char *what, const char *got, const char *want)
{
	if (strcmp(got, want) == 0)
		return 0;
	print_error("%s:\n got \"%s\"\nwant \"%s\"\n", what, got, want);
	return 1;
}

#endif
