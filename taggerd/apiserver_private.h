/* SPDX-License-Identifier: ISC
 *
 * The inside of the API server's source, for apiserver.c (when it asks what)
 * and apiserver_pods.c (what it says of the kubelet's pods).
 */
#ifndef TAGGERD_APISERVER_PRIVATE_H
#define TAGGERD_APISERVER_PRIVATE_H

#include "services.h"
#include "source.h"

struct clustername;
struct kubeapi;

enum apiserver_step {
	APISERVER_ABSENT,   /* nothing says where it is: for ever */
	APISERVER_WAITING,  /* for the timer: then it lists */
	APISERVER_LISTING,  /* page by page */
	APISERVER_RESTING,  /* for the timer: then it watches on */
	APISERVER_WATCHING, /* the timer says when that is going well */
};

struct apiserver {
	struct source_env env;
	enum apiserver_step step;
	struct kubeapi *api; /* NULL: absent */
	struct tls *tls;
	struct fetch *fetch; /* NULL: nothing is asked */
	struct event *timer;
	struct clustername *cluster;

	struct services *services; /* as they are known */
	struct services *coming;   /* of the list that is under way */
	struct services_mark mark; /* where that goes on, or the watch */
	unsigned pages;            /* of the list that is under way */
	bool listed;               /* services have been known at all */

	bool renewed;          /* had to read the token anew */
	bool settled;          /* this watch is going well */
	unsigned backoff;      /* s: the last wait, 0: all is well */
	int64_t failing_since; /* ms since the epoch, 0: it does not */
	char why[256];
};

/* Takes the other half of env.feed, and gives it back. */
void apiserver_listen(struct apiserver *a);
void apiserver_unlisten(struct apiserver *a);

/* What it says of pods is not what it was: has the kubelet list them, `gap`
 * ms after its last list at the earliest. */
void apiserver_rematch(struct apiserver *a, unsigned gap);

#endif
