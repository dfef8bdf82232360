/* SPDX-License-Identifier: ISC
 *
 * The inside of the kubelet's source, for kubelet.c (when and where it asks)
 * and kubelet_take.c (what becomes of a list).
 */
#ifndef TAGGERD_KUBELET_PRIVATE_H
#define TAGGERD_KUBELET_PRIVATE_H

#include "common/hostname.h"
#include "kubelet_places.h"
#include "source.h"

struct fetch_answer;

/* What one list said. */
struct kubelet_list {
	uint32_t containers;
	uint32_t pods;
	uint32_t refused;            /* items that are past the bounds */
	bool news;                   /* it says what the last one did not */
	char node[HOSTNAME_MAX + 1]; /* empty: it does not say */
};

struct kubelet {
	struct source_env env;
	struct kubelet_places places;
	unsigned at;         /* the place that is asked */
	bool found;          /* it has listed */
	struct fetch *fetch; /* NULL: nothing is asked */
	struct tls *tls;     /* owned; NULL: not made, or it cannot be */
	struct token *token;
	bool renewed;    /* this look had to read the token anew */
	bool unverified; /* kubelet_tls_verify is off */
	struct event *timer;
	bool urgent;           /* somebody may be waiting for this look */
	bool again;            /* and one more, for what came meanwhile */
	unsigned interval;     /* s between lists */
	unsigned backoff;      /* s: the last wait, 0 after a success */
	uint64_t looked;       /* ns of CLOCK_MONOTONIC: began looking */
	uint64_t snapshot;     /* the same: the last snapshot began */
	int64_t failing_since; /* ms since the epoch, 0: it does not */
	char why[512];         /* what went wrong at each place */
	struct kubelet_list list;
	struct sandboxes *sandboxes;
};

/* Puts what the list says into the store and tells the feed. Returns 0, or
 * -1 with *why (a constant) when it is no list of pods; what it lacks is not
 * ended then. */
int kubelet_take(
    struct kubelet *k, const char *text, size_t len, const char **why);

#endif
