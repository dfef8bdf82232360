/* SPDX-License-Identifier: ISC
 *
 * The table of the sources of containers. A source that finds nothing to ask
 * on this host is made all the same: it is absent, which is normal, and
 * looks again now and then.
 */
#include <string.h>

#include "common/config.h"
#include "apiserver.h"
#include "docker.h"
#include "ecs.h"
#include "kubelet.h"
#include "sources.h"

/* A row for each; `also` is the name that Agent 5 has for it. */
static const struct {
	const char *name;
	const char *also;
	struct source (*make)(const struct source_env *env);
} makers[] = {
	{ "docker", "docker", docker_source },
	{ "ecs", "ecs_fargate", ecs_source }, /* also on EC2 */
	{ "kubelet", "kubelet", kubelet_source },
	{ "apiserver", "kubelet", apiserver_source }, /* adds to its pods */
};
#define MAKERS (sizeof(makers) / sizeof(makers[0]))

_Static_assert(MAKERS <= SOURCES_MOST, "SOURCES_MOST");

static bool
is_named(size_t i, const char *name)
{
	return strcmp(makers[i].name, name) == 0 ||
	    strcmp(makers[i].also, name) == 0;
}

bool
sources_check(const struct config *config, FILE *out)
{
	const char *name = config->container_source;
	bool good = ecs_check(config, out);
	size_t i;

	good = kubelet_check(config, out) && good;
	if (name == NULL)
		return good;
	for (i = 0; i < MAKERS; i++)
		if (is_named(i, name))
			return good;
	fprintf(out,
	    "%s: \"%.64s\" is no source of containers: docker, ecs or "
	    "kubelet\n",
	    config_origin(config, "container_source"), name);
	return false;
}

unsigned
sources_make(struct source made[SOURCES_MOST], const struct source_env *env)
{
	const char *only = env->config->container_source;
	unsigned n = 0;
	size_t i;

	for (i = 0; i < MAKERS; i++)
		if (only == NULL || is_named(i, only))
			made[n++] = makers[i].make(env);
	return n;
}

void
sources_free(struct source *made, unsigned n)
{
	for (; n > 0; n--, made++) {
		made->free(made->self);
		*made = (struct source){ 0 };
	}
}
