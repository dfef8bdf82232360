/* SPDX-License-Identifier: ISC
 *
 * The procfs engine on made-up trees: whatever they hold, a scan ends, names
 * what it left out, and marks what it could not read.
 */
#include "procfs_help.h"

static void
put_fifo(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", root, name);
	assert_int_equal(mkfifo(path, 0644), 0);
}

/* A device that gives bytes without end; a FIFO where one may not be made. */
static void
put_zero(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", root, name);
	if (mknod(path, S_IFCHR | 0644, makedev(1, 5)) == -1)
		put_fifo(name);
}

/* One full scan of the tree by a new engine. */
static struct rec_skipped
scan_once(struct found *found)
{
	struct engine *engine = procfs_new(root, 100);
	struct rec_skipped skipped;

	assert_non_null(engine);
	skipped = scan(engine, SNAPSHOT_FULL, found);
	assert_int_equal(engine->ops->kept_fds(engine), 0);
	engine->ops->free(engine);
	return skipped;
}

static void
test_all_fields(void **state)
{
	struct found f;
	const struct engine_sample *s = &f.last;
	struct rec_skipped none = { 0 };
	struct rec_skipped skipped;

	(void)state;
	put_link("50/fd/0", "/dev/null");
	put_link("50/fd/1", "/tmp/x");
	put_link("50/fd/17", "socket:[1]");
	skipped = scan_once(&f);
	assert_memory_equal(&skipped, &none, sizeof(none));
	assert_int_equal(f.samples, 1);
	assert_int_equal(s->pid, 50);
	assert_int_equal(s->start_ticks, 777);
	assert_int_equal(s->state, STATE_SLEEPING);
	assert_int_equal(s->ppid, 1);
	assert_int_equal(s->pgrp, 48);
	assert_int_equal(s->nspid, 3);
	assert_int_equal(s->nice, -5);
	assert_int_equal(s->threads, 3);
	assert_int_equal(s->user_ns,
	    UINT64_C(150000000000) / (uint64_t)sysconf(_SC_CLK_TCK));
	assert_int_equal(s->system_ns,
	    UINT64_C(250000000000) / (uint64_t)sysconf(_SC_CLK_TCK));
	assert_int_equal(s->rss, 500 * sysconf(_SC_PAGESIZE));
	assert_int_equal(s->vms, 4096000);
	assert_int_equal(s->shared, 1000 << 10);
	assert_int_equal(s->data, 300 << 10);
	assert_int_equal(s->text, 20 << 10);
	assert_int_equal(s->lib, 30 << 10);
	assert_int_equal(s->swap, 40 << 10);
	assert_int_equal(s->uid, 1000);
	assert_int_equal(s->euid, 1001);
	assert_int_equal(s->suid, 1002);
	assert_int_equal(s->gid, 7);
	assert_int_equal(s->egid, 8);
	assert_int_equal(s->sgid, 9);
	assert_int_equal(s->voluntary_ctxt, 11);
	assert_int_equal(s->involuntary_ctxt, 22);
	assert_int_equal(s->io.read_ops, 3);
	assert_int_equal(s->io.write_ops, 4);
	assert_int_equal(s->io.read_bytes, 5);
	assert_int_equal(s->io.write_bytes, 6);
	assert_int_equal(s->hidden, 0);
	assert_int_equal(s->parts,
	    ENGINE_CMDLINE | ENGINE_PATHS | ENGINE_SLOW | ENGINE_CONTAINER);
	assert_int_equal(s->fds, 3);
	assert_int_equal(s->cmdline.len, 4);
	assert_string_equal(f.exe, "/bin/name");
	assert_int_equal(s->on_disk, true);
	assert_int_equal(s->cwd.len, 5);
	assert_int_equal(s->root.len, 1);
}

/* Names that have broken parsers, and what each scan must call them. */
static const struct {
	const char *stat;
	const char *comm;
} names[] = {
	{ PROCESS("a b"), "a b" },
	{ PROCESS(") R 1"), ") R 1" },
	{ PROCESS("a) S 1 (b"), "a) S 1 (b" },
	{ PROCESS("(("), "((" },
	{ PROCESS(""), "" },
	{ PROCESS("two\nlines"), "two\nlines" },
	{ PROCESS("\x1b[2J"), "\x1b[2J" },
	{ PROCESS("\xff\xfe\xc3"), "\xff\xfe\xc3" },
};

static void
test_names(void **state)
{
	struct found f;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(names); i++) {
		put("50/stat", names[i].stat);
		scan_once(&f);
		if (f.samples != 1 || strcmp(f.comm, names[i].comm) != 0 ||
		    f.last.ppid != 1)
			fail_msg("name %zu: got %u samples, \"%s\", parent %d; "
				 "want \"%s\", parent 1",
			    i, f.samples, f.comm, f.last.ppid, names[i].comm);
	}
}

/* stat texts, argv "" behind them, and who is reported. */
static const struct {
	const char *what, *stat;
	unsigned samples, kernel, malformed;
} kinds[] = {
	{ "process", PROCESS("x"), 1, 0, 0 },
	{ "zombie", STAT("x", "Z", "1", "4194308", "0"), 1, 0, 0 },
	{ "zombie of parent 2", STAT("x", "Z", "2", "0", "0"), 1, 0, 0 },
	{ "kernel thread", STAT("x", "I", "2", "69238880", "0"), 0, 1, 0 },
	{ "its flag alone", STAT("x", "S", "0", "2097152", "0"), 0, 1, 0 },
	{ "parent 2 alone", STAT("x", "S", "2", "0", "0"), 0, 1, 0 },
	{ "child of a pid 2 with memory", STAT("x", "S", "2", "0", "4096"), 1,
	    0, 0 },
	{ "empty", "", 0, 0, 1 },
	{ "cut in the name", "50 (na", 0, 0, 1 },
	{ "cut in the numbers", "50 (name) S 1 48 47", 0, 0, 1 },
	{ "no numbers", "hello\n", 0, 0, 1 },
};

static void
test_kinds(void **state)
{
	struct rec_skipped skipped;
	struct found f;
	size_t i;

	(void)state;
	put_bytes("50/cmdline", "", 0);
	for (i = 0; i < COUNT(kinds); i++) {
		put("50/stat", kinds[i].stat);
		skipped = scan_once(&f);
		if (f.samples != kinds[i].samples ||
		    skipped.kernel != kinds[i].kernel ||
		    skipped.malformed != kinds[i].malformed)
			fail_msg("%s: got %u samples, %u kernel, %u malformed; "
				 "want %u, %u, %u",
			    kinds[i].what, f.samples, skipped.kernel,
			    skipped.malformed, kinds[i].samples,
			    kinds[i].kernel, kinds[i].malformed);
		if (f.samples == 1)
			assert_int_equal(f.last.cmdline.len, 0);
	}
}

/* A file that is not there is hidden, and nothing else is. */
static const struct {
	const char *file;
	uint32_t hidden;
} missing[] = {
	{ "50/cmdline", HIDDEN_CMDLINE },
	{ "50/exe", HIDDEN_EXE },
	{ "50/cwd", HIDDEN_CWD },
	{ "50/root", HIDDEN_ROOT },
	{ "50/io", HIDDEN_IO },
	{ "50/status", HIDDEN_STATUS },
};

static void
test_missing(void **state)
{
	uint32_t want = 0;
	struct found f;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(missing); i++) {
		take(missing[i].file);
		want |= missing[i].hidden;
		scan_once(&f);
		assert_int_equal(f.samples, 1);
		if (f.last.hidden != want)
			fail_msg("without %s: got hidden %#x, want %#x",
			    missing[i].file, f.last.hidden, want);
	}
	assert_int_equal(f.last.exe.len, 0);
	assert_false(f.last.on_disk);
	/* Not 0, which is root. */
	assert_int_equal(f.last.uid, UINT32_MAX);
	assert_int_equal(f.last.egid, UINT32_MAX);
	assert_int_equal(f.last.rss, 500 * sysconf(_SC_PAGESIZE));
	take("50/stat");
	assert_int_equal(scan_once(&f).vanished, 1);
	assert_int_equal(f.samples, 0);
}

/* What would block, or act when read, is not read. */
static void
test_no_plain_files(void **state)
{
	struct found f;

	(void)state;
	take("50/cmdline");
	take("50/io");
	put_fifo("50/cmdline");
	put_link("50/io", "/proc/self/io");
	scan_once(&f);
	assert_int_equal(f.samples, 1);
	assert_int_equal(f.last.hidden, HIDDEN_CMDLINE | HIDDEN_IO);
	take("50/cmdline");
	put_zero("50/cmdline");
	scan_once(&f);
	assert_int_equal(f.last.hidden, HIDDEN_CMDLINE | HIDDEN_IO);

	take("50/stat");
	put_fifo("50/stat");
	assert_int_equal(scan_once(&f).malformed, 1);
	take("50/stat");
	put_dir("50/stat");
	assert_int_equal(scan_once(&f).malformed, 1);
	assert_int_equal(f.samples, 0);
}

static void
test_long_texts(void **state)
{
	static char text[HUGE + sizeof(status_text)];
	struct found f;
	size_t groups = strlen("Name:\tx\nGroups:"), at;

	(void)state;
	memset(text, 'x', HUGE);
	put_bytes("50/cmdline", text, HUGE);
	/* What stands behind 5,000 groups is found. */
	memcpy(text, "Name:\tx\nGroups:", groups);
	for (at = groups; at < HUGE; at += 8)
		memcpy(text + at, " 1000000", 8);
	at = at > HUGE ? at - 8 : at;
	text[at++] = '\n';
	strcpy(text + at, strchr(status_text, '\n') + 1);
	put("50/status", text);
	scan_once(&f);
	assert_int_equal(f.last.cmdline.len, LIMIT_CMDLINE + 1);
	assert_int_equal(f.last.hidden, 0);
	assert_int_equal(f.last.uid, 1000);
	assert_int_equal(f.last.involuntary_ctxt, 22);
}

static void
test_deleted_exe(void **state)
{
	struct found f;

	(void)state;
	take("50/exe");
	put_link("50/exe", "/bin/name (deleted)");
	scan_once(&f);
	assert_string_equal(f.exe, "/bin/name");
	assert_false(f.last.on_disk);
}

/* Only plain decimal numbers are pids; each is read once, in order. */
static void
test_listing(void **state)
{
	static const char *const dirs[] = { "0", "051", "-1", "5x", "+7",
		"self", "99999999999", "2147483648", "9", "300", "31", "1" };
	struct rec_skipped skipped;
	struct found f;
	size_t i;
	char name[32];

	(void)state;
	for (i = 0; i < COUNT(dirs); i++) {
		put_dir(dirs[i]);
		snprintf(name, sizeof(name), "%s/stat", dirs[i]);
		put(name, PROCESS("x"));
	}
	put_bytes("77", "a file", 6);
	put_link("78", "50");
	put_link("79", "/proc/self");
	skipped = scan_once(&f);
	assert_int_equal(f.samples, 5);
	assert_int_equal(skipped.malformed, 3); /* 77, 78, 79 */
	for (i = 0; i < 5; i++)
		assert_int_equal(
		    f.pids[i], ((const int[]){ 1, 9, 31, 50, 300 })[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(test_all_fields),
		TEST(test_names),
		TEST(test_kinds),
		TEST(test_missing),
		TEST(test_no_plain_files),
		TEST(test_long_texts),
		TEST(test_deleted_exe),
		TEST(test_listing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
