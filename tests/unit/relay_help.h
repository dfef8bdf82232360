/* SPDX-License-Identifier: ISC
 *
 * What the tests of the relay share: a source of tags, and frames to and fro.
 */
#ifndef TESTS_RELAY_HELP_H
#define TESTS_RELAY_HELP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/frame.h"
#include "common/limits.h"
#include "common/log.h"
#include "taggerd/facts.h"
#include "taggerd/relay.h"
#include "taggerd/tagstore.h"

/* A source that names everybody "ada". */
static unsigned snapshots_seen;

static void
on_snapshot(void *self)
{
	(void)self;
	snapshots_seen++;
}

static void
tag_process(void *self, struct rec_process *process, struct tagset *tags)
{
	(void)self;
	process->user = SV("ada");
	tagset_add(tags, SV("user:ada"));
}

static void
tag_container(void *self, struct tagset *tags)
{
	(void)self;
	tagset_add(tags, SV("env:test"));
}

static const struct source ada[] = {
	{ .name = "ada",
	    .on_snapshot = on_snapshot,
	    .tag_process = tag_process,
	    .tag_container = tag_container },
	{ 0 },
};

static inline struct strview
frame_of(struct buf *buf, enum msg_type type, const void *record)
{
	buf->len = 0;
	assert_int_equal(schema_encode(buf, type, record), 0);
	return (struct strview){ buf->data, (uint32_t)buf->len };
}

/* Decodes the next frame of a batch. */
static inline int
next(const struct buf *b, size_t *at, struct schema_arena *arena,
    union schema_any *rec)
{
	const char *why = NULL;
	size_t payload = 0;
	int type;

	assert_int_equal(frame_peek((const unsigned char *)b->data + *at,
			     b->len - *at, &payload),
	    1);
	type = schema_decode(
	    b->data + *at + FRAME_WORD, payload, arena, rec, &why);
	if (type == -1)
		fail_msg("frame at %zu: %s", *at, why);
	*at += FRAME_WORD + payload;
	return type;
}

#endif
