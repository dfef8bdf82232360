/* SPDX-License-Identifier: ISC
 *
 * How the broker comes to life: taggerd forks a keeper before it drops its
 * privileges, the keeper drops to the broker's row of the trust table, and
 * forks broker after broker. Neither has anything of taggerd's but one end
 * of the pair, and both end with taggerd.
 */
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "broker.h"
#include "common/config.h"
#include "common/daemon.h"
#include "common/log.h"
#include "common/priv.h"

/* Whether it takes the socket's group to write to it. Who needs no group is
 * not to have one: it may be root's. */
static bool
is_for_group(const struct stat *st)
{
	return S_ISSOCK(st->st_mode) &&
	    (st->st_mode & (S_IWGRP | S_IWOTH)) == S_IWGRP;
}

/* The group that opens the socket: its own, or that of `docker` while it is
 * not there; without either, the one that there is. */
static gid_t
find_group(const char *path, gid_t otherwise)
{
	const struct group *gr;
	struct stat st;

	if (stat(path, &st) == 0 && is_for_group(&st)) {
		if (st.st_gid == 0)
			log_warnx("%s belongs to group root, so the Docker "
				  "broker has to",
			    path);
		return st.st_gid;
	}
	gr = getgrnam("docker");
	return gr != NULL ? gr->gr_gid : otherwise;
}

/* Ends with its parent, and only with it: a signal to the whole group or
 * unit is taggerd's to answer. */
static void
live_as_child_of(pid_t parent, const char *name)
{
	signal(SIGTERM, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	prctl(PR_SET_NAME, name, 0, 0, 0);
	/* The parent may have died before this counted. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == -1 ||
	    getppid() != parent)
		_exit(1);
}

/* Leaves open /dev/null and, as descriptor 3, the end of the pair: no pid
 * file that is locked, no bound socket, no log. */
static int
close_others(int fd)
{
	int null = open("/dev/null", O_RDWR);

	if (null == -1 || dup2(null, STDIN_FILENO) == -1 ||
	    dup2(null, STDOUT_FILENO) == -1 ||
	    dup2(null, STDERR_FILENO) == -1 || dup2(fd, 3) == -1 ||
	    close_range(4, ~0u, 0) == -1)
		_exit(1);
	return 3;
}

/* A broker that leaves of its own will has seen taggerd go. */
static void
keep(int fd, const char *path)
{
	pid_t keeper = getpid(), broker;
	int status = 0;

	for (;;) {
		if ((broker = fork()) == 0) {
			live_as_child_of(keeper, "docker-broker");
			broker_serve(fd, path, status);
			_exit(0);
		}
		if (broker != -1 && waitpid(broker, &status, 0) == broker &&
		    WIFEXITED(status) && WEXITSTATUS(status) == 0)
			_exit(0);
		sleep(LIMIT_BROKER_RESTART);
	}
}

int
broker_start(const struct daemon *d)
{
	static const int no_caps[] = { -1 };
	const char *path = d->config->docker_socket_path;
	struct priv priv = d->priv;
	pid_t parent = getpid(), keeper;
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) == -1 ||
	    (keeper = fork()) == -1)
		fatal("starting the Docker broker");
	if (keeper == 0) {
		priv.gid = find_group(path, priv.gid);
		priv_drop(&priv, no_caps);
		live_as_child_of(parent, "broker-keeper");
		keep(close_others(fds[1]), path);
	}
	close(fds[1]);
	if (fcntl(fds[0], F_SETFL, O_NONBLOCK) == -1)
		fatal("the Docker broker's socket");
	return fds[0];
}
