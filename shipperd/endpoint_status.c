/* SPDX-License-Identifier: ISC
 *
 * An endpoint's part of the status.
 */
#include "common/schema.h"
#include "conn.h"
#include "endpoint_private.h"
#include "proxy.h"
#include "queue.h"

static const char *
state_text(const struct endpoint *e)
{
	switch (e->state) {
	case EP_READY:
		return "ready";
	case EP_SENDING:
		return conn_state_name(e->conn);
	case EP_BACKOFF:
		return "waiting to retry";
	case EP_PAUSED:
		return "paused: key refused";
	}
	return "";
}

void
endpoint_fill_status(const struct endpoint *e, struct rec_endpoint *out)
{
	const struct conn_report *report = conn_report(e->conn);
	struct queue_debt debt;
	const uint64_t *lost;

	queue_get_debt(e->env->queue, e->index, &debt);
	debt.losses.n[LOSS_LATE] += e->late;
	lost = debt.losses.n;
	*out = (struct rec_endpoint){ .url = strview_of(e->url),
		.state = strview_of(state_text(e)),
		.last_success = e->last_success,
		.last_error = strview_of(e->last_error),
		.delivered = e->delivered,
		.retried = e->retried,
		.dropped = lost[LOSS_ROOM] + lost[LOSS_AGE] + lost[LOSS_LATE] +
		    lost[LOSS_DAMAGE] + lost[LOSS_MEMORY],
		.queued = debt.payloads,
		.queued_bytes = debt.bytes,
		.queued_age = debt.age_ms / 1000,
		.lost_room = lost[LOSS_ROOM],
		.lost_age = lost[LOSS_AGE],
		.lost_late = lost[LOSS_LATE],
		.lost_damage = lost[LOSS_DAMAGE],
		.lost_memory = lost[LOSS_MEMORY],
		.refused = e->refused,
		.tls = strview_of(report->tls),
		.proxy = strview_of(e->proxy != NULL ? e->proxy->text : ""),
		.address = strview_of(report->address),
		.step = e->step,
		.last_try = e->last_try };
}
