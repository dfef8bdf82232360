/* SPDX-License-Identifier: ISC
 *
 * The seam for whatever knows tags: user names and the configured host
 * tags. tagger.c holds the table of them; the relay asks each in turn for
 * every process, status shows each by name. A source answers from memory at
 * once; what it has to look up, it looks up behind the loop's back.
 */
#ifndef TAGGERD_SOURCE_H
#define TAGGERD_SOURCE_H

#include <stddef.h>

#include "common/schema.h"

/* Tags of one record while it is being put together. */
struct tagset {
	struct strview v[LIMIT_TAGS]; /* borrowed from the sources */
	uint32_t n;
};

struct source {
	const char *name; /* as status shows it */
	void *self;
	/* A snapshot begins: the time to look at what may have changed.
	 * NULL if nothing may. */
	void (*on_snapshot)(void *self);
	/* Adds what it knows of a process. What it points to stays valid
	 * until the next call into the source. */
	void (*tag_process)(
	    void *self, struct rec_process *process, struct tagset *tags);
	/* One line for status: "ok: ...", "absent", "failing: ...". */
	void (*state)(const void *self, char *out, size_t size);
};

/* Adds a tag unless the set is full. */
static inline void
tagset_add(struct tagset *tags, struct strview tag)
{
	if (tags->n < LIMIT_TAGS)
		tags->v[tags->n++] = tag;
}

#endif
