/* SPDX-License-Identifier: ISC
 *
 * Which of the containers that nobody knows are sandboxes: lists and misses
 * one after the other, on a clock of the test's own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/clock.h"
#include "common/limits.h"
#include "taggerd/sandboxes.h"

#define S        CLOCK_NS_PER_S
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/*
 * One step of a story, at `at` s. miss: "id@pod", with one blank between
 * several. list: pods, each with its containers behind it, "p1:a,b"; one that
 * is not settled ends with '?'. want: the sandboxes of the list.
 */
struct step {
	const char *what;
	unsigned at;
	const char *miss;
	const char *list;
	const char *want;
};

static const struct step steps[] = {
	{ "the only one is it", 1, "sand@p1", "p1:a", "sand " },
	{ "and stays it", 5, "", "p1:a", "sand " },
	{ "also while a container starts", 6, "", "p1:a?", "sand " },
	{ "one that took another's place is none", 7, "b@p1", "p1:a", "sand " },
	{ "as the list says at last", 9, "", "p1:b", "sand " },
	{ "not before the pod is settled", 20, "s2@p2", "p1:b p2:?", "sand " },
	{ "nor while it starts", 21, "", "p1:b p2:x?", "sand " },
	{ "but then", 22, "", "p1:b p2:x,y", "sand s2 " },
	{ "of two at once neither", 30, "t1@p3 t2@p3", "p3:a", "" },
	{ "until one is listed", 31, "", "p3:a,t1", "t2 " },
	{ "of two for long both", 40, "u1@p4 u2@p4", "p4:a", "" },
	{ "as they are never listed", 50, "", "p4:a", "u1 u2 " },
	{ "of a pod that is not listed", 51, "v@p5", "", "" },
	{ "which appears", 53, "", "p5:a", "v " },
	{ "systemd's way to write a uid", 60, "w@a_b", "a-b:c", "w " },
	{ "a container on its own", 61, "x@", "a-b:c", "w " },
	{ "all of them, once more", 62, "sand@p1 w@a-b", "a-b:c p1:b",
	    "sand w " },
	{ "long gone pods are forgotten", 1000, "", "a-b:c", "w " },
	{ "even if they come back", 1001, "", "a-b:c p1:b", "w " },
};

static void
on_sandbox(struct strview id, struct strview pod_uid, void *arg)
{
	char *got = arg;
	size_t len = strlen(got);

	assert_true(pod_uid.len > 0);
	snprintf(got + len, 256 - len, "%.*s ", (int)id.len, id.s);
}

static void
miss(struct sandboxes *sandboxes, const char *text, uint64_t now)
{
	const char *at, *end;

	for (; *text != '\0'; text = *end == ' ' ? end + 1 : end) {
		at = strchr(text, '@');
		end = at + strcspn(at, " ");
		sandboxes_miss(sandboxes,
		    (struct strview){ text, (uint32_t)(at - text) },
		    (struct strview){ at + 1, (uint32_t)(end - at - 1) }, now);
	}
}

static void
list(struct sandboxes *sandboxes, const char *text)
{
	size_t len;
	const char *uid;
	uint32_t uid_len;

	while (*text != '\0') {
		uid = text;
		uid_len = (uint32_t)strcspn(text, ":");
		text += uid_len + 1;
		while ((len = strcspn(text, ",? ")) > 0) {
			sandboxes_take_container(
			    sandboxes, (struct strview){ text, (uint32_t)len });
			text += len;
			if (*text == ',')
				text++;
			else
				break;
		}
		sandboxes_take_pod(
		    sandboxes, (struct strview){ uid, uid_len }, *text != '?');
		text += strspn(text, "? ");
	}
}

static void
test_story(void **state)
{
	struct sandboxes *sandboxes = sandboxes_new();
	char got[256];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(steps); i++) {
		miss(sandboxes, steps[i].miss, steps[i].at * S);
		sandboxes_begin(sandboxes);
		list(sandboxes, steps[i].list);
		got[0] = '\0';
		sandboxes_end(sandboxes, steps[i].at * S, on_sandbox, got);
		if (strcmp(got, steps[i].want) == 0)
			continue;
		print_error("%s: got \"%s\", want \"%s\"\n", steps[i].what, got,
		    steps[i].want);
		fail();
	}
	sandboxes_free(sandboxes);
}

/* A list that broke off leaves nothing behind. */
static void
test_broken_list(void **state)
{
	struct sandboxes *sandboxes = sandboxes_new();
	char got[256] = "";

	(void)state;
	miss(sandboxes, "a@p", S);
	sandboxes_begin(sandboxes);
	list(sandboxes, "p:a");
	sandboxes_begin(sandboxes);
	list(sandboxes, "p:b");
	sandboxes_end(sandboxes, 2 * S, on_sandbox, got);
	assert_string_equal(got, "a ");
	sandboxes_free(sandboxes);
}

static void
count_sandbox(struct strview id, struct strview pod_uid, void *arg)
{
	(void)id;
	(void)pod_uid;
	++*(unsigned *)arg;
}

static void
test_bounds(void **state)
{
	struct sandboxes *sandboxes = sandboxes_new();
	char long_id[LIMIT_CONTAINER_ID + 2];
	char text[64];
	unsigned n = 0, i;

	(void)state;
	memset(long_id, 'a', sizeof(long_id));
	sandboxes_miss(sandboxes, (struct strview){ long_id, sizeof(long_id) },
	    SV("p1"), S);
	sandboxes_miss(sandboxes, SV("a"),
	    (struct strview){ long_id, LIMIT_POD_UID + 1 }, S);
	for (i = 0; i < LIMIT_SANDBOXES + 10; i++) {
		snprintf(text, sizeof(text), "s%u@p%u", i, i);
		miss(sandboxes, text, S);
	}
	sandboxes_begin(sandboxes);
	sandboxes_take_container(
	    sandboxes, (struct strview){ long_id, sizeof(long_id) });
	sandboxes_take_pod(
	    sandboxes, (struct strview){ long_id, LIMIT_POD_UID + 1 }, true);
	for (i = 0; i < LIMIT_SANDBOXES + 10; i++) {
		snprintf(text, sizeof(text), "p%u", i);
		sandboxes_take_pod(sandboxes, strview_of(text), true);
	}
	sandboxes_end(sandboxes, S, count_sandbox, &n);
	assert_int_equal(n, LIMIT_SANDBOXES);
	sandboxes_free(sandboxes);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_story),
		cmocka_unit_test(test_broken_list),
		cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
