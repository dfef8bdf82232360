/* SPDX-License-Identifier: ISC
 *
 * The resolver's thread and its two queues. A lookup is one object that
 * goes from the loop to the thread and back; the lock is held only while it
 * changes queues.
 */
#include <errno.h>
#include <event2/event.h>
#include <pthread.h>
#include <pwd.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/queue.h>
#include <unistd.h>

#include "common/limits.h"
#include "common/log.h"
#include "resolver.h"

struct lookup {
	STAILQ_ENTRY(lookup) entry;
	bool own_name; /* else this is about a user */
	struct hostname hostname;
	uint32_t uid;
	bool found;
	char name[LIMIT_USER_NAME + 1];
};
STAILQ_HEAD(lookups, lookup);

/* What the loop and the thread share; the last of them frees it. */
struct shared {
	pthread_mutex_t lock;
	pthread_cond_t more;
	struct lookups asked;
	struct lookups answered;
	bool stop;
	unsigned owners;
	int wake; /* eventfd: there are answers */
};

struct resolver {
	struct shared *shared;
	struct resolver_calls calls;
	struct event *event;
	unsigned users; /* lookups of users on their way */
};

static void
free_lookups(struct lookups *list)
{
	struct lookup *l;

	while ((l = STAILQ_FIRST(list)) != NULL) {
		STAILQ_REMOVE_HEAD(list, entry);
		free(l);
	}
}

/* Called with the lock held; gives it back. */
static void
leave_shared(struct shared *s)
{
	bool last = --s->owners == 0;

	pthread_mutex_unlock(&s->lock);
	if (!last)
		return;
	free_lookups(&s->asked);
	free_lookups(&s->answered);
	close(s->wake);
	pthread_cond_destroy(&s->more);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

static void
find_user(struct lookup *l)
{
	struct passwd pw, *result = NULL;
	size_t size = 4096;
	char *buf = NULL;
	size_t len;
	int error;

	do {
		size *= 2;
		buf = xrealloc(buf, size);
		error = getpwuid_r((uid_t)l->uid, &pw, buf, size, &result);
	} while (error == ERANGE && size < LIMIT_NSS_BUFFER);
	len = result != NULL ? strlen(pw.pw_name) : sizeof(l->name);
	l->found = len < sizeof(l->name);
	if (l->found)
		memcpy(l->name, pw.pw_name, len + 1);
	free(buf);
}

static void *
run(void *arg)
{
	struct shared *s = arg;
	const uint64_t one = 1;
	struct lookup *l;

	pthread_mutex_lock(&s->lock);
	while (!s->stop) {
		if ((l = STAILQ_FIRST(&s->asked)) == NULL) {
			pthread_cond_wait(&s->more, &s->lock);
			continue;
		}
		STAILQ_REMOVE_HEAD(&s->asked, entry);
		pthread_mutex_unlock(&s->lock);
		if (l->own_name)
			hostname_find_own(&l->hostname);
		else
			find_user(l);
		pthread_mutex_lock(&s->lock);
		STAILQ_INSERT_TAIL(&s->answered, l, entry);
		while (
		    write(s->wake, &one, sizeof(one)) == -1 && errno == EINTR)
			;
	}
	leave_shared(s);
	return NULL;
}

static void
on_wake(evutil_socket_t fd, short what, void *arg)
{
	struct resolver *r = arg;
	struct lookups answered = STAILQ_HEAD_INITIALIZER(answered);
	struct lookup *l = NULL;
	uint64_t count;

	(void)what;
	if (read(fd, &count, sizeof(count)) == -1)
		return;
	pthread_mutex_lock(&r->shared->lock);
	STAILQ_CONCAT(&answered, &r->shared->answered);
	pthread_mutex_unlock(&r->shared->lock);
	STAILQ_FOREACH(l, &answered, entry) {
		if (l->own_name)
			r->calls.on_hostname(&l->hostname, r->calls.arg);
		else {
			r->users--;
			r->calls.on_user(
			    l->uid, l->found ? l->name : NULL, r->calls.arg);
		}
	}
	free_lookups(&answered);
}

/* Signals are the loop's, so the thread is born with all of them blocked. */
static void
start_thread(struct shared *s)
{
	sigset_t all, former;
	pthread_t thread;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &former);
	if ((errno = pthread_create(&thread, NULL, run, s)) != 0)
		fatal("starting a thread");
	pthread_detach(thread);
	pthread_sigmask(SIG_SETMASK, &former, NULL);
}

struct resolver *
resolver_new(struct event_base *base, const struct resolver_calls *calls)
{
	struct resolver *r = xcalloc(1, sizeof(*r));
	struct shared *s = xcalloc(1, sizeof(*s));

	r->shared = s;
	r->calls = *calls;
	s->owners = 2;
	STAILQ_INIT(&s->asked);
	STAILQ_INIT(&s->answered);
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->more, NULL);
	s->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (s->wake == -1)
		fatal("eventfd");
	r->event = event_new(base, s->wake, EV_READ | EV_PERSIST, on_wake, r);
	if (r->event == NULL || event_add(r->event, NULL) == -1)
		fatalx("out of memory");
	start_thread(s);
	return r;
}

void
resolver_free(struct resolver *resolver)
{
	struct shared *s;

	if (resolver == NULL)
		return;
	s = resolver->shared;
	event_free(resolver->event);
	free(resolver);
	pthread_mutex_lock(&s->lock);
	s->stop = true;
	pthread_cond_signal(&s->more);
	leave_shared(s);
}

/* Drops a question for the host's name that nobody has begun to answer. */
static void
forget_hostname(struct shared *s)
{
	struct lookup *l;

	pthread_mutex_lock(&s->lock);
	l = STAILQ_FIRST(&s->asked);
	while (l != NULL && !l->own_name)
		l = STAILQ_NEXT(l, entry);
	if (l != NULL) {
		STAILQ_REMOVE(&s->asked, l, lookup, entry);
		free(l);
	}
	pthread_mutex_unlock(&s->lock);
}

static void
ask(struct resolver *r, struct lookup *l)
{
	pthread_mutex_lock(&r->shared->lock);
	STAILQ_INSERT_TAIL(&r->shared->asked, l, entry);
	pthread_cond_signal(&r->shared->more);
	pthread_mutex_unlock(&r->shared->lock);
}

int
resolver_ask_user(struct resolver *resolver, uint32_t uid)
{
	struct lookup *l;

	if (resolver->users >= LIMIT_USER_QUEUE)
		return -1;
	resolver->users++;
	l = xcalloc(1, sizeof(*l));
	l->uid = uid;
	ask(resolver, l);
	return 0;
}

void
resolver_ask_hostname(struct resolver *resolver)
{
	struct lookup *l = xcalloc(1, sizeof(*l));

	forget_hostname(resolver->shared);
	l->own_name = true;
	ask(resolver, l);
}
