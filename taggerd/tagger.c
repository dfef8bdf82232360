/* SPDX-License-Identifier: ISC
 *
 * The context's life: sockets, sources, start, reload, the one-second tick
 * and the end.
 */
#include <event2/event.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/daemon.h"
#include "common/limits.h"
#include "common/log.h"
#include "common/runtime.h"
#include "common/unixsock.h"
#include "exclusion.h"
#include "fetch.h"
#include "hosttags.h"
#include "incontainer.h"
#include "resolver.h"
#include "tagger_private.h"
#include "tagstore.h"
#include "users.h"
#include "view.h"
#include "waiting.h"

bool
tagger_check(const struct config *config, FILE *out)
{
	struct exclusion *exclusion = exclusion_new(config, out);
	bool good = exclusion != NULL;

	exclusion_free(exclusion);
	return sources_check(config, out) && good;
}

void
tagger_bind(struct tagger_sockets *sockets, const struct daemon *d)
{
	sockets->collect = unixsock_bind(
	    d->rundir, SOCK_COLLECT, d->priv.uid, d->priv.gid);
	if (sockets->collect == -1)
		fatal("%s/%s", d->rundir, SOCK_COLLECT);
	sockets->view = unixsock_bind(
	    d->rundir, SOCK_VIEW, d->priv.uid, d->priv.gid);
	if (sockets->view == -1)
		fatal("%s/%s", d->rundir, SOCK_VIEW);
}

static void
on_user(uint32_t uid, const char *name, void *arg)
{
	struct tagger *t = arg;

	users_answer(t->users, uid, name);
}

/* Takes the name that counts now, if that is another one. */
static void
settle_hostname(struct tagger *t)
{
	const struct hostname *hostname = hostoffers_pick(
	    &t->offers, clock_mono_ns());

	if (hostname == NULL || !host_set_name(&t->host, hostname))
		return;
	log_info("host name is %s (%s)", hostname->name, hostname->source);
	push_later(t, PUSH_HOST | PUSH_TAGGERD);
}

/* The resolver's answer. */
static void
on_own_hostname(const struct hostname *hostname, void *arg)
{
	struct tagger *t = arg;

	if (hostname->name[0] == '\0')
		log_warnx("this host has no usable name of its own: "
			  "set `hostname`");
	hostoffers_take(
	    &t->offers, OFFER_SYSTEM, hostname->name, hostname->source);
	settle_hostname(t);
}

static int
ask_user(void *arg, uint32_t uid)
{
	struct tagger *t = arg;

	return resolver_ask_user(t->resolver, uid);
}

/* HOST_ETC is another system's /etc: what our NSS knows is not of it. */
static void
make_sources(struct tagger *t)
{
	const struct config *config = t->d->config;
	bool foreign = config->origin[CONFIG_KEY_host_etc] != NULL;
	char path[LIMIT_PATH];

	snprintf(path, sizeof(path), "%s/passwd", config->host_etc);
	t->users = users_new(path, foreign ? NULL : ask_user, t);
	users_refresh(t->users, clock_mono_ns());
	t->hosttags = hosttags_new();
	t->sources[0] = users_source(t->users);
	t->sources[1] = hosttags_source(t->hosttags);
	t->n_sources = TAGGER_OWN_SOURCES;
	t->store = tagstore_new();
	t->fetcher = fetcher_new(t->d->base);
	t->relay.sources = t->sources;
	t->relay.store = t->store;
	t->host.tags = t->hosttags;
}

/* What a source of containers offers. */
static void
on_hostname(enum host_offer who, const char *name, void *arg)
{
	static const char *const labels[OFFERS] = { [OFFER_FARGATE] = "fargate",
		[OFFER_KUBELET] = "kubelet",
		[OFFER_DOCKER] = "docker" };
	struct tagger *t = arg;

	hostoffers_take(&t->offers, who, name, labels[who]);
	settle_hostname(t);
}

static void
on_looked(void *arg)
{
	struct tagger *t = arg;

	waiting_looked(t->waiting);
	push_later(t, PUSH_TAGGERD);
}

/* Makes the sources of containers, in place of those of a former
 * configuration. */
static void
make_container_sources(struct tagger *t)
{
	const struct source_env env = { .base = t->d->base,
		.store = t->store,
		.fetcher = t->fetcher,
		.feed = &t->feed,
		.offers = &t->offers,
		.config = t->d->config,
		.broker = t->broker,
		.on_hostname = on_hostname,
		.on_looked = on_looked,
		.arg = t };
	struct source *first = &t->sources[TAGGER_OWN_SOURCES];

	sources_free(first, t->n_sources - TAGGER_OWN_SOURCES);
	t->n_sources = TAGGER_OWN_SOURCES + sources_make(first, &env);
}

/* A configured name needs nobody who is slow. */
static void
find_hostname(struct tagger *t)
{
	const struct config *config = t->d->config;

	hostoffers_begin(
	    &t->offers, config, incontainer(config), clock_mono_ns());
	if (config->hostname == NULL) {
		resolver_ask_hostname(t->resolver);
		return;
	}
	hostoffers_take(&t->offers, OFFER_CONFIG, config->hostname,
	    config_origin(config, "hostname"));
	settle_hostname(t);
}

static void
configure(struct tagger *t)
{
	const struct config *config = t->d->config;
	/* tagger_check() has seen to it that there is nothing to say. */
	struct exclusion *exclusion = exclusion_new(config, stderr);

	tagstore_configure(t->store, config->tag_names, exclusion);
	hosttags_set(t->hosttags, &config->tags, config->send_host_tags);
	t->host.container_host = runtime_is_fargate(config)
	    ? HOST_FARGATE_ECS
	    : HOST_NOT_SPECIFIED;
	find_hostname(t);
	make_container_sources(t);
}

/* What the sources said holds for a while, until those that take their place
 * say it again: there may be others now. */
static void
end_all_said(struct tagger *t)
{
	uint64_t now = clock_mono_ns();
	enum tagstore_source s;

	for (s = TAGSTORE_DOCKER; s < TAGSTORE_SOURCES; s++) {
		tagstore_list_begin(t->store, s);
		tagstore_list_end(t->store, s, now, LIMIT_TAGS_KEPT);
	}
}

static void
on_reload(void *arg)
{
	struct tagger *t = arg;

	end_all_said(t);
	fetcher_reload(t->fetcher);
	configure(t);
	waiting_looked(t->waiting); /* the sources are others now */
	push_later(t, PUSH_HOST | PUSH_TAGGERD);
}

static void
on_push_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	push_now(arg);
}

/* What only time changes: leases, questions without an answer, the age of
 * what viewers were told. */
static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct tagger *t = arg;

	(void)fd;
	(void)what;
	view_expire(t->view, clock_mono_ns());
	settle_hostname(t);
	tagstore_expire(t->store, clock_mono_ns());
	push_later(t, PUSH_REALTIME);
	if (++t->ticks % LIMIT_STATUS_INTERVAL == 0)
		push_later(t, PUSH_STATUSES);
}

static void
wishes_changed(void *arg)
{
	push_later(arg, PUSH_REALTIME | PUSH_TAGGERD);
}

static int
inspect(const struct rec_inspect *rec, void *arg)
{
	struct tagger *t = arg;

	if (t->collectord == NULL)
		return -1;
	return link_send(t->collectord, MSG_inspect, rec);
}

static void
start_timers(struct tagger *t)
{
	const struct timeval second = { .tv_sec = 1 };

	t->push_timer = evtimer_new(t->d->base, on_push_timer, t);
	t->tick = event_new(t->d->base, -1, EV_PERSIST, on_tick, t);
	if (t->push_timer == NULL || t->tick == NULL ||
	    event_add(t->tick, &second) == -1)
		fatalx("out of memory");
}

/* Of large pieces, such as answers of 5 MB: glibc gives them back to the
 * system at once, until it has seen the first, unless it is told to. */
static void
give_memory_back(void)
{
	mallopt(M_MMAP_THRESHOLD, LIMIT_HEAP_PIECE);
}

struct tagger *
tagger_new(struct daemon *d, const struct tagger_sockets *sockets)
{
	struct tagger *t = xcalloc(1, sizeof(*t));
	const struct view_calls view_calls = { .greet = push_greet_viewer,
		.wishes_changed = wishes_changed,
		.inspect = inspect,
		.arg = t };
	const struct resolver_calls resolver_calls = {
		.on_user = on_user, .on_hostname = on_own_hostname, .arg = t
	};

	give_memory_back();
	t->d = d;
	t->broker = sockets->broker;
	start_timers(t);
	make_sources(t);
	t->resolver = resolver_new(d->base, &resolver_calls);
	t->view = view_new(d->base, sockets->view, &d->priv, &view_calls);
	if (t->view == NULL)
		fatal("serving %s", SOCK_VIEW);
	neighbours_start(t, sockets->collect);
	configure(t);
	d->on_reload = on_reload;
	d->arg = t;
	return t;
}

void
tagger_free(struct tagger *tagger)
{
	if (tagger == NULL)
		return;
	neighbours_stop(tagger);
	view_free(tagger->view);
	resolver_free(tagger->resolver);
	outbox_clear(&tagger->outbox);
	batch_unref(tagger->last_full);
	batch_unref(tagger->last_realtime);
	host_clear(&tagger->host);
	sources_free(&tagger->sources[TAGGER_OWN_SOURCES],
	    tagger->n_sources - TAGGER_OWN_SOURCES);
	fetcher_free(tagger->fetcher);
	tagstore_free(tagger->store);
	users_free(tagger->users);
	hosttags_free(tagger->hosttags);
	event_free(tagger->push_timer);
	event_free(tagger->tick);
	close(tagger->broker);
	free(tagger);
}
