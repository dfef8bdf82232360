/* SPDX-License-Identifier: ISC
 *
 * The procfs engine on real processes: those that exec, end while they are
 * read, or leave their pid to another; and what one of them has open.
 */
#include "procfs_live_help.h"

/* Its open files, counted the slow way. */
static int
count_files(pid_t pid)
{
	char path[32];
	DIR *dir;
	int n = -2; /* "." and ".." */

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	dir = opendir(path);
	assert_non_null(dir);
	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	return n;
}

static void
test_known_child(void **state)
{
	struct engine *engine = engine_new(1000);
	struct watch w = { .pid = child(") R 1", 50) };
	unsigned tries = 0;
	uint64_t start;

	(void)state;
	do { /* it may be on its way to sleep */
		engine->refresh = true;
		scan(engine, SNAPSHOT_FULL, &w);
	} while (w.sample.state == STATE_RUNNING && tries++ < 100);
	assert_true(w.seen);
	assert_string_equal(w.comm, ") R 1");
	assert_string_equal(w.cwd, "/usr");
	assert_int_equal(w.sample.ppid, getpid());
	assert_int_equal(w.sample.uid, getuid());
	assert_int_equal(w.sample.hidden, 0);
	assert_int_equal(w.sample.state, STATE_SLEEPING);
	assert_true(w.sample.on_disk);
	assert_int_equal(w.sample.fds, count_files(w.pid));
	assert_true(w.sample.fds >= 50);
	assert_true(w.sample.rss > 0 && w.sample.vms > w.sample.rss);
	start = w.sample.start_ticks;

	/* A real-time scan reads no more than what moves. */
	scan(engine, SNAPSHOT_REALTIME, &w);
	assert_true(w.seen);
	assert_int_equal(w.sample.parts, 0);
	assert_int_equal(w.sample.start_ticks, start);
	assert_true(engine->ops->kept_fds(engine) >= 3);
	end(w.pid);
	scan(engine, SNAPSHOT_REALTIME, &w);
	assert_false(w.seen);
	engine->ops->free(engine);
}

static void
test_zombie(void **state)
{
	struct engine *engine = engine_new(1000);
	struct watch w = { .pid = child("undead", 0) };
	siginfo_t info;

	(void)state;
	scan(engine, SNAPSHOT_FULL, &w);
	kill(w.pid, SIGKILL);
	waitid(P_PID, (id_t)w.pid, &info, WEXITED | WNOWAIT);
	scan(engine, SNAPSHOT_FULL, &w);
	assert_true(w.seen);
	assert_int_equal(w.sample.state, STATE_ZOMBIE);
	assert_int_equal(w.sample.hidden & ~(unsigned)HIDDEN_IO, 0);
	assert_int_equal(w.sample.cmdline.len, 0);
	assert_int_equal(w.sample.fds, 0);
	assert_string_equal(w.comm, "undead");
	end(w.pid);
	engine->ops->free(engine);
}

static void
check_exec(uint32_t max_fds)
{
	struct engine *engine = engine_new(max_fds);
	struct watch w = { 0 };
	int go[2];
	unsigned tries;

	assert_int_equal(pipe2(go, O_CLOEXEC), 0);
	w.pid = fork();
	if (w.pid == 0) {
		char byte;

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (read(go[0], &byte, 1) == 1)
			execl("/bin/sleep", "sleep", "987", NULL);
		_exit(1);
	}
	scan(engine, SNAPSHOT_FULL, &w);
	scan(engine, SNAPSHOT_REALTIME, &w);
	assert_int_equal(w.sample.parts, 0);
	assert_int_equal(write(go[1], "", 1), 1);
	for (tries = 0; tries < 200 && w.sample.parts == 0; tries++) {
		usleep(10000);
		scan(engine, SNAPSHOT_REALTIME, &w);
	}
	assert_string_equal(w.cmdline, "sleep"); /* up to its NUL */
	assert_int_equal(w.sample.cmdline.len, sizeof("sleep\000987"));
	assert_non_null(strstr(w.exe, "bin/"));
	scan(engine, SNAPSHOT_REALTIME, &w);
	assert_int_equal(w.sample.parts, 0);
	end(w.pid);
	close(go[0]);
	close(go[1]);
	engine->ops->free(engine);
}

static void
test_exec(void **state)
{
	(void)state;
	check_exec(1000);
	check_exec(0);
}

static void
kill_watched(struct watch *w)
{
	end(w->pid);
}

/* It is in the list of pids, and gone when its turn comes. */
static void
test_ends_in_scan(void **state)
{
	uint32_t fds[] = { 1000, 0 };
	struct watch w = { 0 };
	struct engine *engine;
	unsigned i, known;

	(void)state;
	for (i = 0; i < 2; i++) {
		for (known = 0; known < 2; known++) {
			engine = engine_new(fds[i]);
			w.pid = child("short", 0);
			if (known)
				scan(engine, SNAPSHOT_FULL, &w);
			w.before = kill_watched;
			assert_true(
			    scan(engine, SNAPSHOT_FULL, &w).vanished >= 1);
			assert_false(w.seen);
			assert_null(w.before);
			engine->ops->free(engine);
		}
	}
}

/* Ends the watched child and gives its pid to another, if that is allowed. */
static void
rebirth(struct watch *w)
{
	FILE *last;

	end(w->pid);
	last = fopen("/proc/sys/kernel/ns_last_pid", "w");
	if (last == NULL)
		return;
	fprintf(last, "%d", w->pid - 1);
	if (fclose(last) == 0)
		w->reborn = child("second", 20);
}

static void
test_pid_reuse(void **state)
{
	uint32_t fds[] = { 1000, 0 };
	struct watch w = { 0 };
	struct engine *engine;
	uint64_t start;
	unsigned i, skipped = 0;

	(void)state;
	for (i = 0; i < 2; i++) {
		engine = engine_new(fds[i]);
		w.pid = child("first", 0);
		scan(engine, SNAPSHOT_FULL, &w);
		assert_true(w.seen);
		start = w.sample.start_ticks;
		usleep(20000); /* another tick */
		w.before = rebirth;
		w.reborn = 0;
		scan(engine, SNAPSHOT_REALTIME, &w);
		if (w.reborn == w.pid) {
			assert_true(w.seen);
			assert_string_equal(w.comm, "second");
			assert_true(w.sample.start_ticks > start);
			assert_int_equal(w.sample.parts,
			    ENGINE_CMDLINE | ENGINE_PATHS | ENGINE_SLOW |
				ENGINE_CONTAINER);
			assert_true(w.sample.fds >= 20);
		} else {
			skipped++;
		}
		if (w.reborn > 0)
			end(w.reborn);
		engine->ops->free(engine);
	}
	if (skipped == 2)
		skip(); /* pids cannot be chosen here */
}

static void
test_refresh(void **state)
{
	struct engine *engine = engine_new(1000);
	struct watch w = { .pid = getpid() };

	(void)state;
	scan(engine, SNAPSHOT_FULL, &w);
	engine->refresh = true;
	scan(engine, SNAPSHOT_REALTIME, &w);
	assert_int_equal(w.sample.parts,
	    ENGINE_CMDLINE | ENGINE_PATHS | ENGINE_SLOW | ENGINE_CONTAINER);
	assert_false(engine->refresh);
	engine->ops->free(engine);
}

static void
test_inspect(void **state)
{
	struct engine *engine = engine_new(1000);
	struct watch w = { .pid = child("files", 30) };
	struct rec_inspect request = { 0 };
	struct rec_files *files;
	uint32_t i, nulls = 0;

	(void)state;
	scan(engine, SNAPSHOT_FULL, &w);
	request.pid = w.pid;
	request.start_ticks = w.sample.start_ticks;
	files = inspect_new(engine, &request, 200);
	assert_int_equal(files->error.len, 0);
	assert_int_equal(files->files.n, w.sample.fds);
	assert_int_equal(files->more, 0);
	for (i = 0; i < files->files.n; i++)
		if (files->files.v[i].target.len == 9 &&
		    memcmp(files->files.v[i].target.s, "/dev/null", 9) == 0) {
			assert_int_equal(
			    files->files.v[i].kind, FILE_KIND_PATH);
			nulls++;
		}
	assert_true(nulls >= 30);
	inspect_free(files);

	files = inspect_new(engine, &request, 10);
	assert_int_equal(files->files.n, 10);
	assert_int_equal(files->more, w.sample.fds - 10);
	inspect_free(files);

	request.start_ticks++; /* another identity */
	files = inspect_new(engine, &request, 10);
	assert_true(files->error.len > 0);
	assert_int_equal(files->files.n, 0);
	inspect_free(files);
	request.start_ticks--;
	end(w.pid);
	files = inspect_new(engine, &request, 10);
	assert_true(files->error.len > 0);
	inspect_free(files);
	request.pid = -1;
	files = inspect_new(engine, &request, 10);
	assert_true(files->error.len > 0);
	inspect_free(files);
	engine->ops->free(engine);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_child),
		cmocka_unit_test(test_zombie),
		cmocka_unit_test(test_exec),
		cmocka_unit_test(test_ends_in_scan),
		cmocka_unit_test(test_pid_reuse),
		cmocka_unit_test(test_refresh),
		cmocka_unit_test(test_inspect),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
