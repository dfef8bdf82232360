/* SPDX-License-Identifier: ISC
 *
 * Log lines: their form, what foreign bytes become, rotation, and a
 * destination that takes no more.
 */
#include <errno.h>
#include <fcntl.h>
#include <regex.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/limits.h"
#include "common/log.h"

#define STAMP                                                      \
	"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z " \
	"test_log\\[[0-9]+\\] "

struct fixture {
	char dir[32];
	char path[64];
};

static int
setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	strcpy(f->dir, "/tmp/log-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->path, sizeof(f->path), "%s/log", f->dir);
	log_init("test_log");
	log_set_level(LOG_LEVEL_INFO);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	log_open(NULL);
	unlink(f->path);
	rmdir(f->dir);
	free(f);
	return 0;
}

/* All of a file, owned. */
static char *
slurp(const char *path)
{
	char *text = xcalloc(1, 1 << 20);
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	assert_true(fread(text, 1, (1 << 20) - 1, f) < (1 << 20) - 1);
	fclose(f);
	return text;
}

static void
assert_matches(const char *text, const char *pattern)
{
	regex_t re;

	assert_int_equal(regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB), 0);
	if (regexec(&re, text, 0, NULL, 0) != 0)
		fail_msg("got:  %s\nwant: %s", text, pattern);
	regfree(&re);
}

static void
test_lines(void **state)
{
	struct fixture *f = *state;
	struct stat st;
	char *text;

	assert_int_equal(log_open(f->path), 0);
	assert_int_equal(stat(f->path, &st), 0);
	assert_int_equal(st.st_mode & 0137, 0);
	log_debug("not shown");
	log_info("a\nforged \x1b[2J %s \xff", "\xe2\x80\xae");
	errno = ENOENT;
	log_warn("the %s", "file");
	assert_int_equal(errno, ENOENT);
	log_warnx("no errno");
	text = slurp(f->path);
	assert_matches(text,
	    STAMP "INFO a\\\\nforged \\\\x1b\\[2J \\\\u202e"
		  " \xef\xbf\xbd\n");
	assert_matches(strchr(text, '\n') + 1,
	    STAMP "WARNING the file: No such file or directory\n");
	assert_matches(strchr(strchr(text, '\n') + 1, '\n') + 1,
	    STAMP "WARNING no errno\n$");
	free(text);
	log_set_level(LOG_LEVEL_WARNING);
	assert_false(log_debugging());
	log_info("not shown");
	log_set_level(LOG_LEVEL_DEBUG);
	assert_true(log_debugging());
	log_debug("shown");
	text = slurp(f->path);
	assert_null(strstr(text, "not shown"));
	assert_non_null(strstr(text, " DEBUG shown\n"));
	free(text);
}

/* However long and hostile, a line is one line of at most 4096 bytes. */
static void
test_long(void **state)
{
	struct fixture *f = *state;
	char *big = xcalloc(100000, 1), *text;

	assert_int_equal(log_open(f->path), 0);
	for (int c = 1; c < 256; c++) {
		memset(big, c, 99999);
		log_info("%s", big);
	}
	text = slurp(f->path);
	for (char *p = text; *p != '\0'; p = strchr(p, '\n') + 1) {
		assert_non_null(strchr(p, '\n'));
		assert_true(strcspn(p, "\n") < LIMIT_LOG_LINE);
		assert_non_null(strstr(p, " INFO "));
	}
	free(text);
	free(big);
}

static void
test_rotation(void **state)
{
	struct fixture *f = *state;
	char old[80], *text;

	snprintf(old, sizeof(old), "%s.1", f->path);
	assert_int_equal(log_open(f->path), 0);
	log_info("one");
	assert_int_equal(rename(f->path, old), 0);
	log_info("two");
	assert_int_equal(log_reopen(), 0);
	log_info("three");
	text = slurp(old);
	assert_non_null(strstr(text, "two"));
	free(text);
	text = slurp(f->path);
	assert_non_null(strstr(text, "three"));
	assert_null(strstr(text, "two"));
	free(text);
	unlink(old);
	assert_int_equal(log_open("/nonexistent/log"), -1);
	assert_int_equal(errno, ENOENT);
	log_info("still here");
	text = slurp(f->path);
	assert_non_null(strstr(text, "still here"));
	free(text);
}

/* stderr is a full pipe: nothing blocks, and the loss is told. */
static void
test_full_pipe(void **state)
{
	int p[2], keep = dup(STDERR_FILENO);
	char chunk[4096];
	ssize_t n;
	size_t got = 0;
	char *text = xcalloc(1, 1 << 20);

	(void)state;
	assert_int_equal(pipe(p), 0);
	assert_int_equal(dup2(p[1], STDERR_FILENO), STDERR_FILENO);
	close(p[1]);
	assert_int_equal(log_open(NULL), 0);
	for (int i = 0; i < 5000; i++)
		log_info("line %d of many that nobody reads", i);
	fcntl(p[0], F_SETFL, O_NONBLOCK);
	while ((n = read(p[0], chunk, sizeof(chunk))) > 0)
		got += (size_t)n;
	assert_true(got > 4096);
	log_info("last");
	n = read(p[0], text, (1 << 20) - 1);
	dup2(keep, STDERR_FILENO);
	close(keep);
	assert_true(n > 0);
	assert_matches(text, STAMP "WARNING [0-9]+ log lines were lost\n");
	assert_non_null(strstr(text, " INFO last\n"));
	close(p[0]);
	free(text);
}

/* A reader that went away ends nobody. */
static void
test_closed_pipe(void **state)
{
	int p[2], keep = dup(STDERR_FILENO);

	(void)state;
	assert_int_equal(pipe(p), 0);
	assert_int_equal(dup2(p[1], STDERR_FILENO), STDERR_FILENO);
	close(p[0]);
	close(p[1]);
	assert_int_equal(log_open(NULL), 0);
	log_info("into the void");
	dup2(keep, STDERR_FILENO);
	close(keep);
}

static void
test_full_disk(void **state)
{
	struct fixture *f = *state;
	char *text;

	assert_int_equal(log_open(f->path), 0);
	log_info("nothing is owed from an earlier test");
	assert_int_equal(truncate(f->path, 0), 0);
	assert_int_equal(log_open("/dev/full"), 0);
	for (int i = 0; i < 10; i++)
		log_info("line %d", i);
	assert_int_equal(log_open(f->path), 0);
	log_info("room again");
	text = slurp(f->path);
	assert_matches(text, STAMP "WARNING 10 log lines were lost\n");
	assert_non_null(strstr(text, " INFO room again\n"));
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_lines, setup, teardown),
		cmocka_unit_test_setup_teardown(test_long, setup, teardown),
		cmocka_unit_test_setup_teardown(test_rotation, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_full_pipe, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_closed_pipe, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_full_disk, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
