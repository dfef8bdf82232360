/* SPDX-License-Identifier: ISC
 *
 * A snapshot on its way through: each record is checked, tagged by the
 * sources and encoded again into a batch of our own. Containers come first;
 * those whose tags are being looked up are held back until relay_release().
 * Nothing leaves before the snapshot is whole; a broken one is forgotten.
 */
#ifndef TAGGERD_RELAY_H
#define TAGGERD_RELAY_H

#include "common/batch.h"
#include "idset.h"
#include "source.h"

/* The kinds of records, in the order in which they may come. */
enum relay_kind {
	RELAY_CONTAINER,
	RELAY_CONTAINER_STAT,
	RELAY_PROCESS,
	RELAY_PROCESS_STAT,
	RELAY_KINDS
};

struct relay {
	const struct source *sources; /* borrowed; ends with a NULL name */
	struct tagstore *store;       /* borrowed */
	/* A container that no source knows: whether it is worth waiting
	 * for. NULL: none is. */
	bool (*on_unknown)(
	    struct strview id, struct strview pod_uid, void *arg);
	void *arg;

	struct batch *batch; /* NULL: between snapshots */
	struct rec_snapshot_begin begin;
	uint32_t came[RELAY_KINDS]; /* records so far */
	uint32_t sent[RELAY_KINDS]; /* those of them that go on */
	size_t received;            /* bytes of them, as they came */
	struct buf held;            /* frames of containers */
	struct schema_arena *arena; /* of held; made when first needed */
	struct idset excluded;      /* containers of this snapshot */
	uint32_t untagged; /* records of the last snapshot that had no room
			      for tags */
	uint32_t untagged_now;
	uint32_t containers; /* in the last full snapshot, as it went on */
	uint32_t left_out;   /* of it, as excluded */
};

/* The next six take one message each. They return NULL, or a constant that
 * says what the sender did wrong; the snapshot is forgotten then. `frame` is
 * the frame that the record came in. */
const char *relay_begin(
    struct relay *relay, const struct rec_snapshot_begin *begin);
const char *relay_container(struct relay *relay,
    const struct rec_container *container, const struct strview *frame);
const char *relay_container_stat(struct relay *relay,
    const struct rec_container_stat *stat, const struct strview *frame);
const char *relay_process(struct relay *relay,
    const struct rec_process *process, const struct strview *frame);
const char *relay_process_stat(struct relay *relay,
    const struct rec_process_stat *stat, const struct strview *frame);
/* *out is the whole snapshot with one reference, the caller's. */
const char *relay_end(struct relay *relay, const struct rec_snapshot_end *end,
    struct batch **out);

/* Whether all containers that were announced are here. */
bool relay_has_containers(const struct relay *relay);

/* Tags what was held back and lets it go on. What comes behind the
 * containers does the same. */
void relay_release(struct relay *relay);

/* The sender is gone: forgets what was begun. */
void relay_abort(struct relay *relay);

/* Forgets all. */
void relay_clear(struct relay *relay);

#endif
