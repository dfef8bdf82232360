/* SPDX-License-Identifier: ISC
 *
 * User names: the file first, NSS behind it, what is kept and for how long.
 * NSS is the test itself, and time is passed in.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/limits.h"
#include "common/log.h"
#include "taggerd/users.h"

#define S 1000000000ull /* ns */

struct bench {
	char dir[64];
	char path[96];
	struct users *users;
	uint32_t asked[LIMIT_USER_QUEUE]; /* uids, in order */
	unsigned n;
	unsigned most; /* questions taken */
};

static int
ask(void *arg, uint32_t uid)
{
	struct bench *b = arg;

	if (b->n >= b->most)
		return -1;
	b->asked[b->n++] = uid;
	return 0;
}

static void
write_file(const struct bench *b, const char *text)
{
	char temporary[128];
	FILE *f;

	snprintf(temporary, sizeof(temporary), "%s.new", b->path);
	f = fopen(temporary, "w");
	assert_non_null(f);
	assert_int_equal(fputs(text, f) < 0, 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(rename(temporary, b->path), 0);
}

static int
setup(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));

	assert_non_null(b);
	strcpy(b->dir, "/tmp/test_users.XXXXXX");
	assert_non_null(mkdtemp(b->dir));
	snprintf(b->path, sizeof(b->path), "%s/passwd", b->dir);
	b->most = LIMIT_USER_QUEUE;
	write_file(b, "root:x:0:0:::\nada:x:1000:1000:::\n");
	b->users = users_new(b->path, ask, b);
	users_refresh(b->users, S);
	*state = b;
	return 0;
}

static int
teardown(void **state)
{
	struct bench *b = *state;

	users_free(b->users);
	unlink(b->path);
	rmdir(b->dir);
	free(b);
	return 0;
}

static void
check_name(struct bench *b, uint32_t uid, const char *want)
{
	struct strview got = users_name(b->users, uid);

	if (got.len == strlen(want) &&
	    memcmp(got.len > 0 ? got.s : "", want, got.len) == 0)
		return;
	fail_msg("uid %u: got \"%.*s\", want \"%s\"", uid, (int)got.len, got.s,
	    want);
}

static void
check_state(struct bench *b, const char *want)
{
	struct source s = users_source(b->users);
	char got[256];

	s.state(s.self, got, sizeof(got));
	if (strstr(got, want) == NULL)
		fail_msg("state: got \"%s\", want \"%s\" in it", got, want);
}

static void
test_file(void **state)
{
	struct bench *b = *state;

	check_name(b, 0, "root");
	check_name(b, 1000, "ada");
	assert_int_equal(b->n, 0);
	check_state(b, "ok: 2 from ");
}

/* Replaced, edited in place, gone, and back. */
static void
test_file_changes(void **state)
{
	struct bench *b = *state;
	FILE *f;

	write_file(b, "root:x:0:0:::\neve:x:1000:1000:::\n");
	check_name(b, 1000, "ada"); /* not before the next look */
	users_refresh(b->users, 2 * S);
	check_name(b, 1000, "eve");

	f = fopen(b->path, "a");
	assert_non_null(f);
	fputs("bob:x:1001:1001:::\n", f);
	fclose(f);
	users_refresh(b->users, 3 * S);
	check_name(b, 1001, "bob");

	unlink(b->path);
	users_refresh(b->users, 4 * S);
	check_state(b, "failing: ");
	check_name(b, 1001, "bob"); /* better than nothing */

	write_file(b, "joe:x:1001:1001:::\n");
	users_refresh(b->users, 5 * S);
	check_state(b, "ok: 1 from ");
	check_name(b, 1001, "joe");
}

/* What is no passwd file is not read, and does not make us wait. */
static void
test_no_file(void **state)
{
	struct bench *b = *state;

	unlink(b->path);
	assert_int_equal(mkfifo(b->path, 0600), 0);
	users_refresh(b->users, 2 * S);
	check_state(b, "failing: ");
	check_name(b, 1000, "ada");

	unlink(b->path);
	write_file(b, "");
	assert_int_equal(truncate(b->path, LIMIT_PASSWD_FILE + 1), 0);
	users_refresh(b->users, 3 * S);
	check_state(b, "failing: ");
}

static void
test_nss(void **state)
{
	struct bench *b = *state;

	check_name(b, 5000, "");
	check_name(b, 5000, "");
	assert_int_equal(b->n, 1); /* one question, not two */
	assert_int_equal(b->asked[0], 5000);
	check_state(b, "0 by NSS, 1 waiting");
	users_answer(b->users, 5000, "ldap");
	check_name(b, 5000, "ldap");
	check_state(b, "1 by NSS, 0 waiting");

	/* It is asked again when its time is over, and used until then. */
	users_refresh(b->users, S + LIMIT_USER_TTL * S - 1);
	check_name(b, 5000, "ldap");
	assert_int_equal(b->n, 1);
	users_refresh(b->users, S + LIMIT_USER_TTL * S);
	check_name(b, 5000, "ldap");
	assert_int_equal(b->n, 2);
	users_answer(b->users, 5000, NULL);
	check_name(b, 5000, "");
	check_state(b, "0 by NSS, 0 waiting"); /* a miss is no name */

	/* A miss is not for ever. */
	users_refresh(b->users, S + (LIMIT_USER_TTL + LIMIT_USER_MISS_TTL) * S);
	check_name(b, 5000, "");
	assert_int_equal(b->n, 3);
	users_answer(b->users, 5000, "back");
	check_name(b, 5000, "back");
}

/* The file wins over what NSS said before. */
static void
test_file_wins(void **state)
{
	struct bench *b = *state;

	check_name(b, 5000, "");
	users_answer(b->users, 5000, "ldap");
	write_file(b, "local:x:5000:1:::\n");
	users_refresh(b->users, 2 * S);
	check_name(b, 5000, "local");
}

static void
test_bad_answers(void **state)
{
	struct bench *b = *state;
	char name[LIMIT_USER_NAME + 2];

	memset(name, 'a', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	users_answer(b->users, 7, name); /* too long, and never asked for */
	check_name(b, 7, "");
	name[LIMIT_USER_NAME] = '\0';
	users_answer(b->users, 7, name);
	check_name(b, 7, name);
	users_answer(b->users, 7, "");
	check_name(b, 7, "");
	check_state(b, "0 waiting");
}

/* A question that was not taken is asked again the next time. */
static void
test_queue_full(void **state)
{
	struct bench *b = *state;

	b->most = 1;
	check_name(b, 5000, "");
	check_name(b, 5001, "");
	check_state(b, "1 waiting");
	b->most = 2;
	check_name(b, 5001, "");
	assert_int_equal(b->n, 2);
	assert_int_equal(b->asked[1], 5001);
}

/* HOST_ETC: only that file counts. */
static void
test_foreign(void **state)
{
	struct bench *b = *state;

	users_free(b->users);
	b->users = users_new(b->path, NULL, NULL);
	users_refresh(b->users, S);
	check_name(b, 1000, "ada");
	check_name(b, 5000, "");
	check_state(b, "0 waiting");
}

/* More uids than the cache may hold: it starts anew and still answers. */
static void
test_bounded(void **state)
{
	struct bench *b = *state;
	char want[16];
	uint32_t uid;

	for (uid = 100000; uid < 100000 + LIMIT_USERS + 100; uid++) {
		snprintf(want, sizeof(want), "u%u", uid);
		users_answer(b->users, uid, want);
		check_name(b, uid, want);
	}
	check_state(b, " 100 by NSS");
}

static void
test_tag(void **state)
{
	struct bench *b = *state;
	struct source s = users_source(b->users);
	struct rec_process p = { .uid = 1000 };
	struct tagset tags = { .n = 0 };

	s.tag_process(s.self, &p, &tags);
	assert_int_equal(p.user.len, 3);
	assert_memory_equal(p.user.s, "ada", 3);
	assert_int_equal(tags.n, 1);
	assert_int_equal(tags.v[0].len, 8);
	assert_memory_equal(tags.v[0].s, "user:ada", 8);

	p.uid = 5000;
	tags.n = 0;
	s.tag_process(s.self, &p, &tags);
	assert_int_equal(p.user.len, 0);
	assert_int_equal(tags.n, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_file),
		TEST(test_file_changes),
		TEST(test_no_file),
		TEST(test_nss),
		TEST(test_file_wins),
		TEST(test_bad_answers),
		TEST(test_queue_full),
		TEST(test_foreign),
		TEST(test_bounded),
		TEST(test_tag),
	};

	log_set_level(LOG_LEVEL_CRITICAL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
