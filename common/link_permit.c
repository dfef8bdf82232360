/* SPDX-License-Identifier: ISC
 *
 * The permit table applied to one connection: who may send what, how often,
 * and where in a snapshot.
 */
#include <string.h>

#include "clock.h"
#include "limits.h"
#include "link_private.h"

/* In one snapshot: each process and container as what it is and as what
 * moves of it. */
#define MOST_RECORDS (2 * (LIMIT_SNAPSHOT_PROCESSES + LIMIT_CONTAINERS))

static bool
permit_rate(struct link *link, uint32_t type, uint32_t rate)
{
	uint64_t now = clock_mono_ns();

	if (now - link->window_start >= LIMIT_RATE_WINDOW * CLOCK_NS_PER_S) {
		link->window_start = now;
		memset(link->counts, 0, sizeof(link->counts));
	}
	return ++link->counts[type] <= rate;
}

/* Records stand inside a snapshot, and nothing opens one twice. */
static bool
permit_order(struct link *link, uint32_t type, size_t bytes)
{
	if (type == MSG_snapshot_begin) {
		if (link->in_snapshot)
			return false;
		link->in_snapshot = true;
		link->snapshot_records = 0;
		link->snapshot_bytes = 0;
		return true;
	}
	if (type == MSG_snapshot_end) {
		if (!link->in_snapshot)
			return false;
		link->in_snapshot = false;
		return true;
	}
	if (schema_permit(type)->rate > 0)
		return true;
	link->snapshot_bytes += bytes;
	return link->in_snapshot && ++link->snapshot_records <= MOST_RECORDS &&
	    link->snapshot_bytes <= LIMIT_SNAPSHOT_RECEIVE;
}

const char *
link_permit(struct link *link, uint32_t type, size_t bytes)
{
	const struct schema_permit *p = schema_permit(type);

	if (!(p->senders & link->role->peer))
		return "a message that this peer may not send";
	if (!(p->receivers & link->role->self))
		return "a message that is not for us";
	if ((link->state == LINK_GREETING) != (type == MSG_hello))
		return "hello is not the first message, or not the only one";
	if (p->rate > 0 && !permit_rate(link, type, p->rate))
		return "too many messages";
	if (!permit_order(link, type, bytes))
		return "a record out of its snapshot, or too many";
	return NULL;
}
