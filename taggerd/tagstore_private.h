/* SPDX-License-Identifier: ISC
 *
 * The inside of the tagstore, for tagstore.c (who said what, and for how
 * long it holds) and tagstore_merge.c (what that makes of a container).
 */
#ifndef TAGGERD_TAGSTORE_PRIVATE_H
#define TAGGERD_TAGSTORE_PRIVATE_H

#include <sys/queue.h>

#include "facts.h"
#include "tagstore.h"

/* What one source said of a subject. */
struct said {
	struct facts *facts; /* owned; NULL: nothing */
	uint64_t until;      /* ns of CLOCK_MONOTONIC; 0: not ended */
	unsigned round;      /* the source's list that it came with */
};

/* A container as it was merged from certain versions of what was said. */
struct merged {
	uint64_t own;   /* version of the container; 0: never merged */
	uint64_t pod;   /* of its pod, 0 without one */
	uint64_t rules; /* of names and exclusion */
	struct tagged tagged;
	void *memory; /* owned: what lists of `tagged` point to */
};

struct subject {
	TAILQ_ENTRY(subject) entry; /* in live or ended */
	enum tagstore_subject kind;
	char *key; /* owned */
	uint32_t len;
	bool ended;       /* by all who said something */
	uint64_t version; /* unlike any other; a new one with each change */
	struct said said[TAGSTORE_SOURCES];
	struct merged merged; /* of a container */
};
TAILQ_HEAD(subjects, subject);

#define SUBJECT_KINDS 2

struct tagstore {
	void *tree[SUBJECT_KINDS]; /* of tsearch(3), by key */
	struct subjects live[SUBJECT_KINDS];
	struct subjects ended[SUBJECT_KINDS]; /* the first to end first */
	uint32_t count[SUBJECT_KINDS];
	unsigned round[TAGSTORE_SOURCES];
	uint64_t version; /* the last one given */
	uint64_t rules;   /* version of the two below */
	enum config_tagnames names;
	struct exclusion *exclusion; /* owned; NULL: nothing is excluded */
	struct merged unknown;       /* the last container nobody knew */
};

/* Merges what is said of the container `id` into *out. own and pod may be
 * NULL. */
void tagstore_merge(struct tagstore *store, struct strview id,
    const struct subject *own, const struct subject *pod, struct merged *out);
void tagstore_merged_clear(struct merged *merged);

#endif
