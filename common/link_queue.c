/* SPDX-License-Identifier: ISC
 *
 * What waits for a link's peer: control frames first, then whole batches,
 * one in the socket's hands at a time. Past the bounds the oldest batch that
 * was not begun is dropped and counted, so a slow reader costs a constant.
 */
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <string.h>

#include "limits.h"
#include "link_private.h"
#include "log.h"

static void
on_batch_written(const void *data, size_t len, void *arg)
{
	(void)data;
	(void)len;
	batch_unref(arg);
}

static size_t
batch_bytes(const struct batch *batch)
{
	return batch->head.len + batch->frames.len;
}

static struct batch *
queue_take(struct link *link)
{
	struct batch *batch = link->batches[0];

	link->batch_count--;
	link->batch_bytes -= batch_bytes(batch);
	memmove(&link->batches[0], &link->batches[1],
	    link->batch_count * sizeof(struct batch *));
	return batch;
}

void
link_queue_clear(struct link *link)
{
	while (link->batch_count > 0)
		batch_unref(queue_take(link));
	evbuffer_drain(link->control, evbuffer_get_length(link->control));
}

void
link_queue_feed(struct link *link)
{
	struct evbuffer *out = bufferevent_get_output(link->bev);
	struct batch *batch;

	if (evbuffer_get_length(out) > 0)
		return;
	evbuffer_add_buffer(out, link->control);
	if (link->state != LINK_UP || link->batch_count == 0)
		return;
	batch = queue_take(link);
	evbuffer_add(out, batch->head.data, batch->head.len);
	if (evbuffer_add_reference(out, batch->frames.data, batch->frames.len,
		on_batch_written, batch) == -1)
		fatalx("out of memory");
}

int
link_send(struct link *link, enum msg_type type, const void *record)
{
	struct buf frame = { 0 };
	int rv = -1;

	if (link->state != LINK_UP && type != MSG_hello)
		return -1;
	if (evbuffer_get_length(link->control) < LIMIT_LINK_CONTROL)
		rv = schema_encode(&frame, type, record);
	if (rv == 0) {
		evbuffer_add(link->control, frame.data, frame.len);
		link_queue_feed(link);
	}
	buf_free(&frame);
	return rv;
}

int
link_send_batch(struct link *link, struct batch *batch)
{
	if (link->state != LINK_UP)
		return -1;
	link->batches[link->batch_count++] = batch_ref(batch);
	link->batch_bytes += batch_bytes(batch);
	link_queue_feed(link);
	while (link->batch_count > LIMIT_LINK_SNAPSHOTS ||
	    (link->batch_count > 1 &&
		link->batch_bytes > LIMIT_LINK_HIGHWATER)) {
		batch_unref(queue_take(link));
		link->dropped++;
	}
	return 0;
}
