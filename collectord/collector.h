/* SPDX-License-Identifier: ISC
 *
 * The daemon's context: scans on their intervals, the link to taggerd, and
 * the two control messages that may come back over it.
 */
#ifndef COLLECTORD_COLLECTOR_H
#define COLLECTORD_COLLECTOR_H

struct collector;
struct daemon;

/*
 * Sets everything up for daemon_run(): engine, rules, link, timers, and the
 * daemon's on_reload. Call after privileges are dropped. Borrows the daemon.
 * Fatal when the process tree cannot be opened or a rule is bad.
 */
struct collector *collector_new(struct daemon *daemon);
void collector_free(struct collector *c); /* NULL is fine */

#endif
