/* SPDX-License-Identifier: ISC
 *
 * Everything that the sources know of containers and pods, merged on
 * demand. Each source has facts of its own on a subject: a container (by
 * id) or a pod (by uid). A container's tags are those of its pod and its
 * own, of all sources; where two sources give one tag name, the higher
 * source's values count. What is merged is cached until a source changes
 * its mind. Bounded: at most LIMIT_CONTAINERS subjects of each kind; when
 * there is no room, the one that ended first goes, and without such a one
 * nothing new comes in.
 */
#ifndef TAGGERD_TAGSTORE_H
#define TAGGERD_TAGSTORE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/config.h"
#include "common/schema.h"

struct exclusion;
struct facts;
struct tagstore;

/* From the lowest to the highest. The first is the relay's: what a
 * container's cgroup path says, its pod's uid. */
enum tagstore_source {
	TAGSTORE_CGROUP,
	TAGSTORE_DOCKER,
	TAGSTORE_ECS,
	TAGSTORE_KUBELET,
	TAGSTORE_APISERVER,
	TAGSTORE_SOURCES
};

enum tagstore_subject {
	TAGSTORE_CONTAINER, /* key: the id, 64 hex digits or ECS's form */
	TAGSTORE_POD,       /* key: the uid; '_' counts as '-' */
};

/* A container as all sources together know it. Borrowed from the store until
 * the next call on it. */
struct tagged {
	bool known;    /* some source has facts on it, not only the cgroup */
	bool excluded; /* its record is not reported */
	struct strview type;
	struct strview name;
	struct strview image;
	struct strview repo_digest;
	enum container_state state; /* CONTAINER_UNKNOWN: nobody says */
	enum container_health health;
	int64_t created;         /* s since the epoch, 0 unknown */
	float cpu_request;       /* % of one core */
	uint64_t memory_request; /* bytes */
	struct rec_address *addresses;
	uint32_t n_addresses;
	struct strviews tags; /* "name:value" */
};

struct tagstore *tagstore_new(void);
void tagstore_free(struct tagstore *store); /* NULL is fine */

/* How tags are named, and what is excluded (owned by the store from now
 * on; NULL: nothing). */
void tagstore_configure(struct tagstore *store, enum config_tagnames names,
    struct exclusion *exclusion);

/* Takes over the source's facts on a subject, in place of its former ones;
 * an end that was set for those no longer counts. Returns whether they say
 * anything new. */
bool tagstore_put(struct tagstore *store, enum tagstore_source source,
    enum tagstore_subject subject, struct strview key, struct facts *facts);

/* The subject is gone as far as the source knows: what it said is kept for
 * `keep` s after `now` (ns of CLOCK_MONOTONIC). Unless said already. */
void tagstore_end(struct tagstore *store, enum tagstore_source source,
    enum tagstore_subject subject, struct strview key, uint64_t now,
    unsigned keep);

/* For a source that lists: between the two, it puts all that it knows; what
 * it did not put is ended. */
void tagstore_list_begin(struct tagstore *store, enum tagstore_source source);
void tagstore_list_end(struct tagstore *store, enum tagstore_source source,
    uint64_t now, unsigned keep);

/* Forgets what was ended long enough ago. */
void tagstore_expire(struct tagstore *store, uint64_t now);

/* The container, never NULL: one that nobody knows has its id for a tag. */
const struct tagged *tagstore_find(struct tagstore *store, struct strview id);

/* Subjects that the source has facts on and has not ended, for status. */
uint32_t tagstore_count(const struct tagstore *store,
    enum tagstore_source source, enum tagstore_subject subject);

#endif
