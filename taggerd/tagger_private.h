/* SPDX-License-Identifier: ISC
 *
 * The inside of taggerd's context, for tagger.c (its life), neighbours.c
 * (what collectord and shipperd send) and push.c (what is sent on).
 */
#ifndef TAGGERD_TAGGER_PRIVATE_H
#define TAGGERD_TAGGER_PRIVATE_H

#include "common/link.h"
#include "host.h"
#include "hostoffers.h"
#include "outbox.h"
#include "podfeed.h"
#include "realtime.h"
#include "relay.h"
#include "sources.h"
#include "status.h"
#include "tagger.h"

struct event;
struct hosttags;
struct fetcher;
struct resolver;
struct tagstore;
struct users;
struct view;
struct waiting;

/* What changed and is to be sent on: a set of these. */
enum push {
	PUSH_HOST = 1 << 0,
	PUSH_COLLECTORD = 1 << 1, /* its status */
	PUSH_TAGGERD = 1 << 2,    /* our status */
	PUSH_SHIPPERD = 1 << 3,   /* its status */
	PUSH_REALTIME = 1 << 4,
};
#define PUSH_STATUSES (PUSH_COLLECTORD | PUSH_TAGGERD | PUSH_SHIPPERD)

/* Users and host tags, then the sources of containers. */
#define TAGGER_OWN_SOURCES 2
#define TAGGER_SOURCES     (TAGGER_OWN_SOURCES + SOURCES_MOST)

struct tagger {
	struct daemon *d; /* borrowed */
	int broker;       /* the Docker broker's socket; owned */

	/* Sources of tags. */
	struct users *users;
	struct hosttags *hosttags;
	struct tagstore *store;
	struct fetcher *fetcher;
	struct podfeed feed;
	struct source sources[TAGGER_SOURCES + 1]; /* ends with no name */
	unsigned n_sources;
	struct resolver *resolver;
	struct host host;
	struct hostoffers offers;

	/* Neighbours. */
	struct link_role collect_role;
	struct link_server *collect;
	struct link *collectord; /* borrowed from collect; NULL: not there */
	struct link_role ship_role;
	struct link *ship;
	bool ship_has_host; /* shipperd knows whose snapshots these are */
	bool ship_has_said; /* what it has taken, or that it never will */
	struct view *view;
	struct status collectord_status;
	struct status shipperd_status;

	/* Snapshots. */
	struct relay relay;
	struct waiting *waiting;     /* for tags of new containers */
	struct batch *last_full;     /* NULL: none yet */
	struct batch *last_realtime; /* newer than last_full, or NULL */
	struct outbox outbox;        /* for shipperd */

	/* Real time. */
	struct realtime realtime;
	struct realtime_wish ship_wish;

	/* Sending on. */
	unsigned changed; /* set of enum push */
	uint64_t pushed;  /* ns of CLOCK_MONOTONIC */
	struct event *push_timer;
	struct event *tick; /* each second */
	unsigned ticks;
};

/* neighbours.c: serves collect.sock and connects to ship.sock. */
void neighbours_start(struct tagger *t, int collect_fd);
void neighbours_stop(struct tagger *t);

/* push.c: marks what changed; it is sent on LIMIT_PUSH_GAP after the last
 * such sending at the earliest. */
void push_later(struct tagger *t, unsigned what);
/* Sends on all that changed. */
void push_now(struct tagger *t);
/* What somebody new has missed. */
void push_greet_viewer(struct link *viewer, void *arg);
void push_greet_shipperd(struct tagger *t);
/* What waits for shipperd, as far as it may go now. */
void push_outbox(struct tagger *t);
/* A whole snapshot, which it takes over. */
void push_snapshot(struct tagger *t, struct batch *batch);

#endif
