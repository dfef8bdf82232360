/* SPDX-License-Identifier: ISC
 *
 * taggerd's context and the way things take through it:
 *
 *   collectord -> relay (sources add tags) -> shipperd and every viewer
 *   collectord <- one wish for real time   <- shipperd and every viewer
 *   collectord <- inspect                  <- viewers
 */
#ifndef TAGGERD_TAGGER_H
#define TAGGERD_TAGGER_H

#include <stdbool.h>
#include <stdio.h>

struct config;
struct daemon;
struct tagger;

/* Whether what only taggerd reads of a configuration is good; says on `out`
 * what is wrong, a line each. */
bool tagger_check(const struct config *config, FILE *out);

struct tagger_sockets {
	int collect; /* bound, not yet listening */
	int view;    /* the same */
	int broker;  /* broker_start()'s */
};

/* Binds collect and view in the run directory, owned by the user that the daemon will
 * be. Call before privileges are dropped; fatal on failure. */
void tagger_bind(struct tagger_sockets *sockets, const struct daemon *d);

/* Starts serving, connecting and resolving; owns the sockets, borrows d.
 * Call after privileges are dropped; fatal on failure. */
struct tagger *tagger_new(
    struct daemon *d, const struct tagger_sockets *sockets);
void tagger_free(struct tagger *tagger);

#endif
