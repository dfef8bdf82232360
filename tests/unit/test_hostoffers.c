/* SPDX-License-Identifier: ISC
 *
 * Which of the offered names counts, on a clock of the test's own; and how
 * a container is told by its cgroup.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/clock.h"
#include "common/config.h"
#include "common/limits.h"
#include "taggerd/hostoffers.h"
#include "taggerd/incontainer.h"

#define ARN   "fargate_task:arn:aws:ecs:eu-west-1:1:task/c/0123456789abcdef"
#define START (1000 * CLOCK_NS_PER_S)
#define END   (START + LIMIT_HOSTNAME_WAIT * CLOCK_NS_PER_S)
#define NONE  "-" /* it answers that it has no name */

/* What the host is like: a set of these. */
enum {
	CONTAINER = 1 << 0,
	KUBERNETES = 1 << 1,
	FARGATE = 1 << 2,
	CONFIGURED = 1 << 3,
};

/* Answers that are there at `at`; want NULL: no name yet. */
static const struct {
	const char *what;
	unsigned host;
	const char *says[OFFERS];
	uint64_t at;
	const char *want;
} cases[] = {
	{ "nobody has answered", 0, { 0 }, START, NULL },
	{ "a plain host", 0, { [OFFER_SYSTEM] = "web1" }, START, "web1" },
	{ "the configured name", CONFIGURED, { [OFFER_CONFIG] = "set" }, START,
	    "set" },
	{ "the configured name is not there yet", CONFIGURED,
	    { [OFFER_SYSTEM] = "web1" }, START, NULL },
	{ "the configured name wins over all", CONFIGURED | CONTAINER,
	    { "set", ARN, "node", "engine", "web1" }, START, "set" },
	{ "outside of a container Docker has no say", 0,
	    { [OFFER_DOCKER] = "engine", [OFFER_SYSTEM] = "web1" }, START,
	    "web1" },
	{ "outside of a container the kubelet has no say", KUBERNETES,
	    { [OFFER_KUBELET] = "node", [OFFER_SYSTEM] = "web1" }, START,
	    "web1" },
	{ "own name waits for Docker", CONTAINER, { [OFFER_SYSTEM] = "c0ffee" },
	    START, NULL },
	{ "and waits no longer", CONTAINER, { [OFFER_SYSTEM] = "c0ffee" }, END,
	    "c0ffee" },
	{ "Docker has no name", CONTAINER,
	    { [OFFER_DOCKER] = NONE, [OFFER_SYSTEM] = "c0ffee" }, START,
	    "c0ffee" },
	{ "Docker has one", CONTAINER,
	    { [OFFER_DOCKER] = "engine", [OFFER_SYSTEM] = "c0ffee" }, START,
	    "engine" },
	{ "Docker has one, our own is not there", CONTAINER,
	    { [OFFER_DOCKER] = "engine" }, START, "engine" },
	{ "Docker waits for the kubelet", CONTAINER | KUBERNETES,
	    { [OFFER_DOCKER] = "engine", [OFFER_SYSTEM] = "pod-x" }, START,
	    NULL },
	{ "the kubelet wins over Docker", CONTAINER | KUBERNETES,
	    { [OFFER_KUBELET] = "node",
		[OFFER_DOCKER] = "engine",
		[OFFER_SYSTEM] = "pod-x" },
	    START, "node" },
	{ "the kubelet has none", CONTAINER | KUBERNETES,
	    { [OFFER_KUBELET] = NONE, [OFFER_DOCKER] = "engine" }, START,
	    "engine" },
	{ "the kubelet says localhost", CONTAINER | KUBERNETES,
	    { [OFFER_KUBELET] = "localhost", [OFFER_DOCKER] = "engine" }, START,
	    "engine" },
	{ "the kubelet says no host name", CONTAINER | KUBERNETES,
	    { [OFFER_KUBELET] = "a b", [OFFER_DOCKER] = "engine" }, START,
	    "engine" },
	{ "a late answer still counts", CONTAINER | KUBERNETES,
	    { [OFFER_KUBELET] = "node", [OFFER_SYSTEM] = "pod-x" }, END + END,
	    "node" },
	{ "a Fargate task", CONTAINER | FARGATE,
	    { [OFFER_FARGATE] = ARN, [OFFER_SYSTEM] = "ip-1-2-3-4" }, START,
	    ARN },
	{ "only Fargate's own kind of name", CONTAINER | FARGATE,
	    { [OFFER_FARGATE] = "task",
		[OFFER_DOCKER] = NONE,
		[OFFER_SYSTEM] = "ip-1-2-3-4" },
	    START, "ip-1-2-3-4" },
	{ "an empty ARN is none", CONTAINER | FARGATE,
	    { [OFFER_FARGATE] = "fargate_task:",
		[OFFER_DOCKER] = NONE,
		[OFFER_SYSTEM] = "ip-1-2-3-4" },
	    START, "ip-1-2-3-4" },
	{ "control bytes in an ARN", CONTAINER | FARGATE,
	    { [OFFER_FARGATE] = "fargate_task:arn\r\nX-Evil: 1",
		[OFFER_DOCKER] = NONE,
		[OFFER_SYSTEM] = "ip-1-2-3-4" },
	    START, "ip-1-2-3-4" },
	{ "others may not be Fargate tasks", CONTAINER,
	    { [OFFER_DOCKER] = ARN, [OFFER_SYSTEM] = "c0ffee" }, START,
	    "c0ffee" },
	{ "nobody has a name", CONTAINER,
	    { [OFFER_DOCKER] = NONE, [OFFER_SYSTEM] = NONE }, END, NULL },
};

static void
begin(struct hostoffers *offers, unsigned host, uint64_t now)
{
	struct config config = { 0 };
	char set[] = "set", env[] = "AWS_ECS_FARGATE", api[] = "10.0.0.1";

	if (host & CONFIGURED)
		config.hostname = set;
	if (host & FARGATE)
		config.aws_execution_env = env;
	if (host & KUBERNETES)
		config.kubernetes_service_host = api;
	hostoffers_begin(offers, &config, host & CONTAINER, now);
}

static void
test_pick(void **state)
{
	size_t i, failed = 0;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct hostoffers offers = { 0 };
		const struct hostname *got;
		const char *says;
		int who;

		begin(&offers, cases[i].host, START);
		for (who = 0; who < OFFERS; who++)
			if ((says = cases[i].says[who]) != NULL)
				hostoffers_take(&offers, (enum host_offer)who,
				    strcmp(says, NONE) == 0 ? NULL : says,
				    "test");
		got = hostoffers_pick(&offers, cases[i].at);
		if ((got == NULL) == (cases[i].want == NULL) &&
		    (got == NULL || strcmp(got->name, cases[i].want) == 0))
			continue;
		print_error("%s: got %s, want %s\n", cases[i].what,
		    got == NULL ? "none" : got->name,
		    cases[i].want == NULL ? "none" : cases[i].want);
		failed++;
	}
	assert_int_equal(failed, 0);
}

/* After a reload a source need not say again what it said. */
static void
test_begin_again(void **state)
{
	struct hostoffers offers = { 0 };
	const struct hostname *got;

	(void)state;
	begin(&offers, CONTAINER, START);
	hostoffers_take(&offers, OFFER_DOCKER, "engine", "Docker");
	hostoffers_take(&offers, OFFER_SYSTEM, "c0ffee", "FQDN");

	begin(&offers, CONTAINER | CONFIGURED, END);
	assert_null(hostoffers_pick(&offers, END));
	hostoffers_take(&offers, OFFER_CONFIG, "set", "datadog.conf:1");
	got = hostoffers_pick(&offers, END);
	assert_non_null(got);
	assert_string_equal(got->name, "set");

	begin(&offers, CONTAINER, END);
	got = hostoffers_pick(&offers, END);
	assert_non_null(got);
	assert_string_equal(got->name, "engine");
	assert_string_equal(got->source, "Docker");
}

#define HEX_32 "0123456789abcdef0123456789abcdef"
#define HEX_64 HEX_32 HEX_32

static const struct {
	const char *text;
	bool want;
} cgroups[] = {
	{ "0::/\n", false },
	{ "", false },
	{ "1:name=systemd:/docker/" HEX_64 "\n", true },
	{ "12:cpu:/kubepods/burstable/podx/" HEX_64, true },
	{ "0::/machine.slice/libpod-" HEX_64 ".scope/container\n", true },
	{ "0::/system.slice/docker.service\n", false },
	{ "4:memory:/api/" HEX_32 "\n", false },
	{ "0::/x/" HEX_64 "0\n", false },
};

static void
test_cgroup(void **state)
{
	size_t i, failed = 0;

	(void)state;
	for (i = 0; i < sizeof(cgroups) / sizeof(cgroups[0]); i++) {
		bool got = incontainer_cgroup(
		    cgroups[i].text, strlen(cgroups[i].text));

		if (got == cgroups[i].want)
			continue;
		print_error("\"%s\": got %d, want %d\n", cgroups[i].text, got,
		    cgroups[i].want);
		failed++;
	}
	assert_int_equal(failed, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pick),
		cmocka_unit_test(test_begin_again),
		cmocka_unit_test(test_cgroup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
