/* SPDX-License-Identifier: ISC
 *
 * What the three daemons have in common: options, configuration, log, pid
 * file, going to the background, signals, the switched-off agent, and the
 * facts of `status` that every daemon tells about itself.
 */
#ifndef COMMON_DAEMON_H
#define COMMON_DAEMON_H

#include <stdbool.h>
#include <stdio.h>

#include "clock.h"
#include "config.h"
#include "priv.h"
#include "schema.h"
#include "version.h"

struct event_base;
struct daemon_private;

/* What a program is; borrowed for as long as it runs. */
struct daemon_spec {
	const char *name; /* "collectord" */
	enum program program;
	const char *user; /* whom it becomes when root starts it */
	/*
	 * Checks of a configuration what only this program can, and says on
	 * `out` what is wrong, a line each. Returns whether it is good. NULL:
	 * nothing more to check.
	 */
	bool (*check)(const struct config *config, FILE *out);
	/*
	 * Tries, for -t and a good configuration, what the program reaches
	 * out to, without privilege and before there is a loop; says on `out`
	 * how that went. Returns whether it went well. NULL: nothing to try.
	 */
	bool (*probe)(const struct config *config, FILE *out);
};

/* Filled by daemon_start(); lives as long as the program. */
struct daemon {
	const struct daemon_spec *spec;
	const char *name; /* the spec's */
	enum role role;
	char *config_path; /* owned, absolute; NULL: the default */
	char *rundir;      /* owned, absolute: -r, else run_path */
	bool foreground;
	bool debug;
	struct config *config;     /* owned; replaced by a good SIGHUP */
	enum snapshot_scope scope; /* what is collected; may change with it */
	struct priv priv;
	struct event_base *base;      /* owned */
	int64_t started_ms;           /* wall clock, ms since the epoch */
	void (*on_reload)(void *arg); /* config is the new one already */
	void (*on_stop)(void *arg);   /* NULL: leave the loop at once */
	void *arg;
	struct daemon_private *private; /* owned by daemon.c */
};

/*
 * Parses the options (-c FILE -f -t -d -r DIR -V -h), reads and checks the
 * configuration, and ends the program where that is all there is to do:
 * -V, -h, -t, an error, the agent switched off. Raises RLIMIT_NOFILE's soft
 * limit to the hard one.
 */
void daemon_start(
    struct daemon *d, const struct daemon_spec *spec, int argc, char **argv);

/* Prepares the run directory, the log and the pid file, goes to the
 * background unless -f, and makes the event base. Call before privileges are
 * dropped. The caller of the program waits until daemon_run(), so that a
 * failure on the way is its exit status. */
void daemon_detach(struct daemon *d);

/* Runs the loop until SIGTERM or SIGINT: on_stop is called, which must end
 * in event_base_loopexit() within LIMIT_SHUTDOWN; a second signal ends it at
 * once. SIGHUP: log and configuration are opened again, on_reload is called
 * when the configuration was good. Returns the exit status. */
int daemon_run(struct daemon *d);

/* Frees what daemon_start() and daemon_detach() made. */
void daemon_free(struct daemon *d);

/* Fills the members of st that every daemon has; strings are borrowed from
 * d and stay valid until the next call. */
void daemon_fill_status(struct daemon *d, struct rec_status *st);

#endif
