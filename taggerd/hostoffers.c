/* SPDX-License-Identifier: ISC
 *
 * Choosing among the names that are offered for this host.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/config.h"
#include "common/limits.h"
#include "common/runtime.h"
#include "hostoffers.h"

/* What a Fargate task is called; the rest is its ARN. */
#define FARGATE_PREFIX "fargate_task:"

static unsigned
set_of(enum host_offer who)
{
	return 1u << who;
}

void
hostoffers_begin(struct hostoffers *offers, const struct config *config,
    bool in_container, uint64_t now)
{
	offers->v[OFFER_CONFIG] = offers->v[OFFER_SYSTEM] = (struct hostname){
		0
	};
	offers->answered &= ~(set_of(OFFER_CONFIG) | set_of(OFFER_SYSTEM));
	offers->until = now + LIMIT_HOSTNAME_WAIT * CLOCK_NS_PER_S;
	if (config->hostname != NULL) {
		offers->asked = set_of(OFFER_CONFIG);
		return;
	}
	offers->asked = set_of(OFFER_SYSTEM);
	if (runtime_is_fargate(config))
		offers->asked |= set_of(OFFER_FARGATE);
	if (!in_container)
		return;
	offers->asked |= set_of(OFFER_DOCKER);
	if (config->kubernetes_service_host != NULL ||
	    config->kubelet_host != NULL || config->kubelet_nodename != NULL)
		offers->asked |= set_of(OFFER_KUBELET);
}

/* A task's ARN is no host name, but has the same place in the backend. */
static bool
is_task_name(const char *name)
{
	const size_t prefix = sizeof(FARGATE_PREFIX) - 1;

	if (strncmp(name, FARGATE_PREFIX, prefix) != 0 ||
	    name[prefix] == '\0' || strlen(name) > HOSTNAME_MAX)
		return false;
	for (name += prefix; *name != '\0'; name++)
		if (!isalnum((unsigned char)*name) &&
		    strchr(":/-_.", *name) == NULL)
			return false;
	return true;
}

void
hostoffers_take(struct hostoffers *offers, enum host_offer who,
    const char *name, const char *source)
{
	struct hostname *h = &offers->v[who];

	offers->answered |= set_of(who);
	if (name == NULL ||
	    !(who == OFFER_FARGATE ? is_task_name(name) : hostname_valid(name)))
		return;
	snprintf(h->name, sizeof(h->name), "%s", name);
	snprintf(h->source, sizeof(h->source), "%s", source);
}

const struct hostname *
hostoffers_pick(const struct hostoffers *offers, uint64_t now)
{
	int who;

	for (who = 0; who < OFFERS; who++) {
		unsigned bit = set_of((enum host_offer)who);

		if ((offers->asked & bit) == 0)
			continue;
		if (offers->v[who].name[0] != '\0')
			return &offers->v[who];
		if ((offers->answered & bit) == 0 && now < offers->until)
			return NULL;
	}
	return NULL;
}
