/* SPDX-License-Identifier: ISC
 *
 * Reference counting of snapshots that wait on several links.
 */
#include <stdlib.h>

#include "batch.h"
#include "log.h"

struct batch *
batch_new(enum snapshot_kind kind, uint64_t scan)
{
	struct batch *batch = xcalloc(1, sizeof(*batch));

	batch->kind = kind;
	batch->scan = scan;
	batch->refs = 1;
	return batch;
}

struct batch *
batch_ref(struct batch *batch)
{
	batch->refs++;
	return batch;
}

void
batch_unref(struct batch *batch)
{
	if (batch == NULL || --batch->refs > 0)
		return;
	buf_free(&batch->head);
	buf_free(&batch->frames);
	free(batch);
}
