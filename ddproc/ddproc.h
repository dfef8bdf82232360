/* SPDX-License-Identifier: ISC
 *
 * ddproc, the person's tool: shows what taggerd serves on view.sock. It
 * holds no privilege and reads nothing of other processes itself; every
 * byte it shows came over the socket and is escaped before a terminal sees
 * it.
 */
#ifndef DDPROC_DDPROC_H
#define DDPROC_DDPROC_H

#include <stdbool.h>
#include <stdio.h>

/* What every command is given. */
struct ddproc {
	const char *rundir; /* where view.sock is; borrowed */
	FILE *out;          /* standard output, ASCII where it must be */
	bool tty;           /* out is a terminal */
	bool ascii;         /* the locale's character set is not UTF-8 */
};

/* A command has done its work, failed, or was used wrongly; status,
 * search and containers say more with theirs (ddproc.1). */
enum exit_code {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,
	EXIT_UNREACHED = 2, /* of those three: taggerd does not answer */
	EXIT_USAGE = 64,    /* sysexits(3) EX_USAGE */
};

/* The commands; argv[0] is the command's name. Each returns the exit code,
 * and has said on stderr what went wrong. */
int top_command(const struct ddproc *ctx, int argc, char **argv);
int search_command(const struct ddproc *ctx, int argc, char **argv);
int containers_command(const struct ddproc *ctx, int argc, char **argv);
int inspect_command(const struct ddproc *ctx, int argc, char **argv);
int status_command(const struct ddproc *ctx, int argc, char **argv);
int diagnose_command(const struct ddproc *ctx, int argc, char **argv);
int check_command(const struct ddproc *ctx, int argc, char **argv);

#define CONTAINERS_USAGE "[--json] [-s KEY] [WORD ...]"
#define CHECK_USAGE      "[rt]process|[rt]container"

/* "usage: ddproc COMMAND ARGS" on stderr; returns EXIT_USAGE. */
int command_usage(const char *command, const char *args);

#endif
