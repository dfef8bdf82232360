/* SPDX-License-Identifier: ISC
 *
 * The list of places. Pure, but for the warning.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "common/config.h"
#include "common/config_url.h"
#include "common/limits.h"
#include "common/log.h"
#include "common/runtime.h"
#include "ecs_places.h"

#define AGENT_PORT 51678
/* The instance, for tasks with a network of their own. */
#define AGENT_AWSVPC "169.254.172.1"
/* Task metadata version 2, on Fargate platforms before 1.3. */
#define TASK_V2_HOST "169.254.170.2"
#define TASK_V2_PATH "/v2/metadata"

static void
add(struct ecs_places *p, enum ecs_kind kind, const char *host, int port,
    const char *path, const char *more)
{
	struct ecs_place *place = &p->v[p->n++];
	size_t size = strlen(path) + strlen(more) + 1;

	place->kind = kind;
	place->host = xstrdup(host);
	place->port = port;
	place->path = xcalloc(size, 1);
	snprintf(place->path, size, "%s%s", path, more);
}

/* Returns 0, or -1 when text is no URL that can be asked. */
static int
add_url(struct ecs_places *p, enum ecs_kind kind, const char *text)
{
	struct config_url url;
	int port, rv = -1;

	if (config_url_parse(text, &url) == -1)
		return -1;
	if (url.scheme != NULL && strcmp(url.scheme, "http") == 0 &&
	    url.user == NULL) {
		port = kind == ECS_AGENT ? AGENT_PORT : 80;
		add(p, kind, url.host, url.port != 0 ? url.port : port,
		    url.path, kind == ECS_TASK ? "/task" : "");
		rv = 0;
	}
	config_url_free(&url);
	return rv;
}

bool
ecs_places_check(const struct config *config, FILE *out)
{
	struct ecs_places places = { 0 };
	bool good = config->ecs_agent_url == NULL ||
	    add_url(&places, ECS_AGENT, config->ecs_agent_url) == 0;

	if (!good)
		fprintf(out, "%s: ecs_agent_url: \"%.64s\" is no http:// URL\n",
		    config_origin(config, "ecs_agent_url"),
		    config->ecs_agent_url);
	ecs_places_clear(&places);
	return good;
}

static void
add_task_url(struct ecs_places *p, const char *name, const char *url)
{
	if (url != NULL && add_url(p, ECS_TASK, url) == -1)
		log_warnx("%s is no http:// URL: not used", name);
}

static void
add_tasks(struct ecs_places *p, const struct config *config)
{
	add_task_url(p, "ECS_CONTAINER_METADATA_URI_V4",
	    config->ecs_container_metadata_uri_v4);
	add_task_url(p, "ECS_CONTAINER_METADATA_URI",
	    config->ecs_container_metadata_uri);
}

/* Without a sign of ECS this asks the host itself and nobody else. */
static void
add_agents(struct ecs_places *p, const struct config *config, bool in_container,
    const struct in_addr *gateway)
{
	char address[INET_ADDRSTRLEN];

	if (config->ecs_agent_url != NULL)
		add_url(p, ECS_AGENT, config->ecs_agent_url);
	/* On Kubernetes the gateway is no host of ours to ask. */
	if (config->kubernetes_service_host != NULL)
		return;
	if (in_container && gateway != NULL &&
	    inet_ntop(AF_INET, gateway, address, sizeof(address)) != NULL)
		add(p, ECS_AGENT, address, AGENT_PORT, "", "");
	if (in_container && p->expected)
		add(p, ECS_AGENT, AGENT_AWSVPC, AGENT_PORT, "", "");
	add(p, ECS_AGENT, "127.0.0.1", AGENT_PORT, "", "");
}

/* Other services of AWS set AWS_EXECUTION_ENV as well. */
static bool
is_ecs(const char *execution)
{
	static const char prefix[] = "AWS_ECS_";

	return execution != NULL &&
	    strncmp(execution, prefix, sizeof(prefix) - 1) == 0;
}

void
ecs_places_find(struct ecs_places *places, const struct config *config,
    bool in_container, const struct in_addr *gateway)
{
	*places = (struct ecs_places){ 0 };
	places->expected = is_ecs(config->aws_execution_env) ||
	    config->ecs_agent_url != NULL ||
	    config->ecs_container_metadata_uri_v4 != NULL ||
	    config->ecs_container_metadata_uri != NULL;
	if (runtime_is_fargate(config)) {
		add_tasks(places, config);
		add(places, ECS_TASK, TASK_V2_HOST, 80, TASK_V2_PATH, "");
		return;
	}
	add_agents(places, config, in_container, gateway);
	add_tasks(places, config);
}

void
ecs_places_clear(struct ecs_places *places)
{
	unsigned i;

	for (i = 0; i < places->n; i++) {
		free(places->v[i].host);
		free(places->v[i].path);
	}
	*places = (struct ecs_places){ 0 };
}
