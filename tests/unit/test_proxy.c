/* SPDX-License-Identifier: ISC
 *
 * What an HTTP proxy is told, byte for byte, and what it means when it says
 * no.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/log.h"
#include "common/schema.h"
#include "common/version.h"
#include "shipperd/proxy.h"
#include "shipperd/request.h"

static const struct proxy_case {
	const char *name;
	struct config_proxy config;
	const char *text;
	const char *authorization;
	bool takes_requests;
} proxies[] = {
	{ "http", { CONFIG_PROXY_HTTP, "prx", NULL, NULL, NULL, 3128, false },
	    "http://prx:3128", NULL, true },
	{ "https",
	    { CONFIG_PROXY_HTTPS, "fd00::1", NULL, NULL, NULL, 1, false },
	    "https://[fd00::1]:1", NULL, true },
	{ "socks5",
	    { CONFIG_PROXY_SOCKS5, "1.2.3.4", NULL, NULL, NULL, 1080, false },
	    "socks5://1.2.3.4:1080", NULL, false },
	/* RFC 7617's own example */
	{ "login",
	    { CONFIG_PROXY_HTTP, "prx", "Aladdin", "open sesame", NULL, 1,
		false },
	    "http://prx:1", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", true },
	{ "no password",
	    { CONFIG_PROXY_HTTP, "prx", "u", NULL, NULL, 1, false },
	    "http://prx:1", "Basic dTo=", true },
	{ "a password without user",
	    { CONFIG_PROXY_HTTP, "prx", NULL, "p", NULL, 1, false },
	    "http://prx:1", NULL, true },
	{ "any bytes",
	    { CONFIG_PROXY_HTTP, "prx", "\r\n\xff", ":\x01@/", NULL, 1, false },
	    "http://prx:1", "Basic DQr/OjoBQC8=", true },
};

static const char *
shown(const char *s)
{
	return s != NULL ? s : "(none)";
}

/* Requests go to the proxy, with its login, when it takes them and there is
 * no TLS to the endpoint. */
static void
check_aim(const struct proxy_case *c, const struct proxy *p, bool tls)
{
	struct request_target got = { .tls = tls };
	bool want = c->takes_requests && !tls;

	proxy_aim(p, &got);
	if (got.absolute != want ||
	    got.authorization != (want ? p->authorization : NULL))
		fail_msg("%s, tls %d: got %d \"%s\", want %d", c->name, tls,
		    got.absolute, shown(got.authorization), want);
}

static void
test_new(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(proxies) / sizeof(proxies[0]); i++) {
		const struct proxy_case *c = &proxies[i];
		struct proxy *p = proxy_new(&c->config);

		assert_non_null(p);
		if (strcmp(p->text, c->text) != 0)
			fail_msg(
			    "%s: got %s, want %s", c->name, p->text, c->text);
		if (strcmp(shown(p->authorization), shown(c->authorization)))
			fail_msg("%s: got %s, want %s", c->name,
			    shown(p->authorization), shown(c->authorization));
		check_aim(c, p, false);
		check_aim(c, p, true);
		proxy_unref(proxy_ref(p));
		proxy_unref(p);
	}
	assert_null(proxy_new(&(struct config_proxy){ 0 }));
	assert_null(proxy_ref(NULL));
	check_aim(&(struct proxy_case){ .name = "none" }, NULL, false);
	proxy_unref(NULL);
}

#define AGENT "User-Agent: datadog-agent/" VERSION "\r\n"

static const struct connect_case {
	const char *host;
	int port;
	const char *user;
	const char *want;
} connects[] = {
	{ "intake.example", 443, NULL,
	    "CONNECT intake.example:443 HTTP/1.1\r\n"
	    "Host: intake.example:443\r\n" AGENT "\r\n" },
	{ "::1", 8443, NULL,
	    "CONNECT [::1]:8443 HTTP/1.1\r\nHost: [::1]:8443\r\n" AGENT
	    "\r\n" },
	{ "10.0.0.1", 1, "u",
	    "CONNECT 10.0.0.1:1 HTTP/1.1\r\nHost: 10.0.0.1:1\r\n" AGENT
	    "Proxy-Authorization: Basic dTo=\r\n\r\n" },
};

static void
test_connect(void **state)
{
	struct buf out = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(connects) / sizeof(connects[0]); i++) {
		const struct connect_case *c = &connects[i];
		struct config_proxy config = { .scheme = CONFIG_PROXY_HTTP,
			.host = "prx",
			.port = 1,
			.user = (char *)(uintptr_t)c->user };
		struct proxy *p = proxy_new(&config);

		out.len = 0;
		proxy_write_connect(p, c->host, c->port, &out);
		if (out.len != strlen(c->want) ||
		    memcmp(out.data, c->want, out.len) != 0)
			fail_msg("got\n%.*swant\n%s", (int)out.len, out.data,
			    c->want);
		proxy_unref(p);
	}
	buf_free(&out);
}

static void
test_explain(void **state)
{
	static const struct {
		int status;
		const char *user, *want;
	} cases[] = {
		{ 407, NULL, "it wants a user and a password (status 407)" },
		{ 407, "u",
		    "it refuses the user or the password (status 407)" },
		{ 401, "u",
		    "it refuses the user or the password (status 401)" },
		{ 403, "u",
		    "it forbids the connection to the endpoint (status 403)" },
		{ 502, NULL, "it cannot reach the endpoint (status 502)" },
		{ 503, NULL, "it cannot reach the endpoint (status 503)" },
		{ 504, NULL, "it cannot reach the endpoint (status 504)" },
		{ 302, NULL, "it makes no connection (status 302)" },
		{ 500, NULL, "it makes no connection (status 500)" },
	};
	char got[128];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct config_proxy config = { .scheme = CONFIG_PROXY_HTTP,
			.host = "prx",
			.user = (char *)(uintptr_t)cases[i].user };
		struct proxy *p = proxy_new(&config);

		proxy_explain_status(p, cases[i].status, got, sizeof(got));
		if (strcmp(got, cases[i].want) != 0)
			fail_msg("%d: got \"%s\", want \"%s\"", cases[i].status,
			    got, cases[i].want);
		proxy_unref(p);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_new),
		cmocka_unit_test(test_connect),
		cmocka_unit_test(test_explain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
