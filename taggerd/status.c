/* SPDX-License-Identifier: ISC
 *
 * What is known of a neighbouring daemon.
 */
#include <string.h>

#include "status.h"

void
status_set_up(struct status *status, bool up, int64_t now_ms)
{
	kept_clear(&status->last);
	status->up = up;
	status->since_ms = now_ms;
}

const char *
status_take(struct status *status, const struct rec_status *rec)
{
	if (rec->daemon != (uint32_t)status->daemon)
		return "a status of another daemon";
	kept_set(&status->last, MSG_status, rec);
	return NULL;
}

void
status_get(struct status *status, struct rec_status *out)
{
	const union schema_any *kept = kept_get(&status->last);

	if (kept != NULL)
		*out = kept->status;
	else
		*out = (struct rec_status){ .daemon = status->daemon,
			.at = status->since_ms };
	out->up = status->up;
}

void
status_clear(struct status *status)
{
	kept_clear(&status->last);
}

struct rec_peer
status_peer(const char *name, const struct link_stats *stats)
{
	return (struct rec_peer){
		.name = { name, (uint32_t)strlen(name) },
		.up = stats->up,
		.queued = stats->queued,
		.dropped = stats->dropped,
		.refused = stats->refused,
		.last_error = { stats->last_error,
		    (uint32_t)strlen(stats->last_error) },
	};
}
