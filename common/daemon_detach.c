/* SPDX-License-Identifier: ISC
 *
 * The way to the background, as root where the daemon was started so: run
 * directory, pid file, log. What others may have put in those places is
 * neither followed nor waited for.
 */
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon.h"
#include "daemon_private.h"
#include "limits.h"
#include "log.h"
#include "unixsock.h"

/* /var/log/datadog/process-agent.log -> .../process-agent-collectord.log */
static char *
log_path_of(const struct daemon *d)
{
	const char *path = d->config->log_file;
	size_t len = strlen(path);
	char *out;

	if (len > 4 && strcmp(path + len - 4, ".log") == 0)
		len -= 4;
	if (asprintf(&out, "%.*s-%s.log", (int)len, path, d->name) == -1)
		fatalx("out of memory");
	return out;
}

/*
 * Makes the log a file of the daemon's user while that is still possible.
 * Its directory may belong to somebody else, so no link is followed and
 * nothing but a plain file with one name changes hands.
 */
static int
prepare_log(const struct daemon *d, const char *path)
{
	struct stat st;
	int fd, rv = -1;

	fd = open(path,
	    O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC |
		O_NONBLOCK | O_NOCTTY,
	    0640);
	if (fd == -1)
		return -1;
	if (fstat(fd, &st) == 0) {
		if (!S_ISREG(st.st_mode) || st.st_nlink != 1)
			errno = EPERM;
		else
			rv = fchown(fd, d->priv.uid, d->priv.gid);
	}
	close(fd);
	return rv;
}

static void
open_log(struct daemon *d)
{
	if (d->foreground || d->config->log_to_console)
		return;
	d->private->log_path = log_path_of(d);
	if (prepare_log(d, d->private->log_path) == 0 &&
	    log_open(d->private->log_path) == 0)
		return;
	log_warn("%s: logging to syslog instead", d->private->log_path);
	log_open_syslog();
}

/* The lock on the pid file, not its text, says that we run. */
static void
open_pid_file(struct daemon *d)
{
	char path[LIMIT_PATH];
	int fd;

	snprintf(path, sizeof(path), "%s/%s.pid", d->rundir, d->name);
	fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd == -1)
		fatal("%s", path);
	if (flock(fd, LOCK_EX | LOCK_NB) == -1) {
		if (errno == EWOULDBLOCK)
			fatalx("%s is running already (%s is locked)", d->name,
			    path);
		fatal("locking %s", path);
	}
	d->private->pid_fd = fd;
}

static void
write_pid_file(const struct daemon *d)
{
	if (d->private->pid_fd == -1)
		return;
	if (ftruncate(d->private->pid_fd, 0) == -1 ||
	    dprintf(d->private->pid_fd, "%ld\n", (long)getpid()) < 0)
		log_warn("writing the pid file");
}

/* The parent ends with 0 when the child says it is ready, else with 1. */
static void
wait_for_child(const struct daemon *d, int fd)
{
	char byte;

	if (read(fd, &byte, 1) == 1)
		_exit(0);
	dprintf(STDERR_FILENO, "%s: did not start: the reason is in %s\n",
	    d->name,
	    d->private->log_path != NULL ? d->private->log_path : "its log");
	_exit(1);
}

static void
go_to_background(struct daemon *d)
{
	int fds[2], null;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) == -1 || (pid = fork()) == -1)
		fatal("going to the background");
	if (pid > 0) {
		close(fds[1]);
		wait_for_child(d, fds[0]);
	}
	close(fds[0]);
	d->private->ready_fd = fds[1];
	if (setsid() == -1 || chdir("/") == -1)
		fatal("going to the background");
	if ((null = open("/dev/null", O_RDWR | O_CLOEXEC)) == -1 ||
	    dup2(null, STDIN_FILENO) == -1 || dup2(null, STDOUT_FILENO) == -1)
		fatal("/dev/null");
	close(null);
}

void
daemon_detach(struct daemon *d)
{
	if (unixsock_prepare_dir(d->rundir) == -1)
		fatal("run directory %s", d->rundir);
	if (!d->foreground)
		open_pid_file(d); /* its error is for the caller, not the log */
	open_log(d);
	if (!d->foreground) {
		go_to_background(d);
		write_pid_file(d);
	}
	if ((d->base = event_base_new()) == NULL)
		fatalx("no event base");
}

void
daemon_say_ready(struct daemon *d)
{
	int fd = d->private->ready_fd;

	if (fd == -1)
		return;
	if (write(fd, "", 1) != 1 || dup2(STDOUT_FILENO, STDERR_FILENO) == -1)
		log_warn("telling the caller that all is well");
	close(fd);
	d->private->ready_fd = -1;
}
