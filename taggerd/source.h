/* SPDX-License-Identifier: ISC
 *
 * The seam for whatever knows tags: user names, the configured host tags,
 * and the sources of containers (Docker, kubelet, API server, ECS: the
 * table in sources.c). The relay asks each in turn, status shows each by
 * name. A source answers from memory at once; what it has to look up, it
 * looks up behind the loop's back. Those of containers put what they learn
 * into the tagstore.
 */
#ifndef TAGGERD_SOURCE_H
#define TAGGERD_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/schema.h"
#include "hostoffers.h"

struct config;
struct event_base;
struct fetcher;
struct podfeed;
struct tagstore;

/* Tags of one record while it is being put together. */
struct tagset {
	struct strview v[LIMIT_TAGS]; /* borrowed from the sources */
	uint32_t n;
};

/* What a source of containers is given when it is made; all borrowed for as
 * long as it lives, which is until the configuration is read again: then it
 * is freed, and another one made. What it put into the store stays for
 * LIMIT_TAGS_KEPT unless that one puts it there again. */
struct source_env {
	struct event_base *base;
	struct tagstore *store;
	struct fetcher *fetcher;
	struct podfeed *feed;
	const struct hostoffers *offers;
	const struct config *config;
	int broker; /* Docker's, a descriptor of broker_start() */
	/* It has finished looking, whatever came of it: somebody may be
	 * waiting for that. Also when its state changed. */
	void (*on_looked)(void *arg);
	/* What it says that this host is called; name NULL: it cannot say, or
	 * is not there. Weaker names wait for that for a bounded time, so
	 * who may still find out says nothing yet. */
	void (*on_hostname)(enum host_offer who, const char *name, void *arg);
	void *arg;
};

struct source {
	const char *name; /* as status shows it */
	void *self;
	/* A snapshot begins: the time to look at what may have changed.
	 * NULL if nothing may. */
	void (*on_snapshot)(void *self);
	/* Adds what it knows of a process. What it points to stays valid
	 * until the next call into the source. NULL: nothing of processes. */
	void (*tag_process)(
	    void *self, struct rec_process *process, struct tagset *tags);
	/* Adds to a container's tags what is not in the tagstore. NULL:
	 * nothing. */
	void (*tag_container)(void *self, struct tagset *tags);
	/* A snapshot has a container that no source knows, the first time
	 * that it is seen: look at once. Returns whether it is looking now;
	 * on_looked comes then. NULL if it knows no containers. */
	bool (*on_miss)(void *self, struct strview id, struct strview pod_uid);
	/* Whether a look that on_miss or the start began is under way. */
	bool (*is_looking)(const void *self);
	/* One line for status: "ok: ...", "absent", "failing: ...". */
	void (*state)(const void *self, char *out, size_t size);
	/* Ends what is under way, without a word to anybody, and frees self.
	 * NULL: tagger.c does. */
	void (*free)(void *self);
};

/* Adds a tag unless the set is full. */
static inline void
tagset_add(struct tagset *tags, struct strview tag)
{
	if (tags->n < LIMIT_TAGS)
		tags->v[tags->n++] = tag;
}

#endif
