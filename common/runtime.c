/* SPDX-License-Identifier: ISC
 *
 * Finding a container runtime by its socket, or an orchestrator by what it
 * puts into the environment. A socket's path is looked at, nothing more.
 */
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>

#include "config.h"
#include "runtime.h"

/* Where the runtimes other than Docker listen. */
static const char *const sockets[] = {
	"/run/containerd/containerd.sock",
	"/run/k3s/containerd/containerd.sock",
	"/run/crio/crio.sock",
	"/run/podman/podman.sock",
};

static bool
is_socket(const char *path)
{
	struct stat st;

	return path != NULL && stat(path, &st) == 0 && S_ISSOCK(st.st_mode);
}

bool
runtime_is_fargate(const struct config *config)
{
	return config->aws_execution_env != NULL &&
	    strcmp(config->aws_execution_env, "AWS_ECS_FARGATE") == 0;
}

const char *
runtime_found(const struct config *config)
{
	const struct {
		const char *name;
		const char *value;
	} variables[] = {
		{ "DD_PROCESS_AGENT_CONTAINER_SOURCE",
		    config->container_source },
		{ "KUBERNETES_SERVICE_HOST", config->kubernetes_service_host },
		{ "ECS_CONTAINER_METADATA_URI_V4",
		    config->ecs_container_metadata_uri_v4 },
		{ "ECS_CONTAINER_METADATA_URI",
		    config->ecs_container_metadata_uri },
	};

	for (size_t i = 0; i < sizeof(variables) / sizeof(*variables); i++)
		if (variables[i].value != NULL)
			return variables[i].name;
	if (runtime_is_fargate(config))
		return "AWS_EXECUTION_ENV";
	if (is_socket(config->docker_socket_path))
		return config->docker_socket_path;
	for (size_t i = 0; i < sizeof(sockets) / sizeof(*sockets); i++)
		if (is_socket(sockets[i]))
			return sockets[i];
	return NULL;
}
