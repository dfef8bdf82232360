/* SPDX-License-Identifier: ISC
 *
 * Dropping privileges, each time in a child: what is left afterwards, also
 * where root was given only some capabilities, or a user was given any.
 */
#include <grp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/priv.h"

#define NOBODY       65534
#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* Writes "got, want" when they differ. Returns whether they do. */
static int
differs(const char *what, long long got, long long want)
{
	if (got == want)
		return 0;
	fprintf(stderr, "%s: got %lld, want %lld\n", what, got, want);
	return 1;
}

/* How many capabilities are in one of our sets, past `keep`. */
static int
count_caps(cap_flag_t flag, cap_value_t keep)
{
	cap_t caps = cap_get_proc();
	cap_flag_value_t have;
	cap_value_t cap;
	int n = 0;

	for (cap = 0; cap_get_flag(caps, cap, flag, &have) == 0; cap++)
		n += have == CAP_SET && cap != keep;
	cap_free(caps);
	return n;
}

static int
count_bound(void)
{
	cap_value_t cap;
	int n = 0;

	for (cap = 0; cap_get_bound(cap) >= 0; cap++)
		n += cap_get_bound(cap) == 1;
	return n;
}

static int
count_ambient(void)
{
	cap_value_t cap;
	int n = 0;

	for (cap = 0; cap_get_ambient(cap) >= 0; cap++)
		n += cap_get_ambient(cap) == 1;
	return n;
}

/* What holds after every priv_drop() that kept `keep`, if it had it. */
static int
check_dropped(cap_value_t keep, bool had)
{
	struct rlimit core;
	int bad = 0;

	getrlimit(RLIMIT_CORE, &core);
	bad += differs("uid", getuid(), NOBODY);
	bad += differs("euid", geteuid(), NOBODY);
	bad += differs("gid", getegid(), NOBODY);
	bad += differs("groups", getgroups(0, NULL), 0);
	bad += differs("kept", priv_has_cap(keep), had);
	bad += differs("effective", count_caps(CAP_EFFECTIVE, keep), 0);
	bad += differs("permitted", count_caps(CAP_PERMITTED, keep), 0);
	bad += differs("inheritable", count_caps(CAP_INHERITABLE, -1), 0);
	bad += differs("ambient", count_ambient(), 0);
	bad += differs(
	    "no_new_privs", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 1);
	bad += differs("dumpable", prctl(PR_GET_DUMPABLE), 0);
	bad += differs("core", (long long)core.rlim_max, 0);
	bad += differs("root again", setuid(0), -1);
	return bad;
}

/* Takes one capability out of all our sets but the bounding one. */
static void
lose(cap_value_t cap)
{
	cap_t caps = cap_get_proc();

	cap_set_flag(caps, CAP_PERMITTED, 1, &cap, CAP_CLEAR);
	cap_set_flag(caps, CAP_EFFECTIVE, 1, &cap, CAP_CLEAR);
	cap_set_proc(caps);
	cap_free(caps);
}

static const struct priv to_nobody = {
	.drop = true, .uid = NOBODY, .gid = NOBODY
};

static int
all_of_root(void)
{
	const int keep[] = { CAP_SYS_PTRACE, -1 };
	int bad;

	priv_drop(&to_nobody, keep);
	bad = check_dropped(CAP_SYS_PTRACE, true);
	return bad + differs("bounding set", count_bound(), 0);
}

static int
root_without_ptrace(void)
{
	const int keep[] = { CAP_SYS_PTRACE, -1 };

	lose(CAP_SYS_PTRACE);
	priv_drop(&to_nobody, keep);
	return check_dropped(CAP_SYS_PTRACE, false);
}

static int
root_without_setpcap(void)
{
	const int keep[] = { CAP_SYS_PTRACE, -1 };

	lose(CAP_SETPCAP);
	priv_drop(&to_nobody, keep);
	return check_dropped(CAP_SYS_PTRACE, true);
}

/* A supervisor may start us as a user, with capabilities that pass exec. */
static int
user_with_ambient(void)
{
	const cap_value_t given[] = { CAP_SYS_PTRACE, CAP_NET_ADMIN };
	const struct priv stay = { .uid = NOBODY, .gid = NOBODY };
	const int keep[] = { CAP_SYS_PTRACE, -1 };
	cap_t caps = cap_init();

	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == -1 ||
	    setgroups(0, NULL) == -1 || setgid(NOBODY) == -1 ||
	    setuid(NOBODY) == -1)
		return 1;
	cap_set_flag(caps, CAP_PERMITTED, 2, given, CAP_SET);
	cap_set_flag(caps, CAP_EFFECTIVE, 2, given, CAP_SET);
	cap_set_flag(caps, CAP_INHERITABLE, 2, given, CAP_SET);
	if (cap_set_proc(caps) == -1 ||
	    cap_set_ambient(CAP_NET_ADMIN, CAP_SET) == -1)
		return 1;
	cap_free(caps);
	priv_drop(&stay, keep);
	return check_dropped(CAP_SYS_PTRACE, true);
}

static const struct {
	const char *name;
	int (*run)(void);
} cases[] = {
	{ "all of root", all_of_root },
	{ "root without CAP_SYS_PTRACE", root_without_ptrace },
	{ "root without CAP_SETPCAP", root_without_setpcap },
	{ "a user with ambient capabilities", user_with_ambient },
};

static void
test_drop(void **state)
{
	size_t i;

	(void)state;
	if (getuid() != 0 || !priv_has_cap(CAP_SETPCAP))
		skip();
	for (i = 0; i < COUNT(cases); i++) {
		pid_t pid = fork();
		int status;

		assert_int_not_equal(pid, -1);
		if (pid == 0)
			_exit(cases[i].run());
		assert_int_equal(waitpid(pid, &status, 0), pid);
		if (status != 0)
			fail_msg("%s: got status %#x, want 0", cases[i].name,
			    (unsigned)status);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_drop) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
