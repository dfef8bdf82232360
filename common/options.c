/* SPDX-License-Identifier: ISC
 *
 * Options of the daemons, by getopt(3).
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "options.h"
#include "version.h"

static void
print_usage(FILE *out, const char *name)
{
	fprintf(out,
	    "usage: %s [-dfhtV] [-c file] [-r directory]\n"
	    "  -c file       configuration, instead of "
	    "/etc/dd-agent/datadog.conf\n"
	    "  -d            log at debug level; with -t, print the effective "
	    "configuration\n"
	    "  -f            stay in the foreground and log to stderr\n"
	    "  -h            print this and exit\n"
	    "  -r directory  run directory, instead of run_path\n"
	    "  -t            test the configuration and exit\n"
	    "  -V            print the version and exit\n",
	    name);
}

void
options_parse(struct options *o, const char *name, int argc, char **argv)
{
	int ch;

	*o = (struct options){ 0 };
	while ((ch = getopt(argc, argv, "c:dfhr:tV")) != -1) {
		switch (ch) {
		case 'c':
			o->config_path = optarg;
			break;
		case 'd':
			o->debug = true;
			break;
		case 'f':
			o->foreground = true;
			break;
		case 'h':
			print_usage(stdout, name);
			exit(0);
		case 'r':
			o->rundir = optarg;
			break;
		case 't':
			o->test = true;
			break;
		case 'V':
			printf("%s %s\n", name, VERSION);
			exit(0);
		default:
			print_usage(stderr, name);
			exit(1);
		}
	}
	if (optind < argc) {
		fprintf(stderr, "%s: unexpected argument: %s\n", name,
		    argv[optind]);
		print_usage(stderr, name);
		exit(1);
	}
}
