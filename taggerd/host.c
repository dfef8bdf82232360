/* SPDX-License-Identifier: ISC
 *
 * Putting the `host` record together from its three parts.
 */
#include <string.h>

#include "host.h"
#include "hosttags.h"

bool
host_set_system(struct host *host, const struct rec_host *system)
{
	return kept_set(&host->system, MSG_host, system);
}

bool
host_set_name(struct host *host, const struct hostname *hostname)
{
	bool news = strcmp(hostname->name, host->hostname.name) != 0;

	host->hostname = *hostname;
	return news;
}

bool
host_is_whole(const struct host *host)
{
	return host->hostname.name[0] != '\0' && host->system.frame.len > 0;
}

bool
host_get(struct host *host, struct rec_host *out)
{
	const union schema_any *kept = kept_get(&host->system);

	if (kept == NULL)
		return false;
	*out = kept->host;
	out->hostname = strview_of(host->hostname.name);
	out->hostname_source = strview_of(host->hostname.source);
	out->tags = hosttags_list(host->tags);
	out->container_host = host->container_host;
	return true;
}

void
host_clear(struct host *host)
{
	kept_clear(&host->system);
}
