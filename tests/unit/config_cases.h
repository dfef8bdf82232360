/* SPDX-License-Identifier: ISC
 *
 * Runs one case of the configuration's tests: a file and an environment in,
 * the exact report and lines of config_print() out.
 */
#ifndef TESTS_CONFIG_CASES_H
#define TESTS_CONFIG_CASES_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/config.h"
#include "common/log.h"

#define MAX_ENV 6

struct config_case {
	const char *name;
	enum program program;
	const char *file; /* text of datadog.conf; NULL: there is none */
	const char *env[MAX_ENV];
	const char *report; /* all that is reported, exactly */
	const char *values; /* lines of config_print(); NULL: it must fail */
};

/* A new directory, and in it datadog.conf with these bytes. */
static inline char *
config_case_write(const char *text, size_t len)
{
	char *path = xcalloc(1, 64);
	FILE *f;

	strcpy(path, "/tmp/config-XXXXXX");
	assert_non_null(mkdtemp(path));
	strcat(path, "/datadog.conf");
	if (text == NULL)
		return path;
	f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fwrite(text, 1, len, f) == len);
	fclose(f);
	return path;
}

static inline void
config_case_remove(char *path)
{
	unlink(path);
	*strrchr(path, '/') = '\0';
	rmdir(path);
	free(path);
}

/* Loads; *report is what was reported, owned by the caller. */
static inline struct config *
config_case_load(
    enum program program, const char *path, char *const *env, char **report)
{
	size_t size;
	FILE *out = open_memstream(report, &size);
	struct config *config = config_load(program, path, env, out);

	fclose(out);
	return config;
}

static inline char *
config_case_print(const struct config *config, enum program program)
{
	size_t size;
	char *text;
	FILE *out = open_memstream(&text, &size);

	config_print(config, program, out);
	fclose(out);
	return text;
}

/* Whether `line` of len bytes is a whole line of text. */
static inline int
config_case_has_line(const char *text, const char *line, size_t len)
{
	for (; *text != '\0'; text += strcspn(text, "\n") + 1)
		if (strcspn(text, "\n") == len && memcmp(text, line, len) == 0)
			return 1;
	return 0;
}

/* Returns how many things are not as wanted, and prints them. */
static inline int
config_case_run(const struct config_case *c)
{
	char *path = config_case_write(
	    c->file, c->file != NULL ? strlen(c->file) : 0);
	char *env[MAX_ENV + 1] = { 0 }, *report, *print = NULL;
	const char *want = c->report != NULL ? c->report : "";
	struct config *config;
	int bad = 0;

	for (int i = 0; i < MAX_ENV && c->env[i] != NULL; i++)
		env[i] = xstrdup(c->env[i]);
	config = config_case_load(c->program, path, env, &report);
	if (strcmp(report, want) != 0) {
		print_error(
		    "%s: report\n got: %s\nwant: %s\n", c->name, report, want);
		bad++;
	}
	if ((config != NULL) != (c->values != NULL)) {
		print_error("%s: got %s\n", c->name,
		    config != NULL ? "success, want failure"
				   : "failure, want success");
		bad++;
	}
	if (config != NULL && c->values != NULL)
		print = config_case_print(config, c->program);
	for (const char *p = c->values; print != NULL && *p != '\0';) {
		size_t len = strcspn(p, "\n");

		if (!config_case_has_line(print, p, len)) {
			print_error("%s: no line\nwant: %.*s\n in:\n%s\n",
			    c->name, (int)len, p, print);
			bad++;
		}
		p += len + (p[len] == '\n');
	}
	config_free(config);
	for (int i = 0; i < MAX_ENV; i++)
		free(env[i]);
	free(report);
	free(print);
	config_case_remove(path);
	return bad;
}

static inline int
config_cases_run(const struct config_case *cases, size_t n)
{
	int bad = 0;

	for (size_t i = 0; i < n; i++)
		bad += config_case_run(&cases[i]);
	return bad;
}

#define CONFIG_CASES_RUN(cases) \
	assert_int_equal(       \
	    config_cases_run(cases, sizeof(cases) / sizeof(*(cases))), 0)

#endif
