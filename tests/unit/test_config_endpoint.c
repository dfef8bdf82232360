/* SPDX-License-Identifier: ISC
 *
 * Endpoints paired with keys, the rule about plain http, and which proxy
 * carries what: nothing may go out another way than it was told.
 */
#include "config_cases.h"

#define U64    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define U256   U64 U64 U64 U64
#define S      PROG_SHIPPERD
#define KEY    "[Main]\napi_key: k\n"
#define PC     "[process.config]\n"
#define INTAKE "https://process.datadoghq.com"
#define E1     "settled.endpoint.1 = "
#define E2     "settled.endpoint.2 = "
#define K      ", key ********, direct"
#define P      ", key ********, through the proxy"

static const struct config_case pairs[] = {
	{ "one key", S, KEY, { 0 }, NULL, E1 INTAKE K "  (default)" },
	{ "one URL, two keys", S, "[Main]\napi_key: a , b\n", { 0 }, NULL,
	    E1 INTAKE K "  (default)\n" E2 INTAKE K "  (default)" },
	{ "two and two", S,
	    "[Main]\napi_key: a,b\n" PC
	    "endpoint: https://x/, https://y:8443/p/q/\n",
	    { 0 }, NULL,
	    E1 "https://x" K "  (datadog.conf:4)\n" E2 "https://y:8443/p/q" K
	       "  (datadog.conf:4)" },
	{ "two and one", S, KEY PC "endpoint: https://x,https://y\n", { 0 },
	    "datadog.conf:4: endpoint: 2 endpoints but 1 API keys; they are"
	    " paired one by one\n",
	    NULL },
	{ "two and three", S,
	    "[Main]\napi_key: a,b,c\n" PC "endpoint: https://x,https://y\n",
	    { 0 },
	    "datadog.conf:4: endpoint: 2 endpoints but 3 API keys; they are"
	    " paired one by one\n",
	    NULL },
	{ "no key", S, PC "endpoint: https://x,https://y\n", { 0 }, NULL, "" },
	{ "too many", S, "[Main]\napi_key: 1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7\n",
	    { 0 }, "datadog.conf:2: endpoint: 17 are more than 16\n", NULL },
	{ "DD_SITE", S, KEY PC "endpoint: https://x\n",
	    { "DD_SITE=datadoghq.eu" }, NULL,
	    E1 "https://process.datadoghq.eu" K "  (env DD_SITE)" },
	{ "DD_PROCESS_AGENT_URL before DD_SITE", S, KEY,
	    { "DD_SITE=datadoghq.eu", "DD_PROCESS_AGENT_URL=https://z" }, NULL,
	    E1 "https://z" K "  (env DD_PROCESS_AGENT_URL)" },
	{ "the general name before DD_SITE", S, KEY,
	    { "DD_SITE=datadoghq.eu", "DD_PROCESS_CONFIG_ENDPOINT=https://z" },
	    NULL, E1 "https://z" K "  (env DD_PROCESS_CONFIG_ENDPOINT)" },
	{ "DD_SITE is no URL", S, KEY, { "DD_SITE=https://datadoghq.eu" },
	    "env DD_SITE: dd_site: \"https://datadoghq.eu\" is not a domain,"
	    " as datadoghq.eu is\n",
	    NULL },
	{ "plain http", S, KEY PC "endpoint: http://intake/\n", { 0 },
	    "datadog.conf:4: endpoint: http://intake would get the API key in"
	    " the clear; use https, or set allow_plaintext_endpoint: yes\n",
	    NULL },
	{ "plain http without a key", S, PC "endpoint: http://intake\n", { 0 },
	    "datadog.conf:2: endpoint: http://intake would get the API key in"
	    " the clear; use https, or set allow_plaintext_endpoint: yes\n",
	    NULL },
	{ "plain http is allowed", S,
	    KEY PC "endpoint: http://intake\n"
		   "allow_plaintext_endpoint: yes\n",
	    { 0 }, NULL, E1 "http://intake" K "  (datadog.conf:4)" },
	{ "plain http to this host", S,
	    "[Main]\napi_key: a,b,c\n" PC
	    "endpoint: HTTP://127.1.2.3:80,http://[::1]:81,http://localhost\n",
	    { 0 }, NULL,
	    E1 "http://127.1.2.3:80" K "  (datadog.conf:4)\n" E2
	       "http://[::1]:81" K "  (datadog.conf:4)" },
	{ "not quite this host", S,
	    KEY PC "endpoint: http://127.0.0.1.example.com\n", { 0 },
	    "datadog.conf:4: endpoint: http://127.0.0.1.example.com would get"
	    " the API key in the clear; use https, or set"
	    " allow_plaintext_endpoint: yes\n",
	    NULL },
};

static const struct config_case proxies[] = {
	{ "host alone", S, KEY "proxy_host: prx\n", { 0 }, NULL,
	    E1 INTAKE P "  (default)\n"
			"settled.proxy = http://prx:3128  (datadog.conf:3)" },
	{ "host and port", S, KEY "proxy_host: prx\nproxy_port: 8080\n", { 0 },
	    NULL, "settled.proxy = http://prx:8080  (datadog.conf:3)" },
	{ "scheme, user and port in the host", S,
	    KEY "proxy_host: socks5://u:p%40@[::1]:99\nproxy_port: 8080\n",
	    { 0 }, NULL,
	    "settled.proxy = socks5://********@[::1]:99  (datadog.conf:3)" },
	{ "the file before HTTPS_PROXY", S, KEY "proxy_host: prx\n",
	    { "HTTPS_PROXY=http://other", "NO_PROXY=*" }, NULL,
	    E1 INTAKE P "  (default)\n"
			"settled.proxy = http://prx:3128  (datadog.conf:3)" },
	{ "DD_PROXY_HTTPS before the file", S, KEY "proxy_host: prx\n",
	    { "DD_PROXY_HTTPS=https://dd", "NO_PROXY=*" }, NULL,
	    E1 INTAKE P
	    "  (default)\n"
	    "settled.proxy = https://dd:443  (env DD_PROXY_HTTPS)" },
	{ "PROXY_HOST before DD_PROXY_HTTPS", S, KEY,
	    { "DD_PROXY_HTTPS=https://dd", "PROXY_HOST=p", "PROXY_PORT=7",
		"PROXY_USER=u" },
	    NULL, "settled.proxy = http://********@p:7  (env PROXY_HOST)" },
	{ "https_proxy", S, KEY, { "https_proxy=http://low:8" }, NULL,
	    E1 INTAKE P "  (default)\n"
			"settled.proxy = http://low:8  (env https_proxy)" },
	{ "NO_PROXY", S, KEY,
	    { "https_proxy=http://low",
		"NO_PROXY=x, .y,"
		"datadoghq.com" },
	    NULL, E1 INTAKE K "  (default)" },
	{ "this host is direct", S, KEY PC "endpoint: http://127.0.0.1:9\n",
	    { "HTTPS_PROXY=http://h" }, NULL,
	    E1 "http://127.0.0.1:9" K "  (datadog.conf:4)" },
	{ "but not for proxy_host", S,
	    KEY "proxy_host: prx\n" PC "endpoint: https://127.0.0.1:9\n", { 0 },
	    NULL, E1 "https://127.0.0.1:9" P "  (datadog.conf:5)" },
	{ "plain http to this host, by way of another", S,
	    KEY "proxy_host: prx\n" PC "endpoint: http://127.0.0.1:9\n", { 0 },
	    "datadog.conf:5: endpoint: http://127.0.0.1:9 would get the API key"
	    " in the clear; use https, or set allow_plaintext_endpoint: yes\n",
	    NULL },
	{ "and allowed", S,
	    KEY "proxy_host: prx\n" PC "endpoint: http://127.0.0.1:9\n"
		"allow_plaintext_endpoint: yes\n",
	    { 0 }, NULL, E1 "http://127.0.0.1:9" P "  (datadog.conf:5)" },
	{ "an IPv6 address alone", S, KEY "proxy_host: fd00::1\n", { 0 }, NULL,
	    "settled.proxy = http://[fd00::1]:3128  (datadog.conf:3)" },
	{ "an IPv6 address and a port", S, KEY "proxy_host: [fd00::1]:8\n",
	    { 0 }, NULL,
	    "settled.proxy = http://[fd00::1]:8  (datadog.conf:3)" },
	{ "PROXY_USER over the URL's", S, KEY,
	    { "PROXY_HOST=http://a:b@prx", "PROXY_USER=c", "PROXY_PASSWORD=d" },
	    NULL,
	    "settled.proxy = http://********@prx:3128  (env PROXY_HOST)" },
	{ "https_proxy has no proxy_user", S, KEY "proxy_user: u\n",
	    { "https_proxy=http://low:8" }, NULL,
	    "settled.proxy = http://low:8  (env https_proxy)" },
	{ "HTTPS_PROXY before https_proxy", S, KEY,
	    { "https_proxy=http://low:8", "HTTPS_PROXY=http://up:8" }, NULL,
	    "settled.proxy = http://up:8  (env HTTPS_PROXY)" },
	{ "ports of the schemes", S, KEY, { "HTTPS_PROXY=http://h" }, NULL,
	    "settled.proxy = http://h:80  (env HTTPS_PROXY)" },
	{ "port of socks5", S, KEY, { "HTTPS_PROXY=socks5h://h" }, NULL,
	    "settled.proxy = socks5://h:1080  (env HTTPS_PROXY)" },
	{ "a colon in the user", S, KEY,
	    { "DD_PROXY_HTTPS=http://a%3Ab:c@prx" },
	    "env DD_PROXY_HTTPS: the proxy's user has a ':', which an http"
	    " proxy takes for the end of the user\n",
	    NULL },
	{ "a colon in the user of socks5", S, KEY,
	    { "DD_PROXY_HTTPS=socks5://a%3Ab:c@prx:1" }, NULL,
	    "settled.proxy = socks5://********@prx:1  (env DD_PROXY_HTTPS)" },
	{ "a user of 256 bytes with socks5", S,
	    KEY "proxy_host: socks5://prx\nproxy_user: " U256 "\n", { 0 },
	    "datadog.conf:3: the proxy's user and password have at most 255"
	    " bytes each with socks5\n",
	    NULL },
	{ "a user of 256 bytes with http", S,
	    KEY "proxy_host: prx\nproxy_user: " U256 "\n", { 0 }, NULL,
	    "settled.proxy = http://********@prx:3128  (datadog.conf:3)" },
	{ "a password without a user", S,
	    KEY "proxy_host: prx\nproxy_password: x\n", { 0 },
	    "datadog.conf:3: warning: the proxy has a password but no user, so"
	    " neither is sent\n",
	    "settled.proxy = http://prx:3128  (datadog.conf:3)" },
	{ "a NUL in the password", S, KEY,
	    { "DD_PROXY_HTTPS=http://u:a%00b@prx" },
	    "env DD_PROXY_HTTPS: dd_proxy_https: the value is no host and no"
	    " URL, as http://proxy.example.com:3128 is\n",
	    NULL },
	{ "half an escape in the password", S, KEY,
	    { "DD_PROXY_HTTPS=http://u:a%4@prx" },
	    "env DD_PROXY_HTTPS: dd_proxy_https: the value is no host and no"
	    " URL, as http://proxy.example.com:3128 is\n",
	    NULL },
	{ "no such scheme", S, KEY "proxy_host: socks4://prx\n", { 0 },
	    "datadog.conf:3: proxy_host: a proxy is http, https or socks5, and"
	    " has no path\n",
	    NULL },
	{ "no host; the value may be a secret", S, KEY,
	    { "DD_PROXY_HTTPS=http://u:hush@" },
	    "env DD_PROXY_HTTPS: dd_proxy_https: the value is no host and no"
	    " URL, as http://proxy.example.com:3128 is\n",
	    NULL },
	{ "no port", S, KEY, { "HTTPS_PROXY=http://h:99999" },
	    "env HTTPS_PROXY: https_proxy: the value is no host and no URL, as"
	    " http://proxy.example.com:3128 is\n",
	    NULL },
};

static void
test_pairs(void **state)
{
	(void)state;
	CONFIG_CASES_RUN(pairs);
}

static void
test_proxies(void **state)
{
	(void)state;
	CONFIG_CASES_RUN(proxies);
}

/* Whether `url` goes through HTTPS_PROXY with this NO_PROXY. */
static void
test_no_proxy(void **state)
{
	static const struct {
		const char *no_proxy, *url;
		bool proxied;
	} cases[] = {
		{ "", "https://a.b.com", true },
		{ "b.com", "https://a.b.com", false },
		{ "B.COM", "https://b.com", false },
		{ "b.com", "https://ab.com", true },
		{ ".b.com", "https://a.b.com", false },
		{ ".b.com", "https://b.com", true },
		{ "*.b.com", "https://a.b.com", false },
		{ "*", "https://a.b.com", false },
		{ "b.com:443", "https://a.b.com", false },
		{ "b.com:80", "https://a.b.com", true },
		{ "10.0.0.0/8", "https://10.1.2.3", false },
		{ "10.0.0.0/8", "https://11.1.2.3", true },
		{ "10.1.2.128/25", "https://10.1.2.127", true },
		{ "10.1.2.128/25", "https://10.1.2.200", false },
		{ "10.0.0.0/33", "https://10.1.2.3", true },
		{ "10.0.0.0/", "https://10.1.2.3", true },
		{ "10.1.2.3", "https://10.1.2.3", false },
		{ "0.0.0.0/0", "https://a.b.com", true },
		{ "fd00::/8", "https://[fd12::1]", false },
		{ "fd00::/8", "https://[fe80::1]", true },
		{ "fd12::1", "https://[fd12:0::1]", false },
		{ "[fd12::1]", "https://[fd12::1]", false },
		{ "[fd12::1]:443", "https://[fd12::1]", false },
		{ "[fd12::1]:444", "https://[fd12::1]", true },
		{ "[fd12::1", "https://[fd12::1]", true },
		{ "[fd12::1]x", "https://[fd12::1]", true },
		{ "fd00::/129", "https://[fd12::1]", true },
		{ "10.1.2.3:443", "https://10.1.2.3", false },
		{ "10.1.2.3:80", "https://10.1.2.3", true },
		{ "1.2.3", "https://10.1.2.3", true },
		{ ".1.2.3", "https://10.1.2.3", true },
		{ "b.com:x", "https://a.b.com", true },
		{ "b.com:", "https://a.b.com", true },
		{ ":443", "https://a.b.com", true },
		{ "b.com/8", "https://a.b.com", true },
		{ "*b.com", "https://a.b.com", true },
		{ "x, b.com ,y", "https://a.b.com", false },
		{ "x,*", "https://a.b.com", false },
		{ "", "https://127.8.9.1", false },
		{ "", "https://169.254.169.254", false },
		{ "", "https://localhost:8443", false },
		{ "", "https://[::1]", false },
	};
	char proxy[] = "HTTPS_PROXY=http://h", key[] = "API_KEY=k";
	char url[128], no_proxy[128];
	char *env[] = { proxy, key, url, no_proxy, NULL };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char *report;
		struct config *c;

		snprintf(
		    url, sizeof(url), "DD_PROCESS_AGENT_URL=%s", cases[i].url);
		snprintf(no_proxy, sizeof(no_proxy), "NO_PROXY=%s",
		    cases[i].no_proxy);
		c = config_case_load(
		    S, "/nonexistent/datadog.conf", env, &report);
		assert_string_equal(report, "");
		assert_non_null(c);
		assert_int_equal(c->n_endpoints, 1);
		if (c->endpoints[0].proxied != cases[i].proxied)
			fail_msg("NO_PROXY=%s %s: got %d", cases[i].no_proxy,
			    cases[i].url, c->endpoints[0].proxied);
		config_free(c);
		free(report);
	}
}

/* The parts that the sender uses. */
static void
test_members(void **state)
{
	char key[] = "API_KEY=k";
	char url[] = "DD_PROCESS_AGENT_URL=https://[fd00::1]:8443/a/b/";
	char proxy[] = "PROXY_HOST=https://us%65r:p%3Aw@prx";
	char *env[] = { key, url, proxy, NULL }, *report;
	struct config *c = config_case_load(S, "/nonexistent", env, &report);
	const struct config_endpoint *e;

	(void)state;
	assert_non_null(c);
	assert_int_equal(c->n_endpoints, 1);
	e = &c->endpoints[0];
	assert_string_equal(e->url, "https://[fd00::1]:8443/a/b");
	assert_string_equal(e->host, "fd00::1");
	assert_string_equal(e->path, "/a/b");
	assert_string_equal(e->api_key, "k");
	assert_int_equal(e->port, 8443);
	assert_true(e->tls);
	assert_true(e->proxied);
	assert_int_equal(c->proxy.scheme, CONFIG_PROXY_HTTPS);
	assert_string_equal(c->proxy.user, "user");
	assert_string_equal(c->proxy.password, "p:w");
	assert_string_equal(c->proxy.source, "env PROXY_HOST");
	assert_int_equal(c->proxy.port, 3128);
	config_free(c);
	free(report);
}

static void
test_bad_urls(void **state)
{
	static const char *const urls[] = { "https://", "https://:443",
		"https://h:", "https://h:0", "https://h:65536", "https://h:4x",
		"https://[::1", "https://[x]", "https://[::1]x", "https://h?q",
		"https://h/#f", "https://h/a b", "https://h h", "://h", "h:1",
		"https//h", "https://h/\x01", "https://caf\xc3\xa9" };

	(void)state;
	for (size_t i = 0; i < sizeof(urls) / sizeof(*urls); i++) {
		char var[128], *env[] = { var, NULL }, *report;
		struct config *c;

		snprintf(var, sizeof(var), "DD_PROCESS_AGENT_URL=%s", urls[i]);
		c = config_case_load(
		    PROG_COLLECTORD, "/nonexistent", env, &report);
		if (c != NULL ||
		    strstr(report,
			"is not an http or https"
			" URL\n") == NULL)
			fail_msg("%s: got %s, want a refusal", urls[i], report);
		config_free(c);
		free(report);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pairs),
		cmocka_unit_test(test_proxies),
		cmocka_unit_test(test_no_proxy),
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_bad_urls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
