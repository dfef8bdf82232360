/* SPDX-License-Identifier: ISC
 *
 * The spool on real files: what is kept over a restart and for whom, what goes
 * when there is no room or time, and whose files it does not touch.
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "spool_help.h"

static void
test_kept_over_a_restart(void **state)
{
	struct spool *s = open_spool(MIB, DAY, 2);
	struct payload *p;
	uint64_t a, b;

	(void)state;
	assert_string_equal(spool_trouble(s), "");
	assert_int_equal(put(s, 5000, 3, 11, &a), 0);
	assert_int_equal(put(s, 100, 2, 12, &b), 0);
	assert_int_equal(spool_oldest(s, 0), a);
	assert_int_equal(spool_oldest(s, 1), a);
	spool_settle(s, 0, a);
	spool_count_attempt(s, 1, a);
	assert_int_equal(spool_oldest(s, 0), 0);
	spool_free(s);

	s = open_spool(MIB, DAY, 2);
	assert_int_equal(spool_stamp(s), 12);
	assert_int_equal(stats(s).payloads, 2);
	assert_int_equal(stats(s).bytes, 5100);
	assert_int_equal(debt(s, 0).payloads, 0);
	assert_int_equal(debt(s, 1).payloads, 2);
	assert_int_equal(debt(s, 1).bytes, 5100);
	assert_int_equal(spool_oldest(s, 1), a);
	p = spool_load(s, a);
	assert_non_null(p);
	assert_int_equal(p->len, 5000);
	assert_int_equal(p->type, PAYLOAD_PROC);
	assert_int_equal(p->kind, SNAPSHOT_FULL);
	assert_int_equal(p->containers, 7);
	assert_int_equal(p->wall_ms, 1234567);
	payload_unref(p);
	spool_settle(s, 1, a);
	spool_settle(s, 1, a); /* twice does nothing */
	assert_int_equal(stats(s).payloads, 1);
	spool_settle(s, 1, b);
	assert_int_equal(stats(s).payloads, 0);
	assert_int_equal(stats(s).bytes, 0);
	assert_int_equal(stats(s).dropped, 0);
	spool_free(s);
}

/* A new key inherits; an address that is gone loses; another order changes
 * nothing. */
static void
test_endpoints_change(void **state)
{
	static const struct spool_name turned[] = {
		{ "https://b", "CANARYKEY2" }, { "https://a", "newkey" }
	};
	struct spool *s = open_spool(MIB, DAY, 2);
	uint64_t a, b;

	(void)state;
	put(s, 100, 1, 1, &a);
	put(s, 100, 2, 2, &b);
	spool_free(s);
	s = spool_new(dir, MIB, DAY);
	spool_set_endpoints(s, turned, 2);
	assert_int_equal(spool_oldest(s, 0), b);
	assert_int_equal(spool_oldest(s, 1), a);
	spool_set_endpoints(s, turned, 0); /* a slip: nothing changes */
	assert_int_equal(spool_oldest(s, 1), a);
	spool_set_endpoints(s, turned, 1);
	spool_tick(s);
	assert_int_equal(stats(s).payloads, 1);
	assert_int_equal(spool_oldest(s, 0), b);
	spool_free(s);
}

static void
test_bound_of_bytes(void **state)
{
	struct spool *s = open_spool(MIB, DAY, 1);
	char file[96];
	struct stat st;
	unsigned i;
	uint64_t kept;

	(void)state;
	for (i = 0; i < 100; i++)
		assert_int_equal(put(s, 50000, 1, i + 1, NULL), 0);
	kept = stats(s).payloads;
	/* The log goes into the database, and begins anew. */
	snprintf(file, sizeof(file), "%s/spool.db-wal", dir);
	assert_int_equal(stat(file, &st), 0);
	assert_in_range(st.st_size, 1, 3 * MIB);
	assert_in_range(kept, 10, 21);
	assert_int_equal(stats(s).dropped, 100 - kept);
	assert_int_equal(spool_losses(s, 0)->n[LOSS_ROOM], 100 - kept);
	assert_int_equal(spool_oldest(s, 0), 100 - kept + 1);
	/* More than all there is: it stays with the caller. */
	assert_int_equal(put(s, 2 << 20, 1, 200, NULL), -1);
	assert_int_equal(stats(s).payloads, kept);
	assert_int_equal(spool_stamp(s), 100);
	spool_free(s);
}

static void
test_bound_of_age(void **state)
{
	struct spool *s = open_spool(MIB, 1, 1);

	(void)state;
	put(s, 100, 1, 1, NULL);
	spool_tick(s);
	assert_int_equal(stats(s).payloads, 1);
	usleep(1100000);
	put(s, 100, 1, 2, NULL);
	spool_tick(s);
	assert_int_equal(stats(s).payloads, 1);
	assert_int_equal(spool_losses(s, 0)->n[LOSS_AGE], 1);
	spool_free(s);
}

/* What was lost stays with its endpoint, wherever the configuration has it. */
static void
test_losses_move(void **state)
{
	const struct spool_name swapped[] = { one[1], one[0] },
				other[] = { one[1], { "https://c", "KEY" } },
				renewed[] = { one[1], { "https://a", "KEY" } };
	struct spool *s = open_spool(MIB, 0, 2);

	(void)state;
	assert_int_equal(put(s, 100, 1, 1, NULL), 0);
	usleep(5000);
	spool_tick(s);
	assert_int_equal(spool_losses(s, 0)->n[LOSS_AGE], 1);
	spool_set_endpoints(s, swapped, 2);
	assert_int_equal(spool_losses(s, 0)->n[LOSS_AGE], 0);
	assert_int_equal(spool_losses(s, 1)->n[LOSS_AGE], 1);
	spool_set_endpoints(s, renewed, 2);
	assert_int_equal(spool_losses(s, 1)->n[LOSS_AGE], 1);
	spool_set_endpoints(s, other, 2);
	assert_int_equal(spool_losses(s, 1)->n[LOSS_AGE], 0);
	spool_free(s);
}

/* What was given up for an endpoint while it was gone does not wait for it
 * when it is back. */
static void
test_gone_and_back(void **state)
{
	struct spool *s = open_spool(MIB, DAY, 2);
	unsigned i;

	(void)state;
	for (i = 0; i < 8; i++)
		assert_int_equal(put(s, 100000, 3, 0, NULL), 0);
	for (i = 0; i < LIMIT_SPOOL_BATCH; i++)
		assert_int_equal(put(s, 16, 3, 0, NULL), 0);
	spool_set_endpoints(s, one, 1);
	/* One is dropped for want of room, others are given up. */
	assert_int_equal(put(s, 400000, 1, 0, NULL), 0);
	spool_tick(s);
	spool_set_endpoints(s, one, 2);
	for (i = 0; spool_oldest(s, 1) != 0; i++)
		spool_settle(s, 1, spool_oldest(s, 1));
	assert_in_range(i, 1, LIMIT_SPOOL_BATCH);
	assert_int_equal(debt(s, 1).payloads, 0);
	assert_int_equal(debt(s, 1).bytes, 0);
	spool_free(s);
}

/* Of two keys for an address one is new: what the other one is owed stays its
 * own, be it that something could not be taken out before. */
static void
test_heirs(void **state)
{
	const struct spool_name former[] = { { "https://a", "1" },
		{ "https://a", "2" } },
				renewed[] = { { "https://a", "2" },
					{ "https://a", "3" } };
	struct rlimit limit, none;
	struct spool *s = spool_new(dir, MIB, DAY);
	uint64_t row;

	(void)state;
	spool_set_endpoints(s, former, 2);
	assert_int_equal(put(s, 100, 1, 0, NULL), 0);
	assert_int_equal(put(s, 100, 3, 0, &row), 0);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	none = limit;
	none.rlim_cur = 1;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	spool_settle(s, 0, row);
	assert_string_not_equal(spool_trouble(s), "");
	spool_set_endpoints(s, renewed, 2);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	spool_try(s);
	spool_tick(s);
	assert_int_equal(debt(s, 0).payloads, 1); /* as before */
	assert_int_equal(debt(s, 1).payloads, 1); /* the first row */
	spool_free(s);
}

/* What is refused, as a part of what is said. */
static void
refused(const char *why)
{
	struct spool *s = open_spool(MIB, DAY, 1);

	if (strstr(spool_trouble(s), why) == NULL)
		fail_msg("got \"%s\", want \"%s\"", spool_trouble(s), why);
	assert_int_equal(put(s, 100, 1, 1, NULL), -1);
	spool_free(s);
}

static void
test_refused(void **state)
{
	char other[80], file[96];
	struct spool *s;
	struct stat st;
	int fd;

	(void)state;
	snprintf(other, sizeof(other), "%s-other", dir);
	assert_int_equal(mkdir(other, 0700), 0);
	assert_int_equal(symlink(other, dir), 0);
	refused("a link");
	unlink(dir);

	assert_int_equal(mkdir(dir, 0777), 0);
	snprintf(file, sizeof(file), "%s/spool.db", dir);
	assert_int_equal(symlink("/etc/passwd", file), 0);
	refused("not a plain file");
	unlink(file);

	fd = open(dir, O_RDONLY | O_DIRECTORY);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	refused("another shipperd");
	close(fd);

	if (geteuid() == 0) {
		assert_int_equal(chown(dir, 65534, 65534), 0);
		refused("belongs to uid 65534");
		assert_int_equal(chown(dir, 0, 0), 0);
	}
	snprintf(other, sizeof(other), "%s", dir);
	snprintf(dir, sizeof(dir), "/proc/dd-spool");
	refused("spool /proc/dd-spool: not used: it is not there; making it: ");
	memcpy(dir, other, sizeof(dir));
	/* Its mode is mended. */
	s = open_spool(MIB, DAY, 1);
	assert_string_equal(spool_trouble(s), "");
	assert_int_equal(stat(dir, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	spool_free(s);
}

/* Each damage is set aside; the oldest of too many goes. */
static void
test_damage(void **state)
{
	struct spool *s;
	char file[96];
	int fd, i;

	(void)state;
	snprintf(file, sizeof(file), "%s/spool.db", dir);
	for (i = 0; i < 5; i++) {
		s = open_spool(MIB, DAY, 1);
		assert_string_equal(spool_trouble(s), "");
		assert_int_equal(put(s, 100, 1, 1, NULL), 0);
		spool_free(s);
		fd = open(file, O_WRONLY);
		assert_int_equal(pwrite(fd, "garbage, not SQLite", 19, 0), 19);
		close(fd);
	}
	s = open_spool(MIB, DAY, 1);
	assert_int_equal(spool_losses(s, 0)->n[LOSS_DAMAGE], 1);
	assert_int_equal(put(s, 100, 1, 1, NULL), 0);
	assert_int_equal(count_files(".damaged-"), 3);
	/* The file is gone while we run: the same, without its name. */
	unlink(file);
	assert_int_equal(put(s, 100, 1, 2, NULL), 0);
	assert_int_equal(stats(s).payloads, 1);
	assert_int_equal(spool_losses(s, 0)->n[LOSS_DAMAGE], 2);
	spool_free(s);
}

/* A body that is not the one that was put in goes nowhere; the others do. */
static void
test_damaged_body(void **state)
{
	static const char good[] = "what it was", bad[] = "what it isn";
	struct spool *s = open_spool(MIB, DAY, 1);
	struct payload *p = make_payload(300);
	char command[160];
	uint64_t row;

	(void)state;
	memcpy(p->data + 100, good, sizeof(good) - 1);
	p->owed = 1;
	assert_int_equal(spool_put(s, &p, 1, 1), 0);
	payload_unref(p);
	assert_int_equal(put(s, 100, 1, 2, &row), 0);
	spool_free(s);

	snprintf(command, sizeof(command), "sed -i 's/%s/%s/' %s/spool.db",
	    good, bad, dir);
	assert_int_equal(system(command), 0);
	s = open_spool(MIB, DAY, 1);
	assert_null(spool_load(s, spool_oldest(s, 0)));
	assert_int_equal(spool_losses(s, 0)->n[LOSS_DAMAGE], 1);
	assert_int_equal(stats(s).dropped, 1);
	assert_int_equal(spool_oldest(s, 0), row);
	assert_int_equal(debt(s, 0).payloads, 1);
	assert_int_equal(count_files(".damaged-"), 0);
	spool_free(s);
}

/* What was put in since somebody has removed the log is there after a kill. */
static void
test_log_removed(void **state)
{
	struct spool *s;
	char file[96];
	int status;
	pid_t pid = fork();

	(void)state;
	snprintf(file, sizeof(file), "%s/spool.db-wal", dir);
	if (pid == 0) {
		s = open_spool(MIB, DAY, 1);
		put(s, 100, 1, 1, NULL);
		unlink(file);
		_exit(put(s, 100, 1, 2, NULL) != 0); /* as if killed */
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	s = open_spool(MIB, DAY, 1);
	assert_int_equal(stats(s).payloads, 2);
	assert_int_equal(spool_stamp(s), 2);
	spool_free(s);
}

/* Neither the key nor its digest without salt is on disk. */
static void
test_no_key_on_disk(void **state)
{
	struct spool *s = open_spool(MIB, DAY, 2);
	char command[160];

	(void)state;
	put(s, 100, 3, 1, NULL);
	snprintf(command, sizeof(command), "grep -rq CANARYKEY %s", dir);
	assert_int_not_equal(system(command), 0);
	spool_free(s);
	assert_int_not_equal(system(command), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_kept_over_a_restart, setup),
		cmocka_unit_test_setup(test_endpoints_change, setup),
		cmocka_unit_test_setup(test_bound_of_bytes, setup),
		cmocka_unit_test_setup(test_bound_of_age, setup),
		cmocka_unit_test_setup(test_losses_move, setup),
		cmocka_unit_test_setup(test_gone_and_back, setup),
		cmocka_unit_test_setup(test_heirs, setup),
		cmocka_unit_test_setup(test_refused, setup),
		cmocka_unit_test_setup(test_damage, setup),
		cmocka_unit_test_setup(test_damaged_body, setup),
		cmocka_unit_test_setup(test_log_removed, setup),
		cmocka_unit_test_setup(test_no_key_on_disk, setup),
	};

	RUN_IN_BASE(tests);
}
