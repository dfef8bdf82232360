/* SPDX-License-Identifier: ISC
 *
 * What daemon.c and daemon_detach.c share. Nothing else includes it.
 */
#ifndef COMMON_DAEMON_PRIVATE_H
#define COMMON_DAEMON_PRIVATE_H

#include <stdbool.h>

#include "selfstat.h"

struct daemon;
struct event;

struct daemon_private {
	char *log_path; /* owned; NULL: stderr */
	int pid_fd;     /* held for its lock; -1 in the foreground */
	int ready_fd;   /* our parent waits on it; -1 in the foreground */
	bool stopping;
	struct event *signals[3];
	struct event *deadline;
	struct selfstat self;
};

/* daemon_detach.c */

/* Everything went well: lets the caller of the program go. */
void daemon_say_ready(struct daemon *d);

#endif
