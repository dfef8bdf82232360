/* SPDX-License-Identifier: ISC
 *
 * Where ECS is asked on which host, and the default gateway.
 */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/config.h"
#include "taggerd/ecs_places.h"
#include "taggerd/route.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define V4       "http://169.254.170.2/v4/abc"
#define V3       "http://169.254.170.2/v3/abc"
#define FARGATE  "AWS_ECS_FARGATE"

/* A host and what it must ask, in order: "agent HOST:PORT PATH" or "task
 * ...", one after the other. */
static const struct {
	const char *what;
	bool container;
	const char *gateway;
	const char *execution;
	const char *v4;
	const char *v3;
	const char *agent;
	const char *kubernetes;
	const char *want;
	bool expected;
} cases[] = {
	{ .what = "a plain host asks itself",
	    .gateway = "10.0.0.1",
	    .want = "agent 127.0.0.1:51678;" },
	{ .what = "a container asks its host, too",
	    .container = true,
	    .gateway = "172.17.0.1",
	    .want = "agent 172.17.0.1:51678;agent 127.0.0.1:51678;" },
	{ .what = "a container without a network",
	    .container = true,
	    .want = "agent 127.0.0.1:51678;" },
	{ .what = "a pod asks nobody",
	    .container = true,
	    .gateway = "169.254.1.1",
	    .kubernetes = "10.0.0.1",
	    .want = "" },
	{ .what = "a pod that was told to",
	    .container = true,
	    .kubernetes = "10.0.0.1",
	    .agent = "http://1.2.3.4",
	    .want = "agent 1.2.3.4:51678;",
	    .expected = true },
	{ .what = "a task on EC2",
	    .container = true,
	    .gateway = "172.17.0.1",
	    .v4 = V4,
	    .v3 = V3,
	    .want = "agent 172.17.0.1:51678;agent 169.254.172.1:51678;"
		    "agent 127.0.0.1:51678;task 169.254.170.2:80/v4/abc/task;"
		    "task 169.254.170.2:80/v3/abc/task;",
	    .expected = true },
	{ .what = "a task on Fargate",
	    .container = true,
	    .gateway = "10.0.0.1",
	    .execution = FARGATE,
	    .v4 = V4,
	    .v3 = V3,
	    .want = "task 169.254.170.2:80/v4/abc/task;"
		    "task 169.254.170.2:80/v3/abc/task;"
		    "task 169.254.170.2:80/v2/metadata;",
	    .expected = true },
	{ .what = "a task on an old Fargate",
	    .container = true,
	    .execution = FARGATE,
	    .want = "task 169.254.170.2:80/v2/metadata;",
	    .expected = true },
	{ .what = "an agent of another port and path",
	    .agent = "http://ecs.local:99/x/",
	    .gateway = "10.0.0.1",
	    .want = "agent ecs.local:99/x;agent 127.0.0.1:51678;",
	    .expected = true },
	{ .what = "an agent that was set is the first of all places",
	    .container = true,
	    .gateway = "172.17.0.1",
	    .execution = "AWS_ECS_EC2",
	    .v4 = V4,
	    .v3 = V3,
	    .agent = "http://1.2.3.4",
	    .want = "agent 1.2.3.4:51678;agent 172.17.0.1:51678;"
		    "agent 169.254.172.1:51678;agent 127.0.0.1:51678;"
		    "task 169.254.170.2:80/v4/abc/task;"
		    "task 169.254.170.2:80/v3/abc/task;",
	    .expected = true },
	{ .what = "another service of AWS",
	    .container = true,
	    .gateway = "172.17.0.1",
	    .execution = "AWS_Lambda_nodejs18.x",
	    .want = "agent 172.17.0.1:51678;agent 127.0.0.1:51678;" },
	{ .what = "what is no URL is left out",
	    .execution = FARGATE,
	    .v4 = "169.254.170.2/v4",
	    .v3 = "https://169.254.170.2/v3/abc",
	    .want = "task 169.254.170.2:80/v2/metadata;",
	    .expected = true },
};

static void
list_places(const struct ecs_places *places, char *out, size_t size)
{
	size_t len = 0;
	unsigned i;

	out[0] = '\0';
	for (i = 0; i < places->n; i++)
		len += (size_t)snprintf(out + len, size - len, "%s %s:%d%s;",
		    places->v[i].kind == ECS_AGENT ? "agent" : "task",
		    places->v[i].host, places->v[i].port, places->v[i].path);
}

static void
test_places(void **state)
{
	size_t i, failed = 0;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		const struct config config = {
			.aws_execution_env = (char *)cases[i].execution,
			.ecs_container_metadata_uri_v4 = (char *)cases[i].v4,
			.ecs_container_metadata_uri = (char *)cases[i].v3,
			.ecs_agent_url = (char *)cases[i].agent,
			.kubernetes_service_host = (char *)cases[i].kubernetes,
		};
		struct ecs_places places;
		struct in_addr gateway;
		char got[512];

		if (cases[i].gateway != NULL)
			assert_int_equal(
			    inet_pton(AF_INET, cases[i].gateway, &gateway), 1);
		ecs_places_find(&places, &config, cases[i].container,
		    cases[i].gateway != NULL ? &gateway : NULL);
		list_places(&places, got, sizeof(got));
		if (strcmp(got, cases[i].want) != 0 ||
		    places.expected != cases[i].expected) {
			print_error("%s: got %s%s, want %s%s\n", cases[i].what,
			    got, places.expected ? " expected" : "",
			    cases[i].want,
			    cases[i].expected ? " expected" : "");
			failed++;
		}
		ecs_places_clear(&places);
	}
	assert_int_equal(failed, 0);
}

static void
test_check(void **state)
{
	static const struct {
		const char *url;
		bool good;
	} urls[] = {
		{ NULL, true },
		{ "http://10.0.0.1", true },
		{ "http://[fd00::1]:51678/", true },
		{ "10.0.0.1:51678", false },
		{ "https://10.0.0.1", false },
		{ "http://user:secret@10.0.0.1", false },
		{ "http://", false },
	};
	size_t i, failed = 0;
	char said[256];
	FILE *out;

	(void)state;
	for (i = 0; i < COUNT(urls); i++) {
		const struct config config = {
			.ecs_agent_url = (char *)urls[i].url
		};
		bool got;

		memset(said, 0, sizeof(said));
		out = fmemopen(said, sizeof(said), "w");
		assert_non_null(out);
		got = ecs_places_check(&config, out);
		fclose(out);
		if (got == urls[i].good && (said[0] == '\0') == got)
			continue;
		print_error("%s: got %d \"%s\", want %d\n",
		    urls[i].url == NULL ? "none" : urls[i].url, got, said,
		    urls[i].good);
		failed++;
	}
	assert_int_equal(failed, 0);
}

#define HEAD                                                                 \
	"Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\t" \
	"MTU\tWindow\tIRTT\n"

static const struct {
	const char *what;
	const char *text;
	const char *want; /* NULL: none */
} routes[] = {
	{ "one",
	    HEAD "eth0\t00000000\t010011AC\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
		 "eth0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n",
	    "172.17.0.1" },
	{ "the lowest metric",
	    HEAD "a\t00000000\t0100000A\t0003\t0\t0\t200\t00000000\t0\t0\t0\n"
		 "b\t00000000\t0200000A\t0003\t0\t0\t100\t00000000\t0\t0\t0\n"
		 "c\t00000000\t0300000A\t0003\t0\t0\t300\t00000000\t0\t0\t0\n",
	    "10.0.0.2" },
	{ "the first of equals, without a last newline",
	    HEAD "a\t00000000\t0100000A\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
		 "b\t00000000\t0200000A\t0003\t0\t0\t0\t00000000\t0\t0\t0",
	    "10.0.0.1" },
	{ "a default by a device has no gateway",
	    HEAD "a\t00000000\t00000000\t0001\t0\t0\t0\t00000000\t0\t0\t0\n",
	    NULL },
	{ "one that is down",
	    HEAD "a\t00000000\t0100000A\t0002\t0\t0\t0\t00000000\t0\t0\t0\n",
	    NULL },
	{ "half of all addresses is no default",
	    HEAD "a\t00000000\t0100000A\t0003\t0\t0\t0\t00000080\t0\t0\t0\n",
	    NULL },
	{ "no routes", HEAD, NULL },
	{ "nothing", "", NULL },
	{ "no numbers", "a b c d e f g h i\n\n\n", NULL },
	{ "cut", HEAD "a\t00000000\t0100000A\t0003\t0\t0", NULL },
};

static void
test_routes(void **state)
{
	size_t i, failed = 0;

	(void)state;
	for (i = 0; i < COUNT(routes); i++) {
		char got[INET_ADDRSTRLEN] = "";
		struct in_addr gateway;

		if (route_parse_gateway(
			routes[i].text, strlen(routes[i].text), &gateway) == 0)
			inet_ntop(AF_INET, &gateway, got, sizeof(got));
		if (strcmp(got, routes[i].want == NULL ? "" : routes[i].want) ==
		    0)
			continue;
		print_error("%s: got \"%s\", want %s\n", routes[i].what, got,
		    routes[i].want == NULL ? "none" : routes[i].want);
		failed++;
	}
	assert_int_equal(failed, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_routes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
