/* SPDX-License-Identifier: ISC
 *
 * What stands for a container runtime: each variable, a Docker socket that
 * is a socket. What the other runtimes have on this host is nobody's to say,
 * so "none" is only asked where they have nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/config.h"
#include "common/runtime.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

#define NO_DOCKER "DOCKER_SOCKET_PATH=/nonexistent/docker.sock"

/* A directory with a socket and a file in it. */
static char dir[] = "/tmp/test_runtime.XXXXXX";

static int
setup(void **state)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	char path[sizeof(sun.sun_path)];
	FILE *file;
	int fd;

	(void)state;
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s/socket", dir);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (fd == -1 || bind(fd, (struct sockaddr *)&sun, sizeof(sun)) == -1)
		return -1;
	close(fd);
	snprintf(path, sizeof(path), "%s/file", dir);
	file = fopen(path, "w");
	return file == NULL ? -1 : fclose(file);
}

static int
teardown(void **state)
{
	static const char *const names[] = { "socket", "file" };
	char path[64];

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		unlink(path);
	}
	return rmdir(dir);
}

/* What is found with this environment, owned; "none" for nothing. */
static char *
found_with(char *first, char *second)
{
	char *env[] = { first, second, NULL };
	struct config *config;
	const char *found;
	char *copy;

	config = config_load(
	    PROG_SHIPPERD, "/nonexistent/datadog.conf", env, stderr);
	assert_non_null(config);
	found = runtime_found(config);
	copy = strdup(found == NULL ? "none" : found);
	config_free(config);
	return copy;
}

static void
test_variables(void **state)
{
	static const struct {
		const char *env;
		const char *want;
	} cases[] = {
		{ "KUBERNETES_SERVICE_HOST=10.0.0.1",
		    "KUBERNETES_SERVICE_HOST" },
		{ "ECS_CONTAINER_METADATA_URI=http://169.254.170.2/v3/x",
		    "ECS_CONTAINER_METADATA_URI" },
		{ "ECS_CONTAINER_METADATA_URI_V4=http://169.254.170.2/v4/x",
		    "ECS_CONTAINER_METADATA_URI_V4" },
		{ "AWS_EXECUTION_ENV=AWS_ECS_FARGATE", "AWS_EXECUTION_ENV" },
		{ "DD_PROCESS_AGENT_CONTAINER_SOURCE=docker",
		    "DD_PROCESS_AGENT_CONTAINER_SOURCE" },
	};
	int failed = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char env[128], *got;

		snprintf(env, sizeof(env), "%s", cases[i].env);
		got = found_with(env, (char[]){ NO_DOCKER });
		if (strcmp(got, cases[i].want) != 0) {
			fprintf(stderr, "%s: got %s, want %s\n", cases[i].env,
			    got, cases[i].want);
			failed++;
		}
		free(got);
	}
	assert_int_equal(failed, 0);
}

static void
test_docker_socket(void **state)
{
	char env[128], want[64], *got;

	(void)state;
	snprintf(want, sizeof(want), "%s/socket", dir);
	snprintf(env, sizeof(env), "DOCKER_HOST=unix://%s", want);
	got = found_with(env, NULL);
	assert_string_equal(got, want);
	free(got);
}

static void
test_nothing(void **state)
{
	static const char *const others[] = { "/run/containerd", "/run/k3s",
		"/run/crio", "/run/podman" };
	static const char *const cases[] = { NO_DOCKER,
		"AWS_EXECUTION_ENV=AWS_ECS_EC2", "KUBERNETES_SERVICE_HOST=",
		"DOCKER_HOST=tcp://127.0.0.1:2375" };
	char file[128], env[128], *got;

	(void)state;
	for (size_t i = 0; i < COUNT(others); i++) {
		if (access(others[i], F_OK) == 0) {
			print_message(
			    "test_nothing: skipped, %s is there\n", others[i]);
			skip();
		}
	}
	for (size_t i = 0; i < COUNT(cases); i++) {
		snprintf(env, sizeof(env), "%s", cases[i]);
		got = found_with(env, (char[]){ NO_DOCKER });
		assert_string_equal(got, "none");
		free(got);
	}
	snprintf(file, sizeof(file), "DOCKER_SOCKET_PATH=%s/file", dir);
	got = found_with(file, NULL);
	assert_string_equal(got, "none");
	free(got);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_variables),
		cmocka_unit_test(test_docker_socket),
		cmocka_unit_test(test_nothing),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
