/* SPDX-License-Identifier: ISC
 *
 * The command line that the three daemons share.
 */
#ifndef COMMON_OPTIONS_H
#define COMMON_OPTIONS_H

#include <stdbool.h>

/* Strings are borrowed from argv. */
struct options {
	const char *config_path; /* -c, or NULL */
	const char *rundir;      /* -r, or NULL */
	bool foreground;         /* -f */
	bool test;               /* -t */
	bool debug;              /* -d */
};

/* Parses argv for the program `name`. -V and -h print and exit 0; anything
 * unknown prints the usage to stderr and exits 1. */
void options_parse(struct options *o, const char *name, int argc, char **argv);

#endif
