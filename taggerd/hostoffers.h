/* SPDX-License-Identifier: ISC
 *
 * Which name the host gets when several could give it one, some of them
 * after a while: the kubelet and Docker know the host's name where our own
 * is a container's. A name that is wrong for a moment makes another host at
 * the intake, so the weaker ones wait for the stronger, for a bounded time.
 * Pure logic; the time is passed in as ns of CLOCK_MONOTONIC.
 */
#ifndef TAGGERD_HOSTOFFERS_H
#define TAGGERD_HOSTOFFERS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/hostname.h"

struct config;

/* Who offers a name, from the strongest. */
enum host_offer {
	OFFER_CONFIG,  /* DD_HOSTNAME, `hostname` */
	OFFER_FARGATE, /* the task's ARN stands for a host */
	OFFER_KUBELET, /* the node's name */
	OFFER_DOCKER,  /* the engine's host */
	OFFER_SYSTEM,  /* our own: FQDN, gethostname */
	OFFERS
};

/* All zero: nobody has said anything, nobody is waited for. */
struct hostoffers {
	struct hostname v[OFFERS]; /* empty: no offer */
	unsigned asked;            /* set of 1 << enum host_offer */
	unsigned answered;         /* another one */
	uint64_t until;            /* nobody is waited for after that */
};

/*
 * Begins anew, at the start and when the configuration was read again: what
 * the sources offered stays, those that may still offer something better
 * than our own name are waited for. in_container: whether we run in one, as
 * only there the kubelet and Docker have a say.
 */
void hostoffers_begin(struct hostoffers *offers, const struct config *config,
    bool in_container, uint64_t now);

/* Takes an answer; name NULL: there is none to offer. What is no host name
 * counts as none. The offer of somebody who was not asked has no weight. */
void hostoffers_take(struct hostoffers *offers, enum host_offer who,
    const char *name, const char *source);

/* The name that counts at `now`, borrowed from offers; NULL: not known yet,
 * or there is none. */
const struct hostname *hostoffers_pick(
    const struct hostoffers *offers, uint64_t now);

#endif
