/* SPDX-License-Identifier: ISC
 *
 * Where the kubelet is asked, and what of the configuration is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/config.h"
#include "taggerd/kubelet_places.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* want: "HOST:PORT" with an 's' behind it where TLS is spoken. */
static const struct {
	const char *what;
	const char *host;
	const char *node;
	const char *api;
	const char *docker;
	const char *want;
	bool expected;
} cases[] = {
	{ .what = "a plain host", .want = "" },
	{ .what = "a host with Docker asks itself",
	    .docker = "web1",
	    .want = "web1:10250s web1:10255 " },
	{ .what = "a configured one, and no other",
	    .host = "10.0.0.1",
	    .node = "node-1",
	    .docker = "web1",
	    .want = "10.0.0.1:10250s 10.0.0.1:10255 ",
	    .expected = true },
	{ .what = "IPv6",
	    .host = "fd00::1",
	    .want = "fd00::1:10250s fd00::1:10255 ",
	    .expected = true },
	{ .what = "the node's name before Docker's",
	    .node = "node-1.example",
	    .docker = "web1",
	    .want = "node-1.example:10250s node-1.example:10255 "
		    "web1:10250s web1:10255 ",
	    .expected = true },
	{ .what = "one name twice",
	    .node = "web1",
	    .docker = "web1",
	    .want = "web1:10250s web1:10255 ",
	    .expected = true },
	{ .what = "no name to ask at",
	    .api = "10.96.0.1",
	    .want = "",
	    .expected = true },
	{ .what = "a node's name that is none",
	    .node = "a b",
	    .want = "",
	    .expected = true },
};

static char *
copy(const char *text)
{
	return text != NULL ? strdup(text) : NULL;
}

static void
test_find(void **state)
{
	struct kubelet_places p;
	char got[512];
	size_t i, len;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct config config = { .kubelet_host = copy(cases[i].host),
			.kubelet_nodename = copy(cases[i].node),
			.kubernetes_service_host = copy(cases[i].api),
			.kubelet_https_port = 10250,
			.kubelet_http_port = 10255 };

		kubelet_places_find(&p, &config, cases[i].docker);
		got[0] = '\0';
		for (unsigned k = 0; k < p.n; k++) {
			len = strlen(got);
			snprintf(got + len, sizeof(got) - len, "%s:%d%s ",
			    p.v[k].host, p.v[k].port, p.v[k].tls ? "s" : "");
		}
		if (strcmp(got, cases[i].want) != 0 ||
		    p.expected != cases[i].expected) {
			print_error("%s: got \"%s\" %d, want \"%s\" %d\n",
			    cases[i].what, got, p.expected, cases[i].want,
			    cases[i].expected);
			fail();
		}
		kubelet_places_clear(&p);
		assert_int_equal(p.n, 0);
		free(config.kubelet_host);
		free(config.kubelet_nodename);
		free(config.kubernetes_service_host);
	}
}

static const struct {
	const char *what;
	const char *host;
	const char *crt;
	const char *key;
	const char *want; /* the complaint; empty: it is good */
} checks[] = {
	{ "nothing", NULL, NULL, NULL, "" },
	{ "a name", "node_1.example", NULL, NULL, "" },
	{ "a URL", "https://node-1", NULL, NULL,
	    "default: kubelet_host: \"https://node-1\" is no host name or "
	    "address\n" },
	{ "a port", "node-1:10250", NULL, NULL,
	    "default: kubelet_host: \"node-1:10250\" is no host name or "
	    "address\n" },
	{ "brackets", "[fd00::1]", NULL, NULL,
	    "default: kubelet_host: \"[fd00::1]\" is no host name or "
	    "address\n" },
	{ "a certificate", NULL, "a.crt", "a.key", "" },
	{ "a certificate without a key", NULL, "a.crt", NULL,
	    "default: kubelet_client_crt: needs kubelet_client_key\n" },
	{ "a key without a certificate", NULL, NULL, "a.key",
	    "default: kubelet_client_key: needs kubelet_client_crt\n" },
};

static void
test_check(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(checks); i++) {
		struct config config = { .kubelet_host = copy(checks[i].host),
			.kubelet_client_crt = copy(checks[i].crt),
			.kubelet_client_key = copy(checks[i].key) };
		char *got = NULL;
		size_t size;
		FILE *out = open_memstream(&got, &size);
		bool good;

		assert_non_null(out);
		good = kubelet_places_check(&config, out);
		fclose(out);
		if (strcmp(got, checks[i].want) != 0 ||
		    good != (checks[i].want[0] == '\0')) {
			print_error("%s: got %d \"%s\", want \"%s\"\n",
			    checks[i].what, good, got, checks[i].want);
			fail();
		}
		free(got);
		free(config.kubelet_host);
		free(config.kubelet_client_crt);
		free(config.kubelet_client_key);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_check),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
