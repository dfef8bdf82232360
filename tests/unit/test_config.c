/* SPDX-License-Identifier: ISC
 *
 * Values of the configuration: types, ranges, who wins over whom, who may
 * read what, and what follows from several keys together.
 */
#include "config_cases.h"
#include "common/hostname.h"
#include "common/limits.h"

#define C   PROG_COLLECTORD
#define T   PROG_TAGGERD
#define S   PROG_SHIPPERD
#define D   PROG_DDPROC
#define PC  "[process.config]\n"
#define AT2 "  (datadog.conf:2)"
#define NOT "datadog.conf:2: "

static const struct config_case good[] = {
	{ "defaults", S, NULL, { 0 }, NULL,
	    "Main.process_agent_enabled = unset  (default)\n"
	    "Main.log_level = info  (default)\n"
	    "Main.proxy_port = 3128  (default)\n"
	    "process.config.endpoint = https://process.datadoghq.com  (default)\n"
	    "process.config.proc_limit = 100  (default)\n"
	    "process.config.queue_size = 20  (default)\n"
	    "process.config.spool_max_size = 268435456 bytes  (default)\n"
	    "process.config.spool_max_age = 86400 s  (default)\n"
	    "process.config.run_path = /run/dd-agent  (default)" },
	{ "the file wins", S, PC "proc_limit: 7\n", { 0 }, NULL,
	    "process.config.proc_limit = 7" AT2 },
	{ "the environment wins", S, PC "proc_limit: 7\n",
	    { "DD_PROCESS_CONFIG_PROC_LIMIT=8" }, NULL,
	    "process.config.proc_limit = 8"
	    "  (env DD_PROCESS_CONFIG_PROC_LIMIT)" },
	{ "an empty variable is none", S, PC "proc_limit: 7\n",
	    { "DD_PROCESS_CONFIG_PROC_LIMIT=  " }, NULL,
	    "process.config.proc_limit = 7" AT2 },
	{ "an empty value is the default", S, PC "proc_limit:\n", { 0 }, NULL,
	    "process.config.proc_limit = 100  (default)" },
	{ "a named variable before the general one", C, NULL,
	    { "DD_PROCESS_CONFIG_SCRUB_ARGS=yes", "DD_SCRUB_ARGS=no" }, NULL,
	    "process.config.scrub_args = no  (env DD_SCRUB_ARGS)" },
	{ "DD_LOG_LEVEL before LOG_LEVEL", C, "[Main]\nlog_level: error\n",
	    { "LOG_LEVEL=debug", "DD_LOG_LEVEL=critical" }, NULL,
	    "Main.log_level = critical  (env DD_LOG_LEVEL)" },
	{ "warn is warning", C, "[Main]\nlog_level: WARN\n", { 0 }, NULL,
	    "Main.log_level = warning" AT2 },
	{ "booleans on", C,
	    PC "scrub_args: T\nallow_real_time = oN\n"
	       "strip_proc_arguments: 1\ncollect_docker_network: Yes\n",
	    { 0 }, NULL,
	    "process.config.scrub_args = yes" AT2
	    "\nprocess.config.strip_proc_arguments = yes  (datadog.conf:4)" },
	{ "booleans off", C,
	    PC "scrub_args: F\nallow_real_time = oFF\n"
	       "strip_proc_arguments: 0\ncollect_docker_network: No\n",
	    { 0 }, NULL,
	    "process.config.scrub_args = no" AT2
	    "\nprocess.config.allow_real_time = no  (datadog.conf:3)" },
	{ "agent on", C, "[Main]\nprocess_agent_enabled: True\n", { 0 }, NULL,
	    "Main.process_agent_enabled = on" AT2 },
	{ "agent off by any other word", C,
	    "[Main]\nprocess_agent_enabled: on\n", { 0 }, NULL,
	    "Main.process_agent_enabled = off" AT2 },
	{ "agent on by environment", C, "[Main]\nprocess_agent_enabled: no\n",
	    { "DD_PROCESS_AGENT_ENABLED=1" }, NULL,
	    "Main.process_agent_enabled = on  (env DD_PROCESS_AGENT_ENABLED)" },
	{ "sizes", S, PC "spool_max_size: 2g\n", { 0 }, NULL,
	    "process.config.spool_max_size = 2147483648 bytes" AT2 },
	{ "plain sizes", S, PC "spool_max_size: 1048576\n", { 0 }, NULL,
	    "process.config.spool_max_size = 1048576 bytes" AT2 },
	{ "times", S, PC "spool_max_age: 2 D\nprocess_interval: 1m\n", { 0 },
	    NULL,
	    "process.config.spool_max_age = 172800 s" AT2 "\n"
	    "process.config.process_interval = 60 s  (datadog.conf:3)" },
	{ "lists", T, "[Main]\ntags: env:prod , \"team:a b\",, 'x' ,\n", { 0 },
	    NULL, "Main.tags = env:prod, team:a b, x" AT2 },
	{ "DD_TAGS before TAGS", T, NULL, { "TAGS=a", "DD_TAGS=b,c" }, NULL,
	    "Main.tags = b, c  (env DD_TAGS)" },
	{ "no spool", S, PC "spool_path: none\n", { 0 }, NULL,
	    "process.config.spool_path = none" AT2 },
	{ "words", S, PC "wire_encoding: PROTOBUF\ntag_names: both\n", { 0 },
	    NULL,
	    "process.config.wire_encoding = protobuf" AT2 "\n"
	    "process.config.tag_names = both  (datadog.conf:3)" },
	{ "exclude_process_args strips", C,
	    "[Main]\nexclude_process_args: yes\n", { 0 }, NULL,
	    "process.config.strip_proc_arguments = yes" AT2 },
	{ "HOST_PROC before procfs_path", C, "[Main]\nprocfs_path: /p\n",
	    { "HOST_PROC=/h/proc", "HOST_SYS=/h/sys", "HOST_ETC=/h/etc" }, NULL,
	    "env.host_proc = /h/proc  (env HOST_PROC)\n"
	    "env.host_sys = /h/sys  (env HOST_SYS)\n"
	    "env.host_etc = /h/etc  (env HOST_ETC)" },
	{ "procfs_path", C, "[Main]\nprocfs_path: /p\n", { 0 }, NULL,
	    "env.host_proc = /p" AT2 },
	{ "docker's socket", T, NULL, { "DOCKER_HOST=unix:///d.sock" }, NULL,
	    "env.docker_socket_path = /d.sock  (env DOCKER_HOST)" },
	{ "docker elsewhere", T, NULL, { "DOCKER_HOST=tcp://h:1" },
	    "env DOCKER_HOST: warning: docker_socket_path: \"tcp://h:1\""
	    " cannot be used: no unix socket\n",
	    "env.docker_socket_path = /var/run/docker.sock  (default)" },
	{ "a bad DD_HOSTNAME gives way", T, "[Main]\nhostname: web-1\n",
	    { "DD_HOSTNAME=a_b" },
	    "env DD_HOSTNAME: warning: hostname: \"a_b\""
	    " cannot be used: no valid host name\n",
	    "Main.hostname = web-1" AT2 },
	{ "DD_HOSTNAME", T, "[Main]\nhostname: web-1\n",
	    { "DD_HOSTNAME=web-2.x" }, NULL,
	    "Main.hostname = web-2.x  (env DD_HOSTNAME)" },
	{ "insecure", S, "[Main]\nskip_ssl_validation: yes\n", { 0 },
	    NOT "warning: skip_ssl_validation: nobody checks that the intake"
		" is who it says it is\n",
	    "Main.skip_ssl_validation = yes" AT2 },
	{ "an unknown variable", C, NULL, { "DD_PROCESS_CONFIG_FOO=1" },
	    "env DD_PROCESS_CONFIG_FOO: warning: there is no such key\n", "" },
	{ "escapes are shown", C,
	    "[Main]\nhostname: web\nprocfs_path: /\x1b[2J\n", { 0 }, NULL,
	    "Main.procfs_path = /\\x1b[2J  (datadog.conf:3)" },
};

static const struct config_case bad[] = {
	{ "a port", S, "[Main]\nproxy_port: abc\n", { 0 },
	    NOT "proxy_port: \"abc\" is not a port (1-65535)\n", NULL },
	{ "a port by whoever does not need it", C, "[Main]\nproxy_port: 0\n",
	    { 0 }, NOT "proxy_port: \"0\" is not a port (1-65535)\n", NULL },
	{ "a port with a tail", S, "[Main]\ndogstatsd_port: 8125x\n", { 0 },
	    NOT "dogstatsd_port: \"8125x\" is not a port (1-65535)\n", NULL },
	{ "a number", S, PC "proc_limit: 101\n", { 0 },
	    NOT "proc_limit: \"101\" is not a number (1-100)\n", NULL },
	{ "zero", S, PC "proc_limit: 0\n", { 0 },
	    NOT "proc_limit: \"0\" is not a number (1-100)\n", NULL },
	{ "negative", S, PC "proc_limit: -5\n", { 0 },
	    NOT "proc_limit: \"-5\" is not a number (1-100)\n", NULL },
	{ "overflow", S, PC "queue_size: 99999999999999999999\n", { 0 },
	    NOT "queue_size: \"99999999999999999999\" is not a number"
		" (1-1000)\n",
	    NULL },
	{ "a boolean", C, PC "scrub_args: maybe\n", { 0 },
	    NOT "scrub_args: \"maybe\" is not yes or no\n", NULL },
	{ "a time", C, PC "process_interval: 2 h\n", { 0 },
	    NOT "process_interval: \"2 h\" is not a time (1 s-3600 s)\n",
	    NULL },
	{ "a size", S, PC "spool_max_size: 9 XB\n", { 0 },
	    NOT "spool_max_size: \"9 XB\" is not a size (1 MiB-1048576 MiB)\n",
	    NULL },
	{ "a size that overflows", S, PC "spool_max_size: 9999999999999 G\n",
	    { 0 },
	    NOT "spool_max_size: \"9999999999999 G\" is not a size"
		" (1 MiB-1048576 MiB)\n",
	    NULL },
	{ "a level", C, "[Main]\nlog_level: loud\n", { 0 },
	    NOT "log_level: \"loud\" is not one of debug, info, warning,"
		" error, critical\n",
	    NULL },
	{ "a word", S, PC "wire_encoding: gzip\n", { 0 },
	    NOT "wire_encoding: \"gzip\" is not one of zstd, protobuf\n",
	    NULL },
	{ "a path", C, PC "run_path: run\n", { 0 },
	    NOT "run_path: \"run\" is not an absolute path\n", NULL },
	{ "a URL", S, PC "endpoint: ftp://x\n", { 0 },
	    NOT "endpoint: \"ftp://x\" is not an http or https URL\n", NULL },
	{ "a URL without a scheme", S, PC "endpoint: process.x\n", { 0 },
	    NOT "endpoint: \"process.x\" is not an http or https URL\n", NULL },
	{ "a URL with a password", C, PC "endpoint: https://u:p@x\n", { 0 },
	    NOT "endpoint: a URL here has no user and no password (the API"
		" key is in api_key)\n",
	    NULL },
	{ "from the environment", C, NULL, { "DD_SCRUB_ARGS=2" },
	    "env DD_SCRUB_ARGS: scrub_args: \"2\" is not yes or no\n", NULL },
	{ "all errors at once", S,
	    "[Main]\nproxy_port: a\nlog_level: b\n" PC "proc_limit: c\n", { 0 },
	    "datadog.conf:3: log_level: \"b\" is not one of debug, info,"
	    " warning, error, critical\n" NOT
	    "proxy_port: \"a\" is not a port (1-65535)\n"
	    "datadog.conf:5: proc_limit: \"c\" is not a number (1-100)\n",
	    NULL },
	{ "a value that would move the cursor", C, PC "engine: \x1b[2J\n",
	    { 0 }, NOT "engine: \"\\x1b[2J\" is not one of auto, procfs\n",
	    NULL },
	{ "a key with a blank", S, "[Main]\napi_key: abc def\n", { 0 },
	    NOT "api_key: key 1 has a blank or a character that is not"
		" ASCII\n",
	    NULL },
};

static void
test_good(void **state)
{
	(void)state;
	CONFIG_CASES_RUN(good);
}

static void
test_bad(void **state)
{
	(void)state;
	CONFIG_CASES_RUN(bad);
}

static const char secrets[] = "[Main]\n"
			      "api_key: KEY-abc\n"
			      "proxy_host: http://USER-a:PASS-a@prx\n"
			      "proxy_user: USER-b\n"
			      "proxy_password: PASS-b\n";

/* What config_print() and the report show, and what the struct holds. */
static void
test_secrets(void **state)
{
	static const enum program programs[] = { C, T, S, D };
	char *path = config_case_write(secrets, sizeof(secrets) - 1);
	char key[] = "DD_API_KEY=KEY-env", proxy[] = "HTTPS_PROXY=http://x:1";
	char *env[] = { key, proxy, NULL };

	(void)state;
	for (size_t i = 0; i < sizeof(programs) / sizeof(*programs); i++) {
		char *report, *print;
		struct config *c = config_case_load(
		    programs[i], path, env, &report);

		assert_non_null(c);
		print = config_case_print(c, programs[i]);
		assert_null(strstr(print, "KEY-"));
		assert_null(strstr(print, "USER-"));
		assert_null(strstr(print, "PASS-"));
		if (programs[i] == S) {
			assert_string_equal(c->api_key.v[0], "KEY-env");
			assert_string_equal(c->proxy.password, "PASS-b");
		} else {
			assert_int_equal(c->api_key.n, 0);
			assert_null(c->proxy_user);
			assert_null(c->proxy_password);
			assert_null(c->proxy_host);
			assert_null(c->https_proxy);
			assert_int_equal(c->n_endpoints, 0);
			assert_int_equal(c->proxy.scheme, CONFIG_PROXY_NONE);
			assert_null(strstr(print, "api_key"));
		}
		config_free(c);
		free(report);
		free(print);
	}
	config_case_remove(path);
}

/* The environment loses other programs' secrets, and the memory of the
 * original loses them all. */
static void
test_env_take(void **state)
{
	char key[] = "DD_API_KEY=new", old[] = "API_KEY=old", path[] = "PATH=/";
	char like[] = "DD_API_KEYS=x";
	char *env[] = { key, path, old, like, NULL };
	char **copy = config_env_take(T, env);

	(void)state;
	assert_string_equal(copy[0], "PATH=/");
	assert_string_equal(copy[1], "DD_API_KEYS=x");
	assert_null(copy[2]);
	assert_null(memmem(key, sizeof(key), "new", 3));
	assert_null(memmem(old, sizeof(old), "old", 3));
	for (size_t i = 0; copy[i] != NULL; i++)
		free(copy[i]);
	free(copy);
}

static void
test_hostnames(void **state)
{
	static const struct {
		const char *name;
		bool want;
	} cases[] = { { "a", true }, { "web-1.example.com", true },
		{ "1.2", true }, { "", false }, { "localhost", false },
		{ "LocalHost.localdomain", false }, { "a_b", false },
		{ "-a", false }, { "a-", false }, { "a.-b", false },
		{ "a..b", false }, { ".a", false }, { "a.", false },
		{ "a b", false }, { "caf\xc3\xa9", false } };
	char label[65], all[300];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		if (hostname_valid(cases[i].name) != cases[i].want)
			fail_msg("%s: got %d", cases[i].name, !cases[i].want);
	memset(label, 'a', sizeof(label));
	label[64] = '\0';
	assert_false(hostname_valid(label));
	label[63] = '\0';
	assert_true(hostname_valid(label));
	snprintf(all, sizeof(all), "%s.%s.%s.%s", label, label, label, label);
	assert_int_equal(strlen(all), HOSTNAME_MAX);
	assert_true(hostname_valid(all));
	strcat(all, "a");
	assert_false(hostname_valid(all));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_secrets),
		cmocka_unit_test(test_env_take),
		cmocka_unit_test(test_hostnames),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
