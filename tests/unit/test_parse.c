/* SPDX-License-Identifier: ISC
 *
 * The parsers of /proc/PID: what the kernels of many years write, what a
 * process can put into it, and text that is no kernel's. Every text is
 * parsed from memory that ends where it ends, so that a sanitizer sees a
 * read past it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "collectord/parse.h"

#define COUNT(a)      (sizeof(a) / sizeof((a)[0]))
#define TEXT(literal) (literal), sizeof(literal) - 1

static int bad; /* cases that went wrong in the test under way */

/* A copy with nothing readable behind it. Owned by the caller. */
static char *
exact(const char *text, size_t len)
{
	char *copy = malloc(len == 0 ? 1 : len);

	if (len > 0)
		memcpy(copy, text, len);
	return copy;
}

static void
check(const char *what, const char *field, long long want, long long got)
{
	if (want == got)
		return;
	print_message("%s: %s: want %lld, got %lld\n", what, field, want, got);
	bad++;
}

static void
check_text(const char *what, const char *want, struct strview got)
{
	if (got.len == strlen(want) &&
	    (got.len == 0 || memcmp(got.s, want, got.len) == 0))
		return;
	print_message(
	    "%s: want [%s], got [%.*s]\n", what, want, (int)got.len, got.s);
	bad++;
}

/* All numbers differ, so that no field can stand for another. */
#define TAIL                                                                 \
	" S 5 6 7 8 -1 4194304 10 11 12 13 140 150 16 17 20 -5 190 0 22000 " \
	"2300000 240 18446744073709551615 26 27 28 29 30 31 32 33 34 35 36 " \
	"37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52\n"
/* As Linux 2.6.8 ends: no field of the addresses. */
#define OLD_TAIL                                                             \
	" S 5 6 7 8 -1 4194304 10 11 12 13 140 150 16 17 20 -5 190 0 22000 " \
	"2300000 240 4294967295 26 27 28 29 30 31 32 33 34 35 36 37 38\n"

static void
test_stat(void **state)
{
	static const struct {
		const char *what;
		const char *text;
		size_t len;
		const char *comm; /* NULL: refused */
	} table[] = {
		{ "plain", TEXT("4 (cat)" TAIL), "cat" },
		{ "old kernel", TEXT("4 (cat)" OLD_TAIL), "cat" },
		{ "no newline",
		    TEXT("4 (c) S 5 6 7 8 -1 4194304 10 11 12 13 "
			 "140 150 16 17 20 -5 190 0 22000 2300000 "
			 "240"),
		    "c" },
		{ "empty name", TEXT("4 ()" TAIL), "" },
		{ "a name like fields", TEXT("4 (x) R 1)" TAIL), "x) R 1" },
		{ "parentheses", TEXT("4 ((((a)) b()" TAIL), "(((a)) b(" },
		{ "newlines", TEXT("4 (a\n1 (b) S\n)" TAIL), "a\n1 (b) S\n" },
		{ "bytes", TEXT("4 (\xff\x1b[2J\t)" TAIL), "\xff\x1b[2J\t" },
		{ "kernel thread", TEXT("4 (kworker/u8:2-events_unbound)" TAIL),
		    "kworker/u8:2-events_unbound" },
		{ "empty", TEXT(""), NULL },
		{ "only a pid", TEXT("4"), NULL },
		{ "no name", TEXT("4 S 1 2"), NULL },
		{ "no end of name", TEXT("4 (cat S 1 2"), NULL },
		{ "no state", TEXT("4 (cat)"), NULL },
		{ "no state but a space", TEXT("4 (cat) "), NULL },
		{ "cut short", TEXT("4 (c) S 5 6 7 8 -1 4194304 10 11 12"),
		    NULL },
		{ "cut before rss",
		    TEXT("4 (c) S 5 6 7 8 -1 4194304 10 11 12 13 140 150 16 "
			 "17 20 -5 190 0 22000 2300000 "),
		    NULL },
		{ "a letter among the numbers",
		    TEXT("4 (c) S 5 6 7 8 -1 4194304 10 11 x 13 140 150 16 17 "
			 "20 -5 190 0 22000 2300000 240"),
		    NULL },
		{ "negative pid", TEXT("-4 (cat)" TAIL), NULL },
		{ "huge pid", TEXT("99999999999 (cat)" TAIL), NULL },
		{ "NULs", TEXT("\0\0\0\0\0\0\0\0"), NULL },
	};
	size_t i;

	(void)state;
	bad = 0;
	for (i = 0; i < COUNT(table); i++) {
		char *text = exact(table[i].text, table[i].len);
		const char *what = table[i].what;
		struct parse_stat st;
		int rc = parse_stat(text, table[i].len, &st);

		check(what, "rc", table[i].comm == NULL ? -1 : 0, rc);
		if (rc == 0 && table[i].comm != NULL) {
			check_text(what, table[i].comm, st.comm);
			check(what, "state", 'S', st.state);
			check(what, "pid", 4, st.pid);
			check(what, "ppid", 5, st.ppid);
			check(what, "pgrp", 6, st.pgrp);
			check(what, "flags", 4194304, (long long)st.flags);
			check(what, "utime", 140, (long long)st.utime);
			check(what, "stime", 150, (long long)st.stime);
			check(what, "priority", 20, st.priority);
			check(what, "nice", -5, st.nice);
			check(what, "threads", 190, st.threads);
			check(what, "start", 22000, (long long)st.starttime);
			check(what, "vsize", 2300000, (long long)st.vsize);
			check(what, "rss", 240, (long long)st.rss);
		}
		free(text);
	}
	assert_int_equal(bad, 0);
}

static void
test_stat_extremes(void **state)
{
	static const char text[] =
	    "2147483647 (c) Z 99999999999 -99999999999 7 8 -1 2097216 10 11 "
	    "12 13 18446744073709551615 99999999999999999999999 16 17 -100 "
	    "19 99999999999 0 22 23 -1 25 1 1 0";
	static const char negative[] = "4 (c) S 5 6 7 8 -1 9 10 11 12 13 14 15 "
				       "16 17 20 0 -190 0 220 2300 240";
	struct parse_stat st;

	(void)state;
	bad = 0;
	assert_int_equal(parse_stat(text, sizeof(text) - 1, &st), 0);
	check("extremes", "pid", INT32_MAX, st.pid);
	check("extremes", "ppid", INT32_MAX, st.ppid);
	check("extremes", "pgrp", INT32_MIN, st.pgrp);
	check("extremes", "priority", -100, st.priority);
	check("extremes", "threads", INT32_MAX, st.threads);
	check("extremes", "rss", 0, (long long)st.rss);
	assert_true(st.utime == UINT64_MAX && st.stime == UINT64_MAX);
	assert_true(parse_is_kthread(&st));
	assert_int_equal(parse_stat(negative, sizeof(negative) - 1, &st), 0);
	check("negative", "threads", 0, st.threads);
	assert_int_equal(bad, 0);
}

/* The key moves with the addresses and with nothing else. */
static void
test_exec_key(void **state)
{
	static const char *const changed[] = { " 26 27 28 ", " 1 27 28 ",
		" 26 1 28 ", " 26 27 1 ", " 48 49 50 51 ", " 1 49 50 51 ",
		" 48 1 50 51 ", " 48 49 1 51 ", " 48 49 50 1 " };
	static const size_t groups[] = { 0, 0, 0, 0, 4, 4, 4, 4, 4 };
	char text[512];
	struct parse_stat st, other;
	size_t i;

	(void)state;
	assert_int_equal(parse_stat(TEXT("4 (cat)" TAIL), &st), 0);
	for (i = 0; i < COUNT(changed); i++) {
		const char *from = changed[groups[i]], *at;

		at = strstr(TAIL, from);
		assert_non_null(at);
		snprintf(text, sizeof(text), "9 (dog)%.*s%s%s",
		    (int)(at - TAIL), TAIL, changed[i], at + strlen(from));
		assert_int_equal(parse_stat(text, strlen(text), &other), 0);
		assert_int_equal(other.exec_key == st.exec_key, i == groups[i]);
	}
}

static void
test_state(void **state)
{
	static const struct {
		char letter;
		enum process_state want;
	} table[] = {
		{ 'R', STATE_RUNNING },
		{ 'S', STATE_SLEEPING },
		{ 'I', STATE_SLEEPING },
		{ 'D', STATE_DISK_SLEEP },
		{ 'T', STATE_STOPPED },
		{ 't', STATE_STOPPED },
		{ 'W', STATE_PAGING },
		{ 'X', STATE_DEAD },
		{ 'x', STATE_DEAD },
		{ 'Z', STATE_ZOMBIE },
		{ 'K', STATE_UNKNOWN },
		{ '\0', STATE_UNKNOWN },
	};
	size_t i;

	(void)state;
	bad = 0;
	for (i = 0; i < COUNT(table); i++)
		check("state", (char[]){ table[i].letter, '\0' }, table[i].want,
		    parse_state(table[i].letter));
	assert_int_equal(bad, 0);
}

static void
test_status(void **state)
{
	static const char text[] =
	    "Name:\tcat\\nUid:\t7\nUmask:\t0022\nState:\tR (running)\n"
	    "Tgid:\t900\nPid:\t900\nPPid:\t1\nUid:\t1\t2\t3\t4\n"
	    "Gid:\t5\t6\t7\t8\nGroups:\t9 \nNStgid:\t900\t90\t9\n"
	    "NSpid:\t900\t90\t9\nNSpgid:\t900\t90\t9\nVmPeak:\t  1 kB\n"
	    "VmSize:\t    3060 kB\nVmHWM:\t  1 kB\nVmRSS:\t   11 kB\n"
	    "RssAnon:\t   1 kB\nRssFile:\t   12 kB\nRssShmem:\t   13 kB\n"
	    "VmData:\t   14 kB\nVmStk:\t   1 kB\nVmExe:\t   15 kB\n"
	    "VmLib:\t   16 kB\nVmPTE:\t   1 kB\nVmSwap:\t   17 kB\n"
	    "Threads:\t18\nvoluntary_ctxt_switches:\t19\n"
	    "nonvoluntary_ctxt_switches:\t20\n";
	char *copy = exact(text, sizeof(text) - 1);
	struct parse_status st;

	(void)state;
	bad = 0;
	assert_int_equal(parse_status(copy, sizeof(text) - 1, &st), 0);
	check("status", "present", 0x3fff, st.present);
	check("status", "uid", 1, st.uid);
	check("status", "euid", 2, st.euid);
	check("status", "suid", 3, st.suid);
	check("status", "gid", 5, st.gid);
	check("status", "egid", 6, st.egid);
	check("status", "sgid", 7, st.sgid);
	check("status", "vmsize", 3060 * 1024, (long long)st.vmsize);
	check("status", "vmrss", 11 * 1024, (long long)st.vmrss);
	check("status", "rssfile", 12 * 1024, (long long)st.rssfile);
	check("status", "rssshmem", 13 * 1024, (long long)st.rssshmem);
	check("status", "vmdata", 14 * 1024, (long long)st.vmdata);
	check("status", "vmexe", 15 * 1024, (long long)st.vmexe);
	check("status", "vmlib", 16 * 1024, (long long)st.vmlib);
	check("status", "vmswap", 17 * 1024, (long long)st.vmswap);
	check("status", "threads", 18, st.threads);
	check("status", "nspid", 9, st.nspid);
	check("status", "voluntary", 19, (long long)st.voluntary_ctxt);
	check("status", "nonvoluntary", 20, (long long)st.nonvoluntary_ctxt);
	assert_int_equal(bad, 0);
	free(copy);
}

static void
test_status_partial(void **state)
{
	static const struct {
		const char *what;
		const char *text;
		size_t len;
		int rc;
		uint32_t present;
		uint32_t uid;
		uint64_t vmrss;
	} table[] = {
		{ "only a uid", TEXT("Uid:\t1\t1\t1\t1\n"), 0, STATUS_UID, 1,
		    0 },
		{ "no newline", TEXT("Uid:\t1"), 0, STATUS_UID, 1, 0 },
		{ "another order", TEXT("VmRSS: 2 kB\nThreads: 1\nUid: 3\n"), 0,
		    STATUS_UID | STATUS_VMRSS | STATUS_THREADS, 3, 2048 },
		{ "a name with a newline in it",
		    TEXT("Name:\tx\nUid:\t7\nVmRSS:\t9 kB\nUid:\t1\n"
			 "VmRSS:\t2 kB\n"),
		    0, STATUS_UID | STATUS_VMRSS, 1, 2048 },
		{ "fields not at the start of a line",
		    TEXT("Uid:\t1\nName:\tVmRSS: 9\n VmRSS: 9\nxVmRSS: 9\n"), 0,
		    STATUS_UID, 1, 0 },
		{ "saturates",
		    TEXT("Uid: 99999999999\nVmRSS: 99999999999999999999 kB\n"),
		    0, STATUS_UID | STATUS_VMRSS, UINT32_MAX, UINT64_MAX },
		{ "kB that saturate only as bytes",
		    TEXT("Uid: 1\nVmRSS: 18446744073709551615 kB\n"), 0,
		    STATUS_UID | STATUS_VMRSS, 1, UINT64_MAX },
		{ "no number", TEXT("Uid:\tx\nVmRSS:\nThreads: 1\n"), -1,
		    STATUS_THREADS, 0, 0 },
		{ "empty lines", TEXT("\n\nUid: 1\n\n"), 0, STATUS_UID, 1, 0 },
		{ "empty", TEXT(""), -1, 0, 0, 0 },
		{ "no uid", TEXT("VmRSS:\t2 kB\n"), -1, STATUS_VMRSS, 0, 2048 },
		{ "a uid cut before its number", TEXT("Uid:"), -1, 0, 0, 0 },
		{ "NULs", TEXT("\0\0\0\0"), -1, 0, 0, 0 },
	};
	size_t i;

	(void)state;
	bad = 0;
	for (i = 0; i < COUNT(table); i++) {
		char *text = exact(table[i].text, table[i].len);
		struct parse_status st;

		check(table[i].what, "rc", table[i].rc,
		    parse_status(text, table[i].len, &st));
		check(table[i].what, "present", table[i].present, st.present);
		check(table[i].what, "uid", table[i].uid, st.uid);
		check(table[i].what, "vmrss", (long long)table[i].vmrss,
		    (long long)st.vmrss);
		free(text);
	}
	assert_int_equal(bad, 0);
}

static void
test_io(void **state)
{
#define IO_TEXT                                                   \
	"rchar: 1\nwchar: 2\nsyscr: 3\nsyscw: 4\nread_bytes: 5\n" \
	"write_bytes: 6\ncancelled_write_bytes: "
	static const struct {
		const char *what;
		const char *text;
		size_t len;
		int rc;
		uint64_t last;
	} table[] = {
		{ "plain", TEXT(IO_TEXT "7\n"), 0, 7 },
		{ "no newline", TEXT(IO_TEXT "7"), 0, 7 },
		{ "more to come", TEXT(IO_TEXT "7\nnew_bytes: 8\n"), 0, 7 },
		{ "saturates", TEXT(IO_TEXT "99999999999999999999\n"), 0,
		    UINT64_MAX },
		{ "empty", TEXT(""), -1, 0 },
		{ "one missing", TEXT(IO_TEXT), -1, 0 },
		{ "another order", TEXT("wchar: 2\nrchar: 1\n"), -1, 0 },
		{ "garbage behind a number", TEXT(IO_TEXT "7x\n"), -1, 0 },
	};
	size_t i;

	(void)state;
	bad = 0;
	for (i = 0; i < COUNT(table); i++) {
		char *text = exact(table[i].text, table[i].len);
		const char *what = table[i].what;
		struct parse_io io;
		int rc = parse_io(text, table[i].len, &io);

		check(what, "rc", table[i].rc, rc);
		if (rc == 0) {
			check(what, "rchar", 1, (long long)io.rchar);
			check(what, "wchar", 2, (long long)io.wchar);
			check(what, "syscr", 3, (long long)io.syscr);
			check(what, "syscw", 4, (long long)io.syscw);
			check(what, "read", 5, (long long)io.read_bytes);
			check(what, "write", 6, (long long)io.write_bytes);
			check(what, "cancelled", (long long)table[i].last,
			    (long long)io.cancelled_write_bytes);
		}
		free(text);
	}
	assert_int_equal(bad, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stat),
		cmocka_unit_test(test_stat_extremes),
		cmocka_unit_test(test_exec_key),
		cmocka_unit_test(test_state),
		cmocka_unit_test(test_status),
		cmocka_unit_test(test_status_partial),
		cmocka_unit_test(test_io),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
