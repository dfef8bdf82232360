/* SPDX-License-Identifier: ISC
 *
 * What a person reads of an endpoint: each step as it ended.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/diagnosis.h"

#define URL  SV("https://intake.example")
#define PRX  SV("http://prx:3128")
#define ADDR SV("192.0.2.1 port 443")
#define TLS  SV("TLSv1.3 X")

static const struct diagnosis_case {
	const char *name;
	struct rec_endpoint endpoint;
	const char *lines[10]; /* as they begin */
} cases[] = {
	{ "in order",
	    { .url = URL, .step = STEP_DONE, .address = ADDR, .tls = TLS },
	    { "https://intake.example", "  name      ok",
		"  connect   ok, 192.0.2.1 port 443",
		"  TLS       ok, TLSv1.3 X", "  answer    ok",
		"  key       ok" } },
	{ "in order, http", { .url = SV("http://h"), .step = STEP_DONE },
	    { "http://h", "  name      ok", "  connect   ok", "  answer    ok",
		"  key       ok" } },
	{ "in order, but",
	    { .url = SV("http://h"),
		.step = STEP_DONE,
		.last_error = SV("a payload is refused") },
	    { "http://h", "  name      ok", "  connect   ok", "  answer    ok",
		"  key       ok", "  but       a payload is refused" } },
	{ "not tried", { .url = URL },
	    { "https://intake.example", "  name      not reached",
		"  connect   not reached", "  TLS       not reached",
		"  answer    not reached", "  key       not reached" } },
	{ "no such name",
	    { .url = URL, .step = STEP_LOOKUP, .last_error = SV("no\x1b") },
	    { "https://intake.example", "  name      FAILED: no\\x1b",
		"            Is the name right", "            know it?",
		"  connect   not reached", "  TLS       not reached",
		"  answer    not reached", "  key       not reached" } },
	{ "the proxy",
	    { .url = URL,
		.proxy = PRX,
		.step = STEP_PROXY,
		.address = ADDR,
		.tls = TLS,
		.last_error = SV("407") },
	    { "https://intake.example through http://prx:3128",
		"  name      ok", "  connect   ok, 192.0.2.1 port 443",
		"  proxy     FAILED: 407", "            See proxy_user",
		"            connect to", "  TLS       not reached",
		"  answer    not reached", "  key       not reached" } },
	{ "the key", { .url = URL, .step = STEP_KEY, .last_error = SV("403") },
	    { "https://intake.example", "  name      ok", "  connect   ok",
		"  TLS       ok", "  answer    ok", "  key       FAILED: 403",
		"            Is api_key" } },
};

static void
check(const struct diagnosis_case *c, char *got)
{
	char *line;
	size_t i;

	for (i = 0; i < sizeof(c->lines) / sizeof(c->lines[0]); i++) {
		line = strsep(&got, "\n");
		if (c->lines[i] == NULL) {
			if (line != NULL && *line != '\0')
				fail_msg("%s: \"%s\" too many", c->name, line);
			return;
		}
		if (line == NULL ||
		    strncmp(line, c->lines[i], strlen(c->lines[i])) != 0)
			fail_msg("%s: got \"%s\", want \"%s\"", c->name,
			    line != NULL ? line : "", c->lines[i]);
	}
}

static void
test_writes(void **state)
{
	char *got;
	size_t i, len;
	FILE *out;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		out = open_memstream(&got, &len);
		assert_non_null(out);
		diagnosis_write(out, &cases[i].endpoint);
		fclose(out);
		check(&cases[i], got);
		free(got);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_writes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
