/* SPDX-License-Identifier: ISC
 *
 * The inside of shipperd, for shipper.c (its life), intake.c (snapshots that
 * come in) and upstream.c (what taggerd is told).
 */
#ifndef SHIPPERD_SHIPPER_PRIVATE_H
#define SHIPPERD_SHIPPER_PRIVATE_H

#include "common/daemon.h"
#include "dogstatsd.h"
#include "endpoint.h"
#include "common/link.h"
#include "snapshot.h"

TAILQ_HEAD(snapshot_list, snapshot);

/* The one context of the program. */
struct shipper {
	struct daemon *d; /* borrowed */
	struct link_role role;
	struct link_server *server;
	struct dns *dns;
	struct dogstatsd *dogstatsd;
	struct event *tick;       /* each second */
	struct event *stop_timer; /* LIMIT_SHUTDOWN */

	/* To the endpoints. */
	struct tls *tls;
	struct queue *queue;
	struct spool *spool; /* NULL: there is none */
	struct endpoint_env env;
	struct endpoint *endpoints[LIMIT_ENDPOINTS];
	unsigned n_endpoints;

	/* From taggerd. */
	struct encoder *encoder;
	struct payloader *payloader;
	struct encode_host *host;  /* NULL before the first `host` */
	struct snapshot *building; /* NULL outside a snapshot */
	struct snapshot_list held; /* full ones, for want of a host name */
	uint32_t n_held;
	size_t held_bytes;
	uint64_t held_dropped; /* snapshots */
	int32_t group_id;      /* of the last group */
	bool said_empty;       /* the last full snapshot had no record */
	struct gauges gauges;  /* of the last full scan */
	uint64_t said_lost;    /* payloads, in the log */
	uint64_t said_lost_at; /* ns of CLOCK_MONOTONIC */
	uint64_t taken; /* mono_ns of the last full snapshot that is ours */

	/* To taggerd. */
	bool status_due;
	bool wish_due;
	uint64_t status_sent;     /* ns of CLOCK_MONOTONIC */
	uint64_t wish_sent;       /* ns of CLOCK_MONOTONIC */
	uint64_t gauges_sent;     /* ns of CLOCK_MONOTONIC */
	struct rec_realtime wish; /* as last sent */
};

/* intake.c */
link_handler intake_take_host;
link_handler intake_begin_snapshot;
link_handler intake_take_container;
link_handler intake_take_container_stat;
link_handler intake_take_process;
link_handler intake_take_stat;
link_handler intake_end_snapshot;
/* The link is gone: what was begun will not end. */
void intake_abandon(struct shipper *s);
/* Forgets the snapshots that wait for a host name, and counts them. */
void intake_drop_held(struct shipper *s);
/* Number of the next group: random at first, one more each time. */
int32_t intake_next_group(struct shipper *s);

/* upstream.c */
/* What all endpoints together want; all zero when nothing. */
struct rec_realtime upstream_wish(const struct shipper *s, uint64_t now);
/* Says which full snapshot is the newest that taggerd need not keep. */
void upstream_say_taken(struct shipper *s);
/* Sends what is due. */
void upstream_tick(struct shipper *s, uint64_t now);

/* report.c */
/* Once a minute, and in the end: what was dropped since the last time. */
void report_losses(struct shipper *s);
/* Some are gone with what they lost, which the others' losses add to no more. */
void report_endpoints_change(struct shipper *s);
/* The gauges, when they are due. */
void report_gauges(struct shipper *s, uint64_t now);
/* What stays in the spool that is left. */
void report_spooled(const struct shipper *s);
/* In the end: that, and what is lost with the memory. */
void report_left(const struct shipper *s);

/* shipper.c */
void shipper_wake_endpoints(struct shipper *s);

#endif
