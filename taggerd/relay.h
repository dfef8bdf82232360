/* SPDX-License-Identifier: ISC
 *
 * A snapshot on its way through: each record is checked, tagged by the
 * sources and encoded again into a batch of our own. Nothing leaves before
 * the snapshot is whole; a broken one is forgotten.
 */
#ifndef TAGGERD_RELAY_H
#define TAGGERD_RELAY_H

#include "common/batch.h"
#include "source.h"

struct relay {
	const struct source *sources; /* borrowed; ends with a NULL name */
	struct batch *batch;          /* NULL: between snapshots */
	struct rec_snapshot_begin begin;
	uint32_t processes; /* records so far */
	uint32_t stats;
	size_t received;   /* bytes of them, as they came */
	uint32_t untagged; /* processes of the last snapshot that had no room
			      for tags */
	uint32_t untagged_now;
};

/* The next four take one message each. They return NULL, or a constant that
 * says what the sender did wrong; the snapshot is forgotten then. `frame` is
 * the frame that the record came in. */
const char *relay_begin(
    struct relay *relay, const struct rec_snapshot_begin *begin);
const char *relay_process(struct relay *relay,
    const struct rec_process *process, const struct strview *frame);
const char *relay_stat(struct relay *relay, const struct rec_process_stat *stat,
    const struct strview *frame);
/* *out is the whole snapshot with one reference, the caller's. */
const char *relay_end(struct relay *relay, const struct rec_snapshot_end *end,
    struct batch **out);

/* The sender is gone: forgets what was begun. */
void relay_abort(struct relay *relay);

#endif
