/* SPDX-License-Identifier: ISC
 *
 * What the log says of payloads that are not delivered, and the gauges.
 */
#include "common/clock.h"
#include "common/log.h"
#include "queue.h"
#include "shipper_private.h"
#include "spool.h"

/* Real time that comes late is no loss. */
static uint64_t
sum_losses(const struct shipper *s)
{
	struct losses losses;
	uint64_t sum = 0;
	unsigned i;

	for (i = 0; i < s->n_endpoints; i++) {
		queue_get_losses(s->queue, i, &losses);
		sum += losses.n[LOSS_ROOM] + losses.n[LOSS_AGE];
	}
	return sum;
}

/* What a person does not see who has not asked before the next start. */
void
report_losses(struct shipper *s)
{
	uint64_t sum = sum_losses(s), now = clock_mono_ns();

	if (sum <= s->said_lost ||
	    (!s->env.stopping &&
		now - s->said_lost_at < LIMIT_COMPLAINT * CLOCK_NS_PER_S))
		return;
	log_warnx("%llu payloads that endpoints were owed are dropped, too old "
		  "or for want of room; %llu since the start",
	    (unsigned long long)(sum - s->said_lost), (unsigned long long)sum);
	s->said_lost = sum;
	s->said_lost_at = now;
	if (s->spool != NULL)
		spool_said_losses(s->spool);
}

void
report_endpoints_change(struct shipper *s)
{
	uint64_t sum = sum_losses(s);

	if (s->said_lost > sum)
		s->said_lost = sum;
}

void
report_gauges(struct shipper *s, uint64_t now)
{
	struct queue_stats stats;

	if (now - s->gauges_sent < LIMIT_GAUGE_INTERVAL * CLOCK_NS_PER_S)
		return;
	queue_get_stats(s->queue, &stats);
	s->gauges.queue_bytes = stats.bytes;
	s->gauges.queue_dropped = stats.dropped;
	dogstatsd_send(s->dogstatsd, &s->gauges);
	s->gauges_sent = now;
}

void
report_spooled(const struct shipper *s)
{
	struct spool_stats disk = { 0 };

	if (s->spool != NULL)
		spool_get_stats(s->spool, &disk);
	if (disk.payloads > 0)
		log_info("%llu payloads stay in the spool %s",
		    (unsigned long long)disk.payloads, spool_path(s->spool));
}

void
report_left(const struct shipper *s)
{
	struct spool_stats disk = { 0 };
	struct queue_stats all;

	report_spooled(s);
	queue_get_stats(s->queue, &all);
	if (s->spool != NULL)
		spool_get_stats(s->spool, &disk);
	if (all.payloads > disk.payloads)
		log_warnx("%llu payloads are not delivered everywhere and are "
			  "lost",
		    (unsigned long long)(all.payloads - disk.payloads));
}
