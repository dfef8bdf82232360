/* SPDX-License-Identifier: ISC
 *
 * The head of a request, byte for byte, and what may not get into it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "shipperd/payload.h"
#include "shipperd/request.h"
#include "common/version.h"

#define DIRECT false, NULL

static const struct payload a_payload = { .len = 1234,
	.type = PAYLOAD_PROC,
	.containers = 5,
	.wall_ms = 1700000000999,
	.request_id = "01234567-89ab-4def-8123-456789abcdef" };

static const struct request_case {
	const char *name;
	struct request_target target;
	const char *hostname;
	const char *want_path;
	const char *want_host;
	const char *want_hostname;
} cases[] = {
	{ "plain", { "intake.example", 443, true, "", "KEY", DIRECT }, "me", "",
	    "intake.example", "me" },
	{ "another port", { "intake.example", 8443, true, "", "KEY", DIRECT },
	    "me", "", "intake.example:8443", "me" },
	{ "http on 80", { "127.0.0.1", 80, false, "", "KEY", DIRECT }, "me", "",
	    "127.0.0.1", "me" },
	{ "http on 443", { "127.0.0.1", 443, false, "", "KEY", DIRECT }, "me",
	    "", "127.0.0.1:443", "me" },
	{ "IPv6", { "::1", 443, true, "", "KEY", DIRECT }, "me", "", "[::1]",
	    "me" },
	{ "IPv6 and a port", { "::1", 1, true, "", "KEY", DIRECT }, "me", "",
	    "[::1]:1", "me" },
	{ "prefix", { "h", 443, true, "/a/b", "KEY", DIRECT }, "me", "/a/b",
	    "h", "me" },
	{ "no name yet", { "h", 443, true, "", "KEY", DIRECT }, "", "", "h",
	    "" },
	{ "a header in the name", { "h", 443, true, "", "KEY", DIRECT },
	    "me\r\nX-Dd-APIKey: theirs\x7f\xc3\xa9", "", "h",
	    "meX-Dd-APIKey:theirs" },
	{ "to a proxy", { "h", 8080, false, "/a", "KEY", true, NULL }, "me",
	    "http://h:8080/a", "h:8080", "me" },
	{ "to a proxy, IPv6", { "::1", 80, false, "", "KEY", true, NULL }, "me",
	    "http://[::1]", "[::1]", "me" },
	{ "to a proxy that knows us",
	    { "h", 80, false, "", "KEY", true, "Basic dTpw" }, "me", "http://h",
	    "h", "me" },
};

static void
test_head(void **state)
{
	struct buf out = { 0 };
	char want[2048];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct request_case *c = &cases[i];

		snprintf(want, sizeof(want),
		    "POST %s/api/v1/collector HTTP/1.1\r\n"
		    "Host: %s\r\n"
		    "%s%s%s"
		    "User-Agent: datadog-agent/" VERSION "\r\n"
		    "Content-Type: application/x-protobuf\r\n"
		    "Content-Length: 1234\r\n"
		    "X-Dd-APIKey: KEY\r\n"
		    "X-Dd-Hostname: %s\r\n"
		    "X-Dd-Processagentversion: " VERSION "\r\n"
		    "X-Dd-ContainerCount: 5\r\n"
		    "X-DD-Agent-Timestamp: 1700000000\r\n"
		    "X-DD-Request-ID: 01234567-89ab-4def-8123-456789abcdef"
		    "\r\n\r\n",
		    c->want_path, c->want_host,
		    c->target.authorization != NULL ? "Proxy-Authorization: "
						    : "",
		    c->target.authorization != NULL ? c->target.authorization
						    : "",
		    c->target.authorization != NULL ? "\r\n" : "",
		    c->want_hostname);
		request_write_head(&out, &c->target, &a_payload, c->hostname);
		if (out.len != strlen(want) ||
		    memcmp(out.data, want, out.len) != 0)
			fail_msg("%s: got\n%.*swant\n%s", c->name, (int)out.len,
			    out.data, want);
	}
	buf_free(&out);
}

static void
test_paths(void **state)
{
	static const struct {
		enum payload_type type;
		const char *want;
	} paths[] = {
		{ PAYLOAD_PROC, "POST /a/api/v1/collector HTTP/1.1\r\n" },
		{ PAYLOAD_REALTIME, "POST /a/api/v1/collector HTTP/1.1\r\n" },
		{ PAYLOAD_CONTAINER, "POST /a/api/v1/container HTTP/1.1\r\n" },
		{ PAYLOAD_CONTAINER_REALTIME,
		    "POST /a/api/v1/container HTTP/1.1\r\n" },
	};
	static const struct request_target target = { .host = "h",
		.port = 443,
		.tls = true,
		.path = "/a",
		.api_key = "KEY" };
	struct buf out = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		struct payload payload = a_payload;
		size_t len = strlen(paths[i].want);

		payload.type = paths[i].type;
		request_write_head(&out, &target, &payload, "me");
		if (out.len < len || memcmp(out.data, paths[i].want, len) != 0)
			fail_msg("type %d: got\n%.*s\nwant\n%s",
			    (int)paths[i].type, (int)out.len, out.data,
			    paths[i].want);
	}
	buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_head),
		cmocka_unit_test(test_paths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
