/* SPDX-License-Identifier: ISC
 *
 * A short list: the first one may be under way, the others wait.
 */
#include <string.h>

#include "common/batch.h"
#include "outbox.h"

static size_t
batch_bytes(const struct batch *batch)
{
	return batch->head.len + batch->frames.len;
}

static void
remove_at(struct outbox *o, unsigned i)
{
	o->bytes -= batch_bytes(o->batches[i]);
	batch_unref(o->batches[i]);
	o->n--;
	memmove(&o->batches[i], &o->batches[i + 1],
	    (o->n - i) * sizeof(struct batch *));
}

void
outbox_put(struct outbox *o, struct batch *batch)
{
	unsigned oldest = o->sent ? 1 : 0;

	o->batches[o->n++] = batch_ref(batch);
	o->bytes += batch_bytes(batch);
	while (o->n > LIMIT_LINK_SNAPSHOTS ||
	    (o->n > oldest + 1 && o->bytes > LIMIT_LINK_HIGHWATER)) {
		remove_at(o, oldest);
		o->dropped++;
	}
}

struct batch *
outbox_next(struct outbox *o)
{
	if (o->n == 0 || o->sent)
		return NULL;
	o->sent = true;
	return o->batches[0];
}

size_t
outbox_waiting(const struct outbox *o)
{
	return o->bytes - (o->sent ? batch_bytes(o->batches[0]) : 0);
}

void
outbox_rewind(struct outbox *o)
{
	o->sent = false;
}

void
outbox_taken(struct outbox *o, uint64_t mono_ns)
{
	unsigned i;

	for (i = 0; i < o->n && o->batches[i]->mono_ns != mono_ns; i++)
		;
	if (i == o->n)
		return;
	for (i++; i > 0; i--)
		remove_at(o, 0);
	o->sent = false;
}

void
outbox_trust(struct outbox *o)
{
	if (o->sent)
		remove_at(o, 0);
	o->sent = false;
}

void
outbox_clear(struct outbox *o)
{
	while (o->n > 0)
		remove_at(o, 0);
	o->sent = false;
}
