/* SPDX-License-Identifier: ISC
 *
 * The process that the system tests look at. What it does stands in the
 * environment, CHILD="burn 4", so that its argv can be anything. It says
 * "ready" on stdout once it is what it should be, and dies with the test.
 */
#define _GNU_SOURCE
#include <sys/prctl.h>
#include <sys/wait.h>

#include <err.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static void
say_ready(void)
{
	if (write(STDOUT_FILENO, "ready\n", 6) != 6)
		err(1, "stdout");
}

static void
pause_ms(long ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&ts, NULL);
}

static void *
spin(void *arg)
{
	volatile unsigned long *n = arg;

	for (;;)
		++*n;
	return NULL;
}

static void *
sleep_for_ever(void *arg)
{
	for (;;)
		pause();
	return arg;
}

static void
start_threads(int count, void *(*body)(void *))
{
	static unsigned long counters[64][8]; /* a cache line each */
	pthread_attr_t attr;
	pthread_t thread;
	int i;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 64 << 10);
	for (i = 0; i < count; i++)
		if (pthread_create(&thread, &attr, body, counters[i % 64]) != 0)
			errx(1, "thread %d of %d", i, count);
}

static void
burn(int threads)
{
	start_threads(threads - 1, spin);
	say_ready();
	spin((unsigned long[8]){ 0 });
}

/* Writes bytes_per_s to path in ten synced pieces each second. */
static void
write_at_rate(const char *path, size_t bytes_per_s)
{
	size_t piece = bytes_per_s / 10;
	char *data = calloc(1, piece);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd == -1 || data == NULL)
		err(1, "%s", path);
	say_ready();
	for (;;) {
		if (pwrite(fd, data, piece, 0) != (ssize_t)piece ||
		    fdatasync(fd) == -1)
			err(1, "%s", path);
		pause_ms(100);
	}
}

static void
make_zombies(int count)
{
	int i;

	for (i = 0; i < count; i++)
		switch (fork()) {
		case -1:
			err(1, "fork");
		case 0:
			_exit(0);
		}
}

/* Forks without end; each child lives 0 to 15 ms, at most 64 of them. */
static void
fork_storm(void)
{
	int alive = 0, i;

	say_ready();
	for (i = 0;; i++) {
		if (alive == 64 && wait(NULL) != -1)
			alive--;
		switch (fork()) {
		case -1:
			err(1, "fork");
		case 0:
			pause_ms(i % 4 * 5);
			_exit(0);
		}
		alive++;
		while (alive > 0 && waitpid(-1, NULL, WNOHANG) > 0)
			alive--;
	}
}

static void
take_memory(size_t mib)
{
	size_t size = mib << 20, i;
	volatile char *p = malloc(size);

	if (p == NULL)
		err(1, "malloc");
	for (i = 0; i < size; i += 4096)
		p[i] = 1;
}

static void
open_files(int count)
{
	while (count-- > 0)
		if (open("/dev/null", O_RDONLY) == -1)
			err(1, "/dev/null");
}

/* Runs this program again with no argument at all, not even argv[0]. */
static void
exec_without_argv(void)
{
	char *none[] = { NULL };

	setenv("CHILD", "idle", 1);
	execve("/proc/self/exe", none, environ);
	err(1, "execve");
}

int
main(void)
{
	char what[32] = "", value[256] = "";
	const char *mode = getenv("CHILD");
	size_t rate = 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (mode == NULL ||
	    sscanf(mode, "%31s %255s %zu", what, value, &rate) < 1)
		errx(1, "CHILD is not set");
	if (strcmp(what, "burn") == 0)
		burn(atoi(value));
	else if (strcmp(what, "write") == 0)
		write_at_rate(value, rate);
	else if (strcmp(what, "storm") == 0)
		fork_storm();
	else if (strcmp(what, "no-argv") == 0)
		exec_without_argv();
	else if (strcmp(what, "zombies") == 0)
		make_zombies(atoi(value));
	else if (strcmp(what, "threads") == 0)
		start_threads(atoi(value), sleep_for_ever);
	else if (strcmp(what, "memory") == 0)
		take_memory(strtoul(value, NULL, 10));
	else if (strcmp(what, "files") == 0)
		open_files(atoi(value));
	else if (strcmp(what, "name") == 0)
		prctl(PR_SET_NAME, getenv("CHILD_NAME"));
	else if (strcmp(what, "idle") != 0)
		errx(1, "unknown mode %s", what);
	say_ready();
	sleep_for_ever(NULL);
}
