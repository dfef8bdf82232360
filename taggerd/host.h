/* SPDX-License-Identifier: ISC
 *
 * The `host` record: what collectord says of the system, the name that the
 * resolver found, and the host tags.
 */
#ifndef TAGGERD_HOST_H
#define TAGGERD_HOST_H

#include "common/hostname.h"
#include "kept.h"

struct hosttags;

struct host {
	struct kept system;          /* collectord's record */
	struct hostname hostname;    /* empty: not known yet */
	const struct hosttags *tags; /* borrowed */
	enum container_host container_host;
};

/* Takes collectord's record. Returns true if it is news. */
bool host_set_system(struct host *host, const struct rec_host *system);

/* Takes the name. Returns true if it is news. */
bool host_set_name(struct host *host, const struct hostname *hostname);

/* Whether all of it is there: a payload without the host's name would make
 * another host of it. */
bool host_is_whole(const struct host *host);

/* Puts the record together. Returns false if collectord has said nothing
 * yet. What *out points to is borrowed until the next call on host. */
bool host_get(struct host *host, struct rec_host *out);

void host_clear(struct host *host);

#endif
