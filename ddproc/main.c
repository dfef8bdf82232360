/* SPDX-License-Identifier: ISC
 *
 * ddproc: its options and its table of commands. It runs with whatever
 * rights its user has and asks for no others.
 */
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/config.h"
#include "common/limits.h"
#include "common/log.h"
#include "common/version.h"
#include "ddproc.h"
#include "text.h"

static const struct command {
	const char *name;
	int (*run)(const struct ddproc *ctx, int argc, char **argv);
	const char *args;
	const char *about;
} commands[] = {
	{ "top", top_command, "[-b] [-n COUNT] [-s KEY]",
	    "live table of processes and containers" },
	{ "search", search_command, "WORD ...",
	    "processes that match all words" },
	{ "containers", containers_command, CONTAINERS_USAGE,
	    "containers, or those that match all words" },
	{ "inspect", inspect_command, "PID|CONTAINER",
	    "one process and its files, or one container" },
	{ "status", status_command, "[--json]", "how the daemons are" },
	{ "diagnose", diagnose_command, "",
	    "how far the ways to the intake lead" },
	{ "check", check_command, CHECK_USAGE, "one snapshot as JSON" },
};
#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static int
usage(FILE *out, int code)
{
	fputs("usage: ddproc [-dfhtV] [-c FILE] [-r DIR] COMMAND ...\n", out);
	for (size_t i = 0; i < COMMANDS; i++)
		fprintf(out, "  %-10s %-28s %s\n", commands[i].name,
		    commands[i].args, commands[i].about);
	return code;
}

int
command_usage(const char *command, const char *args)
{
	fprintf(stderr, "usage: ddproc %s %s\n", command, args);
	return EXIT_USAGE;
}

/*
 * The run directory of the configuration, owned. The default file often is
 * for the daemons alone (it holds a key): then the defaults are taken, in
 * silence. NULL when the configuration is bad, after saying so; warnings are
 * for those who start the daemons.
 */
static char *
find_rundir(const char *path)
{
	struct config *config;
	char *rundir = NULL, *said = NULL;
	size_t len = 0;
	FILE *out;

	if (path == NULL && access(PATH_CONFIG, R_OK) == -1 && errno != ENOENT)
		return xstrdup(PATH_RUNDIR);
	if ((out = open_memstream(&said, &len)) == NULL)
		fatal("open_memstream");
	config = config_load(PROG_DDPROC, path, environ, out);
	if (fclose(out) == EOF)
		fatal("open_memstream");
	if (config == NULL)
		fwrite(said, 1, len, stderr);
	else
		rundir = xstrdup(config->run_path);
	config_free(config);
	free(said);
	return rundir;
}

/* What -t does. Returns the exit status. */
static int
test_config(const char *path, bool print)
{
	struct config *config = config_load(PROG_DDPROC, path, environ, stderr);

	if (config == NULL)
		return EXIT_FAILED;
	if (print)
		config_print(config, PROG_DDPROC, stdout);
	config_free(config);
	return EXIT_DONE;
}

/* A full pipe that nobody reads any more is no error of ours. */
static int
finish(FILE *out, int code)
{
	if (fflush(out) == 0 && !ferror(out))
		return code;
	if (errno == EPIPE)
		return code;
	fprintf(stderr, "ddproc: cannot write: %s\n", strerror(errno));
	return EXIT_FAILED;
}

static int
run(const char *rundir, int argc, char **argv)
{
	struct ddproc ctx = { .rundir = rundir, .out = stdout };
	int code;

	ctx.tty = isatty(STDOUT_FILENO);
	ctx.ascii = strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
	if (ctx.ascii)
		ctx.out = text_open_ascii(STDOUT_FILENO);
	for (size_t i = 0; i < COMMANDS; i++) {
		if (strcmp(argv[0], commands[i].name) != 0)
			continue;
		code = finish(ctx.out, commands[i].run(&ctx, argc, argv));
		if (ctx.ascii)
			fclose(ctx.out);
		return code;
	}
	fprintf(stderr, "ddproc: no such command: %s\n", argv[0]);
	return usage(stderr, EXIT_USAGE);
}

int
main(int argc, char **argv)
{
	const char *config = NULL, *dir = NULL;
	bool test = false, debug = false;
	char *rundir;
	int ch, code;

	setlocale(LC_CTYPE, "");
	signal(SIGPIPE, SIG_IGN);
	log_init("ddproc");
	log_set_level(LOG_LEVEL_CRITICAL); /* stderr is the person's */
	while ((ch = getopt(argc, argv, "+c:dfr:tVh")) != -1) {
		switch (ch) {
		case 'c':
			config = optarg;
			break;
		case 'd':
			debug = true;
			log_set_level(LOG_LEVEL_DEBUG);
			break;
		case 'f': /* as the daemons have it: it is always there */
			break;
		case 'r':
			dir = optarg;
			break;
		case 't':
			test = true;
			break;
		case 'V':
			printf("ddproc %s\n", VERSION);
			return EXIT_DONE;
		case 'h':
			return usage(stdout, EXIT_DONE);
		default:
			return usage(stderr, EXIT_USAGE);
		}
	}
	if (test)
		return test_config(config, debug);
	if (optind == argc)
		return usage(stderr, EXIT_USAGE);
	if ((rundir = dir != NULL ? xstrdup(dir) : find_rundir(config)) == NULL)
		return EXIT_FAILED;
	code = run(rundir, argc - optind, argv + optind);
	free(rundir);
	return code;
}
