/* SPDX-License-Identifier: ISC
 *
 * What the ledger tells: whatever becomes of the database's files between two
 * lives, each payload that was in them is there or counted as lost.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "spool_help.h"

#define ROWS 40

/* A life that ends like a kill, after ROWS payloads of which the endpoints 0
 * and 1 have taken so many. */
static void
live(unsigned taken0, unsigned taken1)
{
	struct spool_memory memory = { 0 };
	struct spool *s;
	unsigned i;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		s = open_spool(16 * MIB, DAY, 2);
		spool_note_memory(s, &memory);
		for (i = 0; i < ROWS; i++)
			put(s, 3000, 3, i + 1, NULL);
		for (i = 0; i < taken0; i++)
			spool_settle(s, 0, spool_oldest(s, 0));
		for (i = 0; i < taken1; i++)
			spool_settle(s, 1, spool_oldest(s, 1));
		_exit(spool_trouble(s)[0] != '\0');
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static char *
file(const char *name)
{
	static char path[2][128];
	static unsigned turn;

	turn ^= 1;
	snprintf(path[turn], sizeof(path[turn]), "%s/%s", dir, name);
	return path[turn];
}

static void
overwrite(const char *name, off_t at)
{
	int fd = open(file(name), O_WRONLY);

	assert_int_equal(pwrite(fd, "garbage", 7, at), 7);
	close(fd);
}

static void
break_log(void)
{
	struct stat st;

	assert_int_equal(stat(file("spool.db-wal"), &st), 0);
	overwrite("spool.db-wal", st.st_size / 2);
}

static void
cut_log(void)
{
	struct stat st;

	assert_int_equal(stat(file("spool.db-wal"), &st), 0);
	assert_int_equal(truncate(file("spool.db-wal"), st.st_size / 2), 0);
}

static void
remove_log(void)
{
	assert_int_equal(unlink(file("spool.db-wal")), 0);
}

static void
remove_all(void)
{
	assert_int_equal(unlink(file("spool.db-wal")), 0);
	assert_int_equal(unlink(file("spool.db")), 0);
}

static void
break_database(void)
{
	remove_log();
	overwrite("spool.db", 0);
}

static void
nothing(void)
{
}

/* What happens between the lives, after what was taken; and whether some of
 * what was there is lost, and what is not. */
static const struct {
	const char *what;
	void (*happen)(void);
	unsigned taken[2];
	bool loses;
} fates[] = {
	{ "nothing", nothing, { 3, 0 }, false },
	{ "the log is damaged", break_log, { 0, 0 }, true },
	{ "the log is damaged, and all was taken", break_log, { 40, 40 },
	    false },
	{ "the log is cut", cut_log, { 0, 7 }, true },
	{ "the log is removed", remove_log, { 0, 0 }, true },
	{ "all is removed", remove_all, { 10, 20 }, true },
	{ "all is removed, and was taken", remove_all, { 40, 40 }, false },
	{ "the database is damaged", break_database, { 0, 5 }, true },
};

/* There or lost; what had been taken and is there again is so for once. */
static void
test_fates(void **state)
{
	struct spool *s;
	uint64_t there, gone, want;
	unsigned i, e;

	for (i = 0; i < sizeof(fates) / sizeof(fates[0]); i++) {
		setup(state);
		live(fates[i].taken[0], fates[i].taken[1]);
		fates[i].happen();
		s = open_spool(16 * MIB, DAY, 2);
		assert_string_equal(spool_trouble(s), "");
		for (e = 0; e < 2; e++) {
			there = debt(s, e).payloads;
			gone = spool_losses(s, e)->n[LOSS_DAMAGE];
			want = ROWS - fates[i].taken[e];
			if (there + gone < want || gone > want ||
			    (gone > 0) != fates[i].loses)
				fail_msg("%s: endpoint %u: %u there, %u lost, "
					 "want %u",
				    fates[i].what, e, (unsigned)there,
				    (unsigned)gone, (unsigned)want);
		}
		if (fates[i].loses)
			assert_true(stats(s).dropped > 0);
		spool_free(s);
		/* It is said once. */
		s = open_spool(16 * MIB, DAY, 2);
		assert_int_equal(spool_losses(s, 0)->n[LOSS_DAMAGE], 0);
		assert_int_equal(stats(s).dropped, 0);
		spool_free(s);
	}
}

/* As after a power cut: the ledger, never synced, may be an older one. */
static void
test_an_older_ledger(void **state)
{
	char command[320];
	struct spool *s;

	(void)state;
	live(0, 0);
	snprintf(command, sizeof(command), "cp %s %s", file("spool.ledger"),
	    file("older"));
	assert_int_equal(system(command), 0);
	live(50, 10);
	assert_int_equal(rename(file("older"), file("spool.ledger")), 0);
	s = open_spool(16 * MIB, DAY, 2);
	assert_int_equal(debt(s, 0).payloads, 2 * ROWS - 50);
	assert_int_equal(debt(s, 1).payloads, 2 * ROWS - 10);
	assert_int_equal(stats(s).dropped, 0);
	spool_free(s);
}

/* The whole directory as it was before. */
static void
test_an_older_database(void **state)
{
	char command[320];
	struct spool *s;

	(void)state;
	live(0, 0);
	snprintf(command, sizeof(command),
	    "mkdir %s-old && cp %s/spool.db* %s-old", dir, dir, dir);
	assert_int_equal(system(command), 0);
	live(0, 0);
	snprintf(command, sizeof(command),
	    "rm %s/spool.db*; cp %s-old/spool.db* %s", dir, dir, dir);
	assert_int_equal(system(command), 0);
	s = open_spool(16 * MIB, DAY, 2);
	assert_int_equal(debt(s, 0).payloads, ROWS);
	assert_int_equal(spool_losses(s, 0)->n[LOSS_DAMAGE], ROWS);
	assert_int_equal(spool_losses(s, 1)->n[LOSS_DAMAGE], ROWS);
	spool_free(s);
}

/* What was in memory only is lost by whatever end there is. */
static void
test_memory(void **state)
{
	const struct spool_memory memory = { 5, { 2, 5 } };
	const struct spool_name turned[] = { one[1], one[0] };
	struct spool *s = open_spool(MIB, DAY, 2);

	(void)state;
	put(s, 100, 3, 1, NULL);
	spool_note_memory(s, &memory);
	put(s, 100, 3, 2, NULL);
	spool_free(s);
	s = spool_new(dir, MIB, DAY);
	spool_set_endpoints(s, turned, 2);
	assert_int_equal(spool_losses(s, 0)->n[LOSS_MEMORY], 5);
	assert_int_equal(spool_losses(s, 1)->n[LOSS_MEMORY], 2);
	assert_int_equal(spool_losses(s, 0)->n[LOSS_DAMAGE], 0);
	assert_int_equal(stats(s).dropped, 5);
	spool_free(s);
	s = open_spool(MIB, DAY, 2);
	assert_int_equal(stats(s).dropped, 0);
	assert_int_equal(spool_losses(s, 1)->n[LOSS_MEMORY], 0);
	spool_free(s);
}

/* What was dropped and is not in the log is counted by the next start, until it
 * has been said. */
static void
test_unsaid_drops(void **state)
{
	struct spool *s = open_spool(MIB, DAY, 2);
	unsigned i;
	uint64_t lost;

	(void)state;
	for (i = 0; i < 40; i++)
		put(s, 50000, 1 + i % 3, i + 1, NULL);
	lost = spool_losses(s, 0)->n[LOSS_ROOM];
	assert_true(lost > 10);
	spool_free(s);
	s = open_spool(MIB, DAY, 2);
	assert_int_equal(spool_losses(s, 0)->n[LOSS_ROOM], lost);
	spool_free(s);
	s = open_spool(MIB, DAY, 2);
	assert_int_equal(spool_losses(s, 0)->n[LOSS_ROOM], lost);
	spool_said_losses(s);
	spool_free(s);
	s = open_spool(MIB, DAY, 2);
	assert_int_equal(spool_losses(s, 0)->n[LOSS_ROOM], 0);
	spool_free(s);
}

/* A new key for an address takes over its losses as it does its debts. */
static void
test_another_key(void **state)
{
	const struct spool_memory memory = { 5, { 2, 5 } };
	const struct spool_name other[] = { { one[0].url, "another" }, one[1] };
	struct spool *s = open_spool(MIB, DAY, 2);

	(void)state;
	put(s, 100, 1, 1, NULL);
	put(s, 100, 3, 2, NULL);
	spool_note_memory(s, &memory);
	spool_free(s);
	assert_int_equal(unlink(file("spool.db")), 0);
	s = spool_new(dir, MIB, DAY);
	spool_set_endpoints(s, other, 2);
	assert_int_equal(spool_losses(s, 0)->n[LOSS_MEMORY], 2);
	assert_int_equal(spool_losses(s, 1)->n[LOSS_MEMORY], 5);
	assert_int_equal(spool_losses(s, 0)->n[LOSS_DAMAGE], 2);
	assert_int_equal(spool_losses(s, 1)->n[LOSS_DAMAGE], 1);
	spool_free(s);
}

/* Removed while we run, it is there again within a second. */
static void
test_removed(void **state)
{
	const struct spool_memory memory = { 5, { 2, 5 } };
	struct spool *s = open_spool(MIB, DAY, 2);

	(void)state;
	put(s, 100, 1, 1, NULL);
	assert_int_equal(unlink(file("spool.ledger")), 0);
	spool_tick(s);
	spool_note_memory(s, &memory);
	spool_free(s);
	s = open_spool(MIB, DAY, 2);
	assert_int_equal(stats(s).dropped, 5);
	spool_free(s);
}

/* A ledger that is none says nothing, and is one again. */
static void
test_garbage(void **state)
{
	char command[320];
	unsigned i;
	struct spool *s;
	static const char *const garbage[] = { ": >", "echo garbage >",
		"head -c 4096 /dev/urandom >", "rm", "truncate -s 500",
		"truncate -s 1G" };

	for (i = 0; i < sizeof(garbage) / sizeof(garbage[0]); i++) {
		setup(state);
		live(0, 0);
		snprintf(command, sizeof(command), "%s %s", garbage[i],
		    file("spool.ledger"));
		assert_int_equal(system(command), 0);
		s = open_spool(16 * MIB, DAY, 2);
		assert_string_equal(spool_trouble(s), "");
		assert_int_equal(debt(s, 0).payloads, ROWS);
		assert_int_equal(stats(s).dropped, 0);
		spool_free(s);
	}
}

/* No file of somebody else's is written to. */
static void
test_not_ours(void **state)
{
	struct spool *s = open_spool(MIB, DAY, 1);
	struct stat st;

	(void)state;
	spool_free(s);
	assert_int_equal(unlink(file("spool.ledger")), 0);
	assert_int_equal(symlink(file("other"), file("spool.ledger")), 0);
	s = open_spool(MIB, DAY, 1);
	assert_non_null(
	    strstr(spool_trouble(s), "spool.ledger is not a plain"));
	assert_int_equal(stat(file("other"), &st), -1);
	spool_free(s);
	assert_int_equal(unlink(file("spool.ledger")), 0);
	s = open_spool(MIB, DAY, 1);
	assert_string_equal(spool_trouble(s), "");
	spool_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_fates, setup),
		cmocka_unit_test_setup(test_an_older_ledger, setup),
		cmocka_unit_test_setup(test_an_older_database, setup),
		cmocka_unit_test_setup(test_memory, setup),
		cmocka_unit_test_setup(test_unsaid_drops, setup),
		cmocka_unit_test_setup(test_another_key, setup),
		cmocka_unit_test_setup(test_removed, setup),
		cmocka_unit_test_setup(test_garbage, setup),
		cmocka_unit_test_setup(test_not_ours, setup),
	};

	RUN_IN_BASE(tests);
}
