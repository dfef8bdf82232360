/* SPDX-License-Identifier: ISC
 *
 * One socket, connected once the name is looked up; what is sent before
 * that is not sent.
 */
#include <event2/util.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/dns.h"
#include "common/log.h"
#include "common/version.h"
#include "dogstatsd.h"

struct dogstatsd {
	struct lookup *lookup;
	int fd; /* -1: not connected */
};

static void
on_found(struct addrinfo *found, const char *why, void *arg)
{
	struct dogstatsd *stats = arg;
	const struct addrinfo *ai;

	stats->lookup = NULL;
	if (found == NULL)
		log_debug("bind_host: %s", why);
	for (ai = found; ai != NULL && stats->fd == -1; ai = ai->ai_next) {
		stats->fd = socket(ai->ai_family,
		    SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		if (stats->fd != -1 &&
		    connect(stats->fd, ai->ai_addr, ai->ai_addrlen) == -1) {
			close(stats->fd);
			stats->fd = -1;
		}
	}
	if (found != NULL)
		evutil_freeaddrinfo(found);
}

struct dogstatsd *
dogstatsd_new(struct dns *dns, const char *host, int port)
{
	struct dogstatsd *stats = xcalloc(1, sizeof(*stats));

	stats->fd = -1;
	stats->lookup = dns_lookup(
	    dns, host, port, SOCK_DGRAM, on_found, stats);
	return stats;
}

void
dogstatsd_free(struct dogstatsd *stats)
{
	if (stats == NULL)
		return;
	lookup_cancel(stats->lookup);
	if (stats->fd != -1)
		close(stats->fd);
	free(stats);
}

void
dogstatsd_send(struct dogstatsd *stats, const struct gauges *g)
{
	char text[1024];
	int n;

	if (stats->fd == -1)
		return;
	n = snprintf(text, sizeof(text),
	    "datadog.process.agent:1|g|#version:%s\n"
	    "datadog.process.queue.bytes:%llu|g\n"
	    "datadog.process.queue.dropped:%llu|g\n",
	    VERSION, (unsigned long long)g->queue_bytes,
	    (unsigned long long)g->queue_dropped);
	if (g->scanned)
		n += snprintf(text + n, sizeof(text) - (size_t)n,
		    "datadog.process.processes.host_count:%llu|g\n"
		    "datadog.process.containers.host_count:%llu|g\n"
		    "datadog.process.queue.scan_ms:%llu|g\n",
		    (unsigned long long)g->processes,
		    (unsigned long long)g->containers,
		    (unsigned long long)g->scan_ms);
	if (send(stats->fd, text, (size_t)n, MSG_DONTWAIT | MSG_NOSIGNAL) == -1)
		log_debug("no dogstatsd takes our gauges");
}
