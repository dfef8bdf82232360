/* SPDX-License-Identifier: ISC
 *
 * Lines of datadog.conf: comments, quotes, duplicates, malformed lines, and
 * long ones, which the INI library would cut and misread.
 */
#include <sys/stat.h>

#include "config_cases.h"
#include "common/limits.h"

#define C         PROG_COLLECTORD
#define S         PROG_SHIPPERD
#define PC        "[process.config]\n"
#define MALFORMED "this is no [section], key: value or comment\n"

static const struct config_case lines[] = {
	{ "empty file", S, "", { 0 }, NULL, "" },
	{ "comments", S,
	    "# a: b\n ; [c]\n\n[Main]\n#log_level: error\n"
	    "\t# log_level: error\n",
	    { 0 }, NULL, "Main.log_level = info  (default)" },
	{ "a comment behind a value", S,
	    "[Main]\nlog_level: error ; why\n"
	    "hostname: a\t;b\n",
	    { 0 }, NULL,
	    "Main.log_level = error  (datadog.conf:2)\n"
	    "Main.hostname = a  (datadog.conf:3)" },
	{ "a value that is a comment", S, "[Main]\nlog_level: ; none\n", { 0 },
	    NULL, "Main.log_level = info  (default)" },
	{ "marks inside values stay", C, PC "blacklist: a#b, c #d, e;f\n",
	    { 0 }, NULL,
	    "process.config.blacklist = a#b, c #d, e;f  (datadog.conf:2)" },
	{ "quotes", C,
	    PC "blacklist: \"a ;b # c\" ; note \"x\"\n"
	       "custom_sensitive_words: 'pin'\n",
	    { 0 }, NULL,
	    "process.config.blacklist = a ;b # c  (datadog.conf:2)\n"
	    "process.config.custom_sensitive_words = pin  (datadog.conf:3)" },
	{ "quotes that are part of it", C, PC "blacklist: \"a\" \"b, it's\n",
	    { 0 }, NULL,
	    "process.config.blacklist = \"a\" \"b, it's  (datadog.conf:2)" },
	{ "both separators, any white space", S,
	    "[Main]\n  hostname=a\n\tlog_level  =  error  \n", { 0 }, NULL,
	    "Main.hostname = a  (datadog.conf:2)\n"
	    "Main.log_level = error  (datadog.conf:3)" },
	{ "a separator in the value", S, PC "endpoint = https://x:444/a=b\n",
	    { 0 }, NULL,
	    "process.config.endpoint = https://x:444/a=b  (datadog.conf:2)" },
	{ "no continuation lines", S,
	    "[Main]\nhostname: a\n  log_level: debug\n", { 0 }, NULL,
	    "Main.hostname = a  (datadog.conf:2)\n"
	    "Main.log_level = debug  (datadog.conf:3)" },
	{ "any case of section and key", S, "[MAIN]\nHostName: a\n", { 0 },
	    NULL, "Main.hostname = a  (datadog.conf:2)" },
	{ "a section with blanks and a comment", S,
	    " [ Main ] ; first\nhostname: a\n", { 0 }, NULL,
	    "Main.hostname = a  (datadog.conf:2)" },
	{ "CRLF and a byte order mark", S,
	    "\xef\xbb\xbf[Main]\r\nhostname: a\r\nlog_level: error\r\n", { 0 },
	    NULL,
	    "Main.hostname = a  (datadog.conf:2)\n"
	    "Main.log_level = error  (datadog.conf:3)" },
	{ "no newline at the end", S, "[Main]\nhostname: a", { 0 }, NULL,
	    "Main.hostname = a  (datadog.conf:2)" },
	{ "the last one counts", S, "[Main]\nhostname: a\nhostname: b\n", { 0 },
	    "datadog.conf:3: warning: hostname: set before (datadog.conf:2);"
	    " this one counts\n",
	    "Main.hostname = b  (datadog.conf:3)" },
	{ "[process] stands behind", S,
	    PC "proc_limit: 5\n[process]\n"
	       "proc_limit: 6\nqueue_size: 7\nfoo: 1\n",
	    { 0 }, NULL,
	    "process.config.proc_limit = 5  (datadog.conf:2)\n"
	    "process.config.queue_size = 7  (datadog.conf:5)" },
	{ "[process] in front", S,
	    "[process]\nproc_limit: 6\n" PC "proc_limit: 5\n", { 0 }, NULL,
	    "process.config.proc_limit = 5  (datadog.conf:4)" },
	{ "keys of other programs", S,
	    "[Main]\nuse_mount: no\n"
	    "[trace.config]\nproc_limit: x\nbackend: \n",
	    { 0 }, NULL, "process.config.proc_limit = 100  (default)" },
	{ "unknown keys", S,
	    PC "proc_limits: 5\nporc_limit: 5\nfoo: 1\n"
	       "tags: x\n",
	    { 0 },
	    "datadog.conf:2: warning: proc_limits: there is no such key; did"
	    " you mean proc_limit?\n"
	    "datadog.conf:3: warning: porc_limit: there is no such key; did"
	    " you mean proc_limit?\n"
	    "datadog.conf:4: warning: foo: there is no such key\n"
	    "datadog.conf:5: warning: tags: this key belongs in [Main]\n",
	    "process.config.proc_limit = 100  (default)" },
	{ "malformed lines", S,
	    "[Main]\nwhat is this\n: 1\n[open\n[]\n"
	    "a ;b: c\n=\n",
	    { 0 },
	    "datadog.conf:2: " MALFORMED "datadog.conf:3: " MALFORMED
	    "datadog.conf:4: " MALFORMED "datadog.conf:5: " MALFORMED
	    "datadog.conf:6: " MALFORMED "datadog.conf:7: " MALFORMED,
	    NULL },
	{ "a key before any section", S, "api_key: x\n", { 0 },
	    "datadog.conf:1: api_key: a key before the first [section]\n",
	    NULL },
};

static void
test_lines(void **state)
{
	(void)state;
	CONFIG_CASES_RUN(lines);
}

static struct config *
load_bytes(const char *text, size_t len, char **report)
{
	char *path = config_case_write(text, len), *env[] = { NULL };
	struct config *config = config_case_load(C, path, env, report);

	config_case_remove(path);
	return config;
}

/* "[process.config]", one line of `len` bytes that begins with `start`, and
 * a line behind it; owned. */
static char *
long_line(const char *start, size_t len)
{
	char *text = xcalloc(len + 128, 1);
	size_t head = sizeof(PC) - 1, n = strlen(start);

	memcpy(text, PC, head);
	memcpy(text + head, start, n);
	for (size_t i = n; i < len; i++)
		text[head + i] = (char)('a' + i % 26);
	strcat(text, "\nmax_proc_fds: 77\n");
	return text;
}

/* The library's limit is 200 bytes, ours 16384: a value arrives whole on
 * both sides of either. */
static void
test_long_values(void **state)
{
	static const char start[] = "blacklist: ";
	static const size_t step = 37;

	(void)state;
	for (size_t len = 150; len <= LIMIT_CONFIG_LINE;
	     len = len < 450 || len == LIMIT_CONFIG_LINE ? len + 1
		 : len + step < LIMIT_CONFIG_LINE        ? len + step
							 : LIMIT_CONFIG_LINE) {
		char *text = long_line(start, len), *report;
		struct config *c = load_bytes(text, strlen(text), &report);
		const char *want = text + sizeof(PC) - 1 + sizeof(start) - 1;

		if (c == NULL || c->blacklist.n != 1 ||
		    strlen(c->blacklist.v[0]) != len - sizeof(start) + 1 ||
		    strncmp(c->blacklist.v[0], want, len - sizeof(start) + 1) !=
			0 ||
		    c->max_proc_fds != 77 || *report != '\0')
			fail_msg("%zu bytes: got %s %s", len,
			    c != NULL ? "another value" : "failure", report);
		config_free(c);
		free(report);
		free(text);
	}
}

/* Wherever a cut may fall, what is left of a long line is no setting. */
static void
test_long_tails(void **state)
{
	static const char *const starts[] = { "# ", "; ",
		"foo: ", "log_file: /", "blacklist: x ; " };
	static const char tail[] = " max_proc_fds: 5";

	(void)state;
	for (size_t s = 0; s < sizeof(starts) / sizeof(*starts); s++) {
		for (size_t len = 180; len < 420; len++) {
			char *text = long_line(starts[s], len), *report;
			struct config *c;

			memcpy(text + sizeof(PC) - 1 + len - sizeof(tail) + 1,
			    tail, sizeof(tail) - 1);
			c = load_bytes(text, strlen(text), &report);
			if (c == NULL || c->max_proc_fds != 77)
				fail_msg("%s%zu bytes: got %d %s", starts[s],
				    len, c != NULL ? c->max_proc_fds : -1,
				    report);
			config_free(c);
			free(report);
			free(text);
		}
	}
}

static void
test_too_long(void **state)
{
	static const char *const starts[] = { "blacklist: ", "# ", "[a" };

	(void)state;
	for (size_t s = 0; s < sizeof(starts) / sizeof(*starts); s++) {
		char *text = long_line(starts[s], LIMIT_CONFIG_LINE + 1);
		char *report;

		assert_null(load_bytes(text, strlen(text), &report));
		assert_string_equal(report,
		    "datadog.conf:2: the line is"
		    " longer than 16384 bytes\n");
		free(report);
		free(text);
	}
}

/* A name too long for the library is still one unknown name. */
static void
test_long_names(void **state)
{
	char *text = long_line("proc_limit", 300), *report;
	struct config *c;

	(void)state;
	text[sizeof(PC) - 1 + 299] = ':';
	c = load_bytes(text, strlen(text), &report);
	assert_non_null(c);
	assert_non_null(strstr(report, "datadog.conf:2: warning: proc_limit"));
	assert_int_equal(c->max_proc_fds, 77);
	config_free(c);
	free(report);
	free(text);
}

static void
test_nul(void **state)
{
	static const char text[] = "[Main]\nhostname: a\0b\n";
	char *report;

	(void)state;
	assert_null(load_bytes(text, sizeof(text) - 1, &report));
	assert_string_equal(
	    report, "datadog.conf:2: there is a NUL byte in the line\n");
	free(report);
}

static void
test_unreadable(void **state)
{
	char dir[] = "/tmp/config-XXXXXX", loop[64], *env[] = { NULL };
	char *report, want[128], *big = xcalloc(LIMIT_CONFIG_FILE + 1, 1);

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_null(config_case_load(C, dir, env, &report));
	snprintf(want, sizeof(want), "%s: is a directory, not a file\n", dir);
	assert_string_equal(report, want);
	free(report);

	snprintf(loop, sizeof(loop), "%s/loop", dir);
	assert_int_equal(symlink("loop", loop), 0);
	assert_null(config_case_load(C, loop, env, &report));
	snprintf(want, sizeof(want),
	    "%s: cannot be read: Too many levels of"
	    " symbolic links\n",
	    loop);
	assert_string_equal(report, want);
	free(report);
	unlink(loop);
	rmdir(dir);

	memset(big, '\n', LIMIT_CONFIG_FILE + 1);
	assert_null(load_bytes(big, LIMIT_CONFIG_FILE + 1, &report));
	assert_non_null(strstr(report, ": is larger than 1 MiB\n"));
	free(report);
	config_free(load_bytes(big, LIMIT_CONFIG_FILE, &report));
	assert_string_equal(report, "");
	free(report);
	free(big);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_long_values),
		cmocka_unit_test(test_long_tails),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_long_names),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_unreadable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
