/* SPDX-License-Identifier: ISC
 *
 * Makes the idle processes of the benchmark: `spawn COUNT FILES`. Says
 * "ready", waits for the end of stdin, and then ends all of them; should it
 * be killed itself, they die with it.
 */
#define _GNU_SOURCE
#include <sys/prctl.h>
#include <sys/wait.h>

#include <err.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static void
be_idle(int files)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() == 1)
		_exit(1); /* the parent was killed before prctl() */
	close(STDIN_FILENO);
	while (files-- > 0)
		if (open("/dev/null", O_RDONLY) == -1)
			err(1, "/dev/null");
	for (;;)
		pause();
}

int
main(int argc, char **argv)
{
	int count, files, made;
	char byte;

	if (argc != 3)
		errx(1, "usage: spawn COUNT FILES");
	count = atoi(argv[1]);
	files = atoi(argv[2]);
	if (setpgid(0, 0) == -1)
		err(1, "setpgid");
	for (made = 0; made < count; made++) {
		pid_t pid = fork();

		if (pid == -1) {
			warn("only %d processes", made);
			break;
		}
		if (pid == 0)
			be_idle(files);
	}
	if (made == count && write(STDOUT_FILENO, "ready\n", 6) == 6)
		while (read(STDIN_FILENO, &byte, 1) > 0)
			;
	signal(SIGTERM, SIG_IGN);
	kill(0, SIGTERM);
	while (wait(NULL) > 0)
		;
	return made != count;
}
