/* SPDX-License-Identifier: ISC
 *
 * The daemon's life: start, the second's tick, reload, stop. It holds the
 * API keys; they leave it in a request's head and in no other way.
 */
#include <event2/event.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/config.h"
#include "common/dns.h"
#include "common/log.h"
#include "common/tls.h"
#include "common/unixsock.h"
#include "proxy.h"
#include "queue.h"
#include "shipper.h"
#include "shipper_private.h"
#include "spool.h"

int
shipper_bind(const struct daemon *d)
{
	int fd = unixsock_bind(d->rundir, SOCK_SHIP, d->priv.uid, d->priv.gid);

	if (fd == -1)
		fatal("%s/%s", d->rundir, SOCK_SHIP);
	return fd;
}

void
shipper_make_spool(const struct daemon *d)
{
	const char *path = d->config->spool_path;

	if (path != NULL && d->config->n_endpoints > 0 &&
	    spool_make_dir(path, d->priv.uid, d->priv.gid) == -1)
		log_warn("making %s", path);
}

void
shipper_wake_endpoints(struct shipper *s)
{
	unsigned i;

	for (i = 0; i < s->n_endpoints; i++)
		endpoint_wake(s->endpoints[i]);
}

/* While stopping: leave as soon as everybody is through. */
static void
leave_if_through(struct shipper *s)
{
	unsigned i;

	for (i = 0; i < s->n_endpoints; i++)
		if (!endpoint_is_through(s->endpoints[i]))
			return;
	event_base_loopexit(s->d->base, NULL);
}

static void
on_endpoint_change(void *arg)
{
	struct shipper *s = arg;

	s->status_due = true;
	if (s->env.stopping)
		leave_if_through(s);
}

/* A spool that works again may hold what endpoints wait for. */
static void
tick_spool(struct shipper *s)
{
	bool failed = s->spool != NULL && spool_trouble(s->spool)[0] != '\0';

	queue_tick(s->queue);
	report_losses(s);
	if (failed && spool_trouble(s->spool)[0] == '\0')
		shipper_wake_endpoints(s);
}

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct shipper *s = arg;
	uint64_t now = clock_mono_ns();

	(void)fd;
	(void)what;
	queue_expire(s->queue, now);
	tick_spool(s);
	upstream_tick(s, now);
	report_gauges(s, now);
}

static bool
may_connect(uid_t uid, void *arg)
{
	const struct shipper *s = arg;

	return priv_peer_is(&s->d->priv, USER_TAGGERD, uid);
}

static void
on_up(struct link *link, void *arg)
{
	struct shipper *s = arg;

	(void)link;
	s->status_due = s->wish_due = true;
	upstream_say_taken(s);
	upstream_tick(s, clock_mono_ns());
}

static void
on_down(struct link *link, void *arg)
{
	(void)link;
	intake_abandon(arg);
}

/* The endpoint among the old ones that config means, or -1. */
static int
find_endpoint(const struct shipper *s, const struct config_endpoint *config)
{
	unsigned i;

	for (i = 0; i < s->n_endpoints; i++)
		if (s->endpoints[i] != NULL &&
		    endpoint_is(s->endpoints[i], config))
			return (int)i;
	return -1;
}

static void
name_endpoints(struct shipper *s, const struct config *config)
{
	struct spool_name names[LIMIT_ENDPOINTS];
	unsigned i;

	if (s->spool == NULL)
		return;
	for (i = 0; i < config->n_endpoints; i++)
		names[i] = (struct spool_name){ config->endpoints[i].url,
			config->endpoints[i].api_key };
	spool_set_endpoints(s->spool, names, config->n_endpoints);
}

/* Another directory begins empty; what the former one holds stays there. */
static void
set_spool(struct shipper *s, const struct config *config)
{
	const char *path = config->spool_path;

	if (s->spool != NULL &&
	    (path == NULL || strcmp(spool_path(s->spool), path) != 0)) {
		queue_set_spool(s->queue, NULL);
		report_spooled(s);
		spool_free(s->spool);
		s->spool = NULL;
	}
	if (s->spool != NULL)
		spool_set_bounds(
		    s->spool, config->spool_max_size, config->spool_max_age);
	else if (path != NULL)
		s->spool = spool_new(
		    path, config->spool_max_size, config->spool_max_age);
	if (s->spool != NULL && s->taken == 0)
		s->taken = spool_stamp(s->spool);
	queue_set_spool(s->queue, s->spool);
	queue_set_rate(s->queue, (uint64_t)config->spool_drain_rate);
}

/* A new key for an address takes over what the old one is owed: one each, as
 * in the spool. */
static void
take_over(const struct shipper *s, int *map, const char *url, unsigned heir)
{
	unsigned i;

	for (i = 0; i < s->n_endpoints; i++)
		if (map[i] == -1 && endpoint_is_at(s->endpoints[i], url)) {
			map[i] = (int)heir;
			return;
		}
}

/* Those that stay keep their connection, their state and what they are
 * owed; the others go, and new ones begin with the next snapshot. */
static void
set_endpoints(struct shipper *s, const struct config *config)
{
	struct endpoint *fresh[LIMIT_ENDPOINTS] = { NULL };
	int map[LIMIT_ENDPOINTS], old;
	uint32_t added = 0;
	unsigned i;

	memset(map, -1, sizeof(map));
	for (i = 0; i < config->n_endpoints; i++) {
		old = find_endpoint(s, &config->endpoints[i]);
		if (old == -1) {
			fresh[i] = endpoint_new(
			    &s->env, i, &config->endpoints[i]);
			added |= 1u << i;
			continue;
		}
		map[old] = (int)i;
		fresh[i] = s->endpoints[old];
		endpoint_renew(fresh[i], i, &config->endpoints[i]);
		s->endpoints[old] = NULL;
	}
	for (i = 0; i < config->n_endpoints; i++)
		if (added & 1u << i)
			take_over(s, map, config->endpoints[i].url, i);
	for (i = 0; i < s->n_endpoints; i++)
		endpoint_free(s->endpoints[i]);
	queue_renumber(s->queue, map, s->n_endpoints);
	name_endpoints(s, config);
	memcpy(s->endpoints, fresh, sizeof(fresh));
	s->n_endpoints = config->n_endpoints;
	report_endpoints_change(s);
}

/* What a good configuration says that is not looked up when it is needed. */
static void
take_config(struct shipper *s, const struct config *config)
{
	struct proxy *old = s->env.proxy;

	s->env.tls = s->tls;
	s->env.proxy = proxy_new(&config->proxy);
	dogstatsd_free(s->dogstatsd);
	s->dogstatsd = dogstatsd_new(
	    s->dns, config->bind_host, config->dogstatsd_port);
	payloader_free(s->payloader);
	s->payloader = payloader_new(config->wire_encoding == CONFIG_WIRE_ZSTD
		? PAYLOAD_ZSTD
		: PAYLOAD_PROTOBUF);
	queue_set_bounds(
	    s->queue, (uint32_t)config->queue_size, LIMIT_QUEUE_BYTES);
	set_spool(s, config);
	set_endpoints(s, config);
	queue_note(s->queue);
	shipper_wake_endpoints(s); /* new ones may have inherited */
	proxy_unref(old);
	if (s->n_endpoints == 0) {
		log_info("no API key: nothing is sent, this host's view only");
		intake_abandon(s);
		intake_drop_held(s);
	}
	s->status_due = true;
}

/* Returns NULL with an error in why. */
static struct tls *
make_tls(const struct config *config, char *why, size_t size)
{
	if (config->skip_ssl_validation)
		log_warnx("skip_ssl_validation is set: anybody between this "
			  "host and the intake can read the API key and "
			  "everything that is sent");
	return tls_new(config->ca_file, config->skip_ssl_validation, why, size);
}

static void
on_reload(void *arg)
{
	struct shipper *s = arg;
	const struct config *config = s->d->config;
	struct tls *old = s->tls, *tls;
	char why[512];

	tls = make_tls(config, why, sizeof(why));
	if (tls == NULL) {
		log_warnx("ca_file: %s; the endpoints stay as they were", why);
		return;
	}
	dns_reload(s->dns);
	s->tls = tls;
	take_config(s, config);
	tls_free(old);
}

static void
on_stop_timer(evutil_socket_t fd, short what, void *arg)
{
	struct shipper *s = arg;

	(void)fd;
	(void)what;
	event_base_loopexit(s->d->base, NULL);
}

static void
on_stop(void *arg)
{
	struct timeval tv = { .tv_sec = LIMIT_SHUTDOWN };
	struct shipper *s = arg;
	unsigned i;

	s->env.stopping = true;
	intake_abandon(s);
	intake_drop_held(s);
	queue_set_rate(s->queue, 0);
	for (i = 0; i < s->n_endpoints; i++)
		endpoint_hurry(s->endpoints[i]);
	event_add(s->stop_timer, &tv);
	leave_if_through(s);
}

static void
fill_role(struct shipper *s)
{
	s->role = (struct link_role){ .self = R_SHIPPERD,
		.peer = R_TAGGERD,
		.handlers = { [MSG_host] = intake_take_host,
		    [MSG_snapshot_begin] = intake_begin_snapshot,
		    [MSG_container] = intake_take_container,
		    [MSG_container_stat] = intake_take_container_stat,
		    [MSG_process] = intake_take_process,
		    [MSG_process_stat] = intake_take_stat,
		    [MSG_snapshot_end] = intake_end_snapshot },
		.on_up = on_up,
		.on_down = on_down,
		.arg = s,
		.may_connect = may_connect };
}

struct shipper *
shipper_new(struct daemon *d, int fd)
{
	const struct timeval second = { .tv_sec = 1 };
	struct shipper *s = xcalloc(1, sizeof(*s));
	char why[512];

	/* Snapshots are large and short-lived; the heap would keep their holes. */
	mallopt(M_MMAP_THRESHOLD, LIMIT_HEAP_PIECE);
	s->d = d;
	d->on_reload = on_reload;
	d->on_stop = on_stop;
	d->arg = s;
	TAILQ_INIT(&s->held);
	s->dns = dns_new(d->base);
	s->queue = queue_new(
	    (uint32_t)d->config->queue_size, LIMIT_QUEUE_BYTES);
	s->encoder = encoder_new();
	s->tls = make_tls(d->config, why, sizeof(why));
	if (s->tls == NULL)
		fatalx("ca_file: %s", why);
	s->env = (struct endpoint_env){ .base = d->base,
		.dns = s->dns,
		.queue = s->queue,
		.hostname = "",
		.on_change = on_endpoint_change,
		.arg = s };
	take_config(s, d->config);
	s->tick = event_new(d->base, -1, EV_PERSIST, on_tick, s);
	s->stop_timer = evtimer_new(d->base, on_stop_timer, s);
	if (s->tick == NULL || s->stop_timer == NULL)
		fatalx("out of memory");
	event_add(s->tick, &second);
	fill_role(s);
	s->server = link_serve(d->base, fd, &s->role, 1);
	if (s->server == NULL)
		fatal("%s", SOCK_SHIP);
	return s;
}

void
shipper_free(struct shipper *s)
{
	unsigned i;

	if (s->spool != NULL)
		spool_try(s->spool);
	queue_tick(s->queue);
	report_losses(s);
	report_left(s);
	link_server_free(s->server);
	for (i = 0; i < s->n_endpoints; i++)
		endpoint_free(s->endpoints[i]);
	queue_free(s->queue);
	spool_free(s->spool);
	intake_drop_held(s);
	dogstatsd_free(s->dogstatsd);
	dns_free(s->dns);
	tls_free(s->tls);
	proxy_unref(s->env.proxy);
	payloader_free(s->payloader);
	encoder_free(s->encoder);
	encode_host_free(s->host);
	event_free(s->tick);
	event_free(s->stop_timer);
	free(s);
}
