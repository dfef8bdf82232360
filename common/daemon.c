/* SPDX-License-Identifier: ISC
 *
 * The life of a daemon: start, loop, reload, stop (daemon_detach.c has the
 * way to the background). Everything up to daemon_detach() may run as root;
 * nothing here parses what a process or a server sent.
 */
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "daemon.h"
#include "daemon_private.h"
#include "limits.h"
#include "log.h"
#include "options.h"
#include "runtime.h"

static char *
absolute(const char *path)
{
	char cwd[LIMIT_PATH], *out;

	if (path == NULL)
		return NULL;
	if (path[0] == '/')
		return xstrdup(path);
	if (getcwd(cwd, sizeof(cwd)) == NULL)
		fatal("where are we");
	if (asprintf(&out, "%s/%s", cwd, path) == -1)
		fatalx("out of memory");
	return out;
}

static void
raise_fd_limit(void)
{
	struct rlimit rl;

	if (getrlimit(RLIMIT_NOFILE, &rl) == -1)
		fatal("RLIMIT_NOFILE");
	rl.rlim_cur = rl.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &rl) == -1)
		log_warn("raising the limit of open files");
}

/* Whoever started us may have closed some of them. The next socket or file
 * would get that number, and the log would write into it. */
static void
fill_standard_fds(void)
{
	int fd;

	while ((fd = open("/dev/null", O_RDWR)) <= STDERR_FILENO)
		if (fd == -1)
			_exit(1); /* there may be nowhere to say why */
	close(fd);
}

/* A peer that has gone, and a file that has reached RLIMIT_FSIZE, are errors
 * of a write, and no reason to end. */
static void
ignore_signals(void)
{
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
}

/* SIGHUP ends a program that does not handle it yet, and a start can take long:
 * where the spool's disk is slow, for one. Until then it waits. */
static void
hold_reload(int how)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigprocmask(how, &set, NULL);
}

/* What the configuration has us collect. Returns whether it is anything. */
static bool
find_scope(const struct config *config, enum snapshot_scope *scope)
{
	*scope = SCOPE_ALL;
	if (config->process_agent_enabled != AGENT_UNSET)
		return config->process_agent_enabled == AGENT_ON;
	*scope = SCOPE_CONTAINERS;
	return runtime_found(config) != NULL;
}

/* A supervisor, who runs us in the foreground, takes an end right after the
 * start for a crash. */
static void
stay_off(const struct daemon *d)
{
	printf("%s: the process agent is not enabled%s. To enable it, set "
	       "\"process_agent_enabled: true\" in [Main] of %s, or "
	       "DD_PROCESS_AGENT_ENABLED=true in the environment.\n",
	    d->name,
	    d->config->process_agent_enabled == AGENT_UNSET
		? ", and no container runtime was found"
		: "",
	    d->config_path == NULL ? PATH_CONFIG : d->config_path);
	fflush(stdout);
	if (d->foreground)
		sleep(LIMIT_DISABLED_STAY);
	exit(0);
}

/* Returns an owned configuration that is good in every way, or NULL. */
static struct config *
load_config(const struct daemon *d, FILE *out)
{
	struct config *config = config_load(
	    d->spec->program, d->config_path, environ, out);

	if (config == NULL || d->spec->check == NULL ||
	    d->spec->check(config, out))
		return config;
	config_free(config);
	return NULL;
}

/* What -t tries once the configuration is good: nothing foreign is heard with
 * privilege, here as anywhere. Returns whether it went well. */
static bool
probe(struct daemon *d, const struct config *config)
{
	static const int no_caps[] = { -1 };

	environ = config_env_take(d->spec->program, environ);
	priv_lookup(&d->priv, d->spec->user);
	priv_drop(&d->priv, no_caps);
	return d->spec->probe(config, stdout);
}

/* What -t does. Returns the exit status. */
static int
test_config(struct daemon *d, bool print)
{
	struct config *config = config_load(
	    d->spec->program, d->config_path, environ, stderr);
	bool good;

	if (config == NULL)
		return 1;
	if (print)
		config_print(config, d->spec->program, stdout);
	good = d->spec->check == NULL || d->spec->check(config, stderr);
	if (good && !print && d->spec->probe != NULL)
		good = probe(d, config);
	config_free(config);
	return !good;
}

void
daemon_start(
    struct daemon *d, const struct daemon_spec *spec, int argc, char **argv)
{
	struct options o;

	fill_standard_fds();
	ignore_signals();
	options_parse(&o, spec->name, argc, argv);
	log_init(spec->name);
	*d = (struct daemon){ .spec = spec,
		.name = spec->name,
		.role = (enum role)spec->program,
		.foreground = o.foreground,
		.debug = o.debug,
		.started_ms = clock_wall_ms() };
	d->private = xcalloc(1, sizeof(*d->private));
	d->private->pid_fd = d->private->ready_fd = -1;
	d->config_path = absolute(o.config_path);
	if (o.test)
		exit(test_config(d, o.debug));
	hold_reload(SIG_BLOCK);
	if ((d->config = load_config(d, stderr)) == NULL)
		exit(1);
	environ = config_env_take(spec->program, environ);
	if (!find_scope(d->config, &d->scope))
		stay_off(d);
	d->rundir = absolute(o.rundir != NULL ? o.rundir : d->config->run_path);
	log_set_level(d->debug ? LOG_LEVEL_DEBUG : d->config->log_level);
	priv_lookup(&d->priv, spec->user);
	raise_fd_limit();
}

static void
on_deadline(evutil_socket_t fd, short what, void *arg)
{
	struct daemon *d = arg;

	(void)fd;
	(void)what;
	log_warnx("did not stop within %d s: leaving", LIMIT_SHUTDOWN + 1);
	event_base_loopbreak(d->base);
}

static void
on_stop_signal(evutil_socket_t fd, short what, void *arg)
{
	const struct timeval wait = { .tv_sec = LIMIT_SHUTDOWN + 1 };
	struct daemon *d = arg;

	(void)what;
	if (d->private->stopping || d->on_stop == NULL) {
		event_base_loopbreak(d->base);
		return;
	}
	log_info("stopping on signal %d", (int)fd);
	d->private->stopping = true;
	event_add(d->private->deadline, &wait);
	d->on_stop(d->arg);
}

/* Each line of text, to the log. */
static void
log_lines(char *text)
{
	char *line;

	while ((line = strsep(&text, "\n")) != NULL)
		if (line[0] != '\0')
			log_warnx("%s", line);
}

static void
on_reload_signal(evutil_socket_t fd, short what, void *arg)
{
	struct daemon *d = arg;
	struct config *fresh, *old = d->config;
	enum snapshot_scope scope;
	char *text = NULL;
	size_t size;
	FILE *out;

	(void)fd;
	(void)what;
	if (d->private->log_path != NULL && log_reopen() == -1)
		log_warn(
		    "%s: still logging to the old one", d->private->log_path);
	if ((out = open_memstream(&text, &size)) == NULL)
		fatal("open_memstream");
	fresh = load_config(d, out);
	fclose(out);
	log_lines(text);
	free(text);
	if (fresh == NULL) {
		log_warnx("the configuration stays as it was");
		return;
	}
	d->config = fresh;
	log_set_level(d->debug ? LOG_LEVEL_DEBUG : fresh->log_level);
	log_info("configuration read again");
	if (find_scope(fresh, &scope))
		d->scope = scope;
	else
		log_warnx("the process agent is not enabled any more: it goes "
			  "on until it is stopped");
	if (d->on_reload != NULL)
		d->on_reload(d->arg);
	config_free(old);
}

static struct event *
on_signal(struct daemon *d, int signo, event_callback_fn fn)
{
	struct event *ev = evsignal_new(d->base, signo, fn, d);

	if (ev == NULL || event_add(ev, NULL) == -1)
		fatalx("cannot handle signal %d", signo);
	return ev;
}

/* Freeing the signal events brings the default back, which is to die. */
static void
hold_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

int
daemon_run(struct daemon *d)
{
	int rv;

	d->private->signals[0] = on_signal(d, SIGTERM, on_stop_signal);
	d->private->signals[1] = on_signal(d, SIGINT, on_stop_signal);
	d->private->signals[2] = on_signal(d, SIGHUP, on_reload_signal);
	hold_reload(SIG_UNBLOCK);
	d->private->deadline = evtimer_new(d->base, on_deadline, d);
	if (d->private->deadline == NULL)
		fatalx("out of memory");
	selfstat_identity(&d->private->self);
	log_info("version %s running as uid %ld", VERSION, (long)geteuid());
	if (d->scope == SCOPE_CONTAINERS)
		log_info("containers only, as process_agent_enabled is not "
			 "set");
	daemon_say_ready(d);
	rv = event_base_dispatch(d->base);
	hold_signals();
	log_info("ended");
	return rv == -1;
}

void
daemon_fill_status(struct daemon *d, struct rec_status *st)
{
	struct selfstat *self = &d->private->self;

	selfstat_memory(self);
	st->daemon = d->role;
	st->up = true;
	st->version = SV(VERSION);
	st->pid = (int32_t)getpid();
	st->user = strview_of(self->user);
	st->uid = geteuid();
	st->capabilities = strview_of(self->caps);
	st->started = d->started_ms;
	st->rss = self->rss;
	st->pss = self->pss;
	st->at = clock_wall_ms();
}

void
daemon_free(struct daemon *d)
{
	size_t i;

	for (i = 0; i < 3; i++)
		if (d->private->signals[i] != NULL)
			event_free(d->private->signals[i]);
	if (d->private->deadline != NULL)
		event_free(d->private->deadline);
	if (d->base != NULL)
		event_base_free(d->base);
	if (d->private->pid_fd != -1) {
		if (ftruncate(d->private->pid_fd, 0) == -1)
			log_warn("emptying the pid file");
		close(d->private->pid_fd);
	}
	config_free(d->config);
	free(d->private->log_path);
	free(d->private);
	free(d->config_path);
	free(d->rundir);
}
