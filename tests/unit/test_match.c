/* SPDX-License-Identifier: ISC
 *
 * Words that match processes and containers.
 */
#include "model_help.h"

static void
test_match(void **state)
{
	static const struct {
		const char *words;
		bool want;
	} rows[] = {
		{ "", true },
		{ "   ", true },
		{ "postgres", true },
		{ "POSTGRES", true },
		{ "gres /9.", true },
		{ "/9. postgres", true },
		{ "  postgres\t/9.  ", true },
		{ "postgres mysql", false },
		{ "checkpointer", true },
		{ "postgresx", false },
		{ "1234", true },
		{ "123", false },
		{ "12345", false },
		{ "www", true },
		{ "/srv/db", true },
		{ "abcdef01", true },
		{ "role:db", true },
		{ "pg-comm", true },
		{ "\xe6\x97\xa5", true },
		{ "argument", false },
		{ "site:lab", true },
		{ "site:lab postgres", true },
		{ "site:labs", false },
		{ "web-1", true },
		{ "nginx:1.25", true },
		{ "feed0", true },
		{ "postgres namespace:web", true },
		{ "postgres namespace:db", false },
		{ "paused postgres", true },
		{ "HEALTHY", true },
		{ "health", false }, /* a state is a word, not a part */
		{ "running", false },
	};
	struct strview args[] = { sv("/usr/lib/postgresql/9.4/bin/postgres"),
		sv("Checkpointer"), sv("\xe6\x97\xa5\xe6\x9c\xac") };
	struct strview tags[] = { sv("env:prod"), sv("role:db") };
	struct rec_process rec = { .stat = { .pid = 1234,
				       .container_id = sv("abcdef0199") },
		.args = { args, COUNT(args) },
		.comm = sv("pg-comm"),
		.exe = sv("/usr/lib/postgresql/9.4/bin/postgres"),
		.cwd = sv("/srv/db"),
		.user = sv("www-data"),
		.tags = { tags, COUNT(tags) } };
	struct strview host_tag[] = { sv("site:lab") };
	struct strviews host_tags = { host_tag, 1 };
	struct strview box_tags[] = { sv("namespace:web") };
	struct rec_container box = { .stat = { .id = sv("feed0456"),
					 .state = CONTAINER_PAUSED,
					 .health = HEALTH_HEALTHY },
		.name = sv("Web-1"),
		.image = sv("lib/nginx:1.25"),
		.tags = { box_tags, 1 } };
	struct rec_process empty = { 0 };
	struct match match = { 0 };
	int failed = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		match_parse(&match, rows[i].words);
		if (match_process(&match, &rec, &box, &host_tags) ==
		    rows[i].want)
			continue;
		print_error("\"%s\": got %d, want %d\n", rows[i].words,
		    !rows[i].want, rows[i].want);
		failed++;
	}
	match_parse(&match, "x");
	assert_false(match_process(&match, &empty, NULL, &host_tags));
	match_parse(&match, "namespace:web");
	assert_false(match_process(&match, &rec, NULL, &host_tags));
	match_parse(&match, "postgres");
	match.container = sv("abcdef0199");
	assert_true(match_process(&match, &rec, NULL, &host_tags));
	match.container = sv("abcdef");
	assert_false(match_process(&match, &rec, NULL, &host_tags));
	assert_int_equal(failed, 0);
}

static void
test_match_container(void **state)
{
	static const struct {
		const char *words;
		bool want;
	} rows[] = {
		{ "", true },
		{ "web-1", true },
		{ "WEB nginx", true },
		{ "0123", true },
		{ "role:front site:lab", true },
		{ "role:back", false },
		{ "docker", false }, /* a type is no name */
		{ "dead", true },
		{ "unhealthy web", true },
		{ "healthy", false },
		{ "unknown", false },
	};
	struct strview tags[] = { sv("role:front") }, site = sv("site:lab");
	struct strviews host_tags = { &site, 1 };
	struct rec_container rec = { .stat = { .id = sv("feed0123"),
					 .state = CONTAINER_DEAD,
					 .health = HEALTH_UNHEALTHY },
		.type = sv("docker"),
		.name = sv("Web-1"),
		.image = sv("nginx"),
		.tags = { tags, 1 } };
	struct match match = { 0 };
	int failed = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		match_parse(&match, rows[i].words);
		if (match_container(&match, &rec, &host_tags) == rows[i].want)
			continue;
		print_error("\"%s\": got %d, want %d\n", rows[i].words,
		    !rows[i].want, rows[i].want);
		failed++;
	}
	assert_int_equal(failed, 0);
}

/* As many words as fit, and one that does not. */
static void
test_match_bounds(void **state)
{
	char text[LIMIT_MATCH * 4];
	struct match match = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = i % 2 == 0 ? 'a' : ' ';
	text[sizeof(text) - 1] = '\0';
	match_parse(&match, text);
	assert_int_equal(match.n, LIMIT_MATCH / 2);
	memset(text, 'a', sizeof(text) - 1);
	match_parse(&match, text);
	assert_int_equal(match.n, 1);
	assert_int_equal(match.words[0].len, LIMIT_MATCH);

	match_parse_args(&match, 0, NULL);
	assert_int_equal(match.n, 0);
	match_parse_args(
	    &match, 3, (char *[]){ "Two words", text, "past the end" });
	assert_int_equal(match.n, 3);
	assert_memory_equal(match.words[0].s, "two", 3);
	assert_int_equal(match.words[2].len, LIMIT_MATCH - 10);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_match),
		cmocka_unit_test(test_match_container),
		cmocka_unit_test(test_match_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
