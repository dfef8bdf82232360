/* SPDX-License-Identifier: ISC
 *
 * One payload at a time, and what its answer means. The API key is in
 * the request's head and nowhere else: never in a message.
 */
#include <event2/event.h>
#include <event2/util.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/config.h"
#include "common/http.h"
#include "common/log.h"
#include "conn.h"
#include "endpoint_private.h"
#include "payload.h"
#include "proxy.h"
#include "queue.h"
#include "reply.h"

static void send_next(struct endpoint *e);

/* The same trouble again is said once in a while. */
static void
complain(struct endpoint *e, const char *text)
{
	uint64_t now = clock_mono_ns();
	bool again = strcmp(e->complaint, text) == 0 &&
	    now - e->complained < LIMIT_COMPLAINT * CLOCK_NS_PER_S;

	if (again) {
		log_debug("%s: %s", e->url, text);
		return;
	}
	snprintf(e->complaint, sizeof(e->complaint), "%s", text);
	e->complained = now;
	log_warnx("%s: %s", e->url, text);
}

static void
fail(struct endpoint *e, const char *text)
{
	snprintf(e->last_error, sizeof(e->last_error), "%s", text);
	complain(e, text);
}

static void
wait_for(struct endpoint *e, enum endpoint_state state, int64_t ms)
{
	struct timeval tv = { .tv_sec = ms / 1000,
		.tv_usec = (ms % 1000) * 1000 };

	e->state = state;
	event_add(e->timer, &tv);
}

/* Doubles with each failure; half of it again by chance, at the longest wait
 * as well, so that hosts that failed together do not come back together. */
static int64_t
backoff_ms(const struct endpoint *e, int64_t retry_after)
{
	int64_t ms = LIMIT_BACKOFF_MIN * 1000, max = LIMIT_BACKOFF_MAX * 1000;
	unsigned i;
	uint32_t chance;

	for (i = 1; i < e->failures && ms < max; i++)
		ms *= 2;
	if (ms > max / 3 * 2)
		ms = max / 3 * 2;
	if (ms < retry_after * 1000)
		ms = retry_after * 1000;
	if (ms > max)
		ms = max;
	evutil_secure_rng_get_bytes(&chance, sizeof(chance));
	ms += (int64_t)(chance % (uint32_t)(ms / 2));
	return ms < max ? ms : max;
}

/* The payload was not taken, but might be another time. */
static void
put_back(struct endpoint *e)
{
	if (e->payload->kind == SNAPSHOT_REALTIME) {
		e->late++;
		queue_settle(e->env->queue, e->index, e->payload);
	} else
		e->retried++;
	queue_put_back(e->env->queue, e->index, e->payload);
	e->failures++;
	e->gave_up = e->env->stopping;
}

static void
settle(struct endpoint *e, enum outcome outcome, const char *text,
    int64_t retry_after)
{
	switch (outcome) {
	case OUT_DELIVERED:
		e->delivered++;
		e->last_success = clock_wall_ms();
		if (e->failures > 0)
			log_info("%s: works again", e->url);
		e->failures = 0;
		e->last_error[0] = '\0';
		queue_settle(e->env->queue, e->index, e->payload);
		e->state = EP_READY;
		break;
	case OUT_REFUSED:
		e->refused++;
		e->failures = 0;
		fail(e, text);
		queue_settle(e->env->queue, e->index, e->payload);
		e->state = EP_READY;
		break;
	case OUT_RETRY:
		put_back(e);
		fail(e, text);
		wait_for(e, EP_BACKOFF, backoff_ms(e, retry_after));
		break;
	case OUT_PAUSE:
		put_back(e);
		fail(e, text);
		wait_for(e, EP_PAUSED, LIMIT_AUTH_PAUSE * 1000);
		break;
	}
	payload_unref(e->payload);
	e->payload = NULL;
}

/* The body of a 2xx answer. What cannot be read changes nothing: the intake
 * has said that it took the payload. */
static void
judge_reply(struct endpoint *e, const struct buf *body, struct verdict *v)
{
	struct reply reply;
	const char *why;

	if (body->len == 0)
		return;
	if (reply_decode(body->data, body->len, &reply, &why) == -1) {
		complain(e, why);
		return;
	}
	wish_hear(&e->wish, &reply, clock_mono_ns());
	reply_hide(&reply, e->api_key);
	if (reply.message[0] == '\0')
		return;
	snprintf(v->text, sizeof(v->text), "a payload is refused: %.200s",
	    reply.message);
	v->outcome = OUT_REFUSED;
}

static void
on_done(const struct http_response *response, const char *why, void *arg)
{
	struct endpoint *e = arg;
	struct verdict v = { .outcome = OUT_RETRY };
	int64_t retry_after = 0;

	if (response == NULL) {
		snprintf(v.text, sizeof(v.text), "%s", why);
		v.step = conn_report(e->conn)->step;
	} else {
		verdict_of_status(&v, response->status, e->target.absolute);
		if (response->retry_after > 0)
			retry_after = response->retry_after;
		if (v.outcome == OUT_DELIVERED)
			judge_reply(e, &response->body, &v);
	}
	e->last_try = clock_wall_ms();
	e->step = v.step;
	settle(e, v.outcome, v.text, retry_after);
	send_next(e);
	e->env->on_change(e->env->arg);
}

static void
send_next(struct endpoint *e)
{
	uint64_t now = clock_mono_ns();
	struct payload *payload;
	unsigned wait_ms;

	if (e->state != EP_READY || e->env->hostname[0] == '\0')
		return; /* a spool that waits has no name to go under yet */
	queue_expire(e->env->queue, now);
	payload = queue_next(e->env->queue, e->index, now, &wait_ms);
	event_del(e->timer);
	if (payload == NULL) {
		if (wait_ms > 0)
			wait_for(e, EP_READY, wait_ms);
		return;
	}
	e->payload = payload_ref(payload);
	e->state = EP_SENDING;
	request_write_head(&e->head, &e->target, payload, e->env->hostname);
	conn_request(e->conn, &e->head, e->payload);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct endpoint *e = arg;

	(void)fd;
	(void)what;
	e->state = EP_READY;
	send_next(e);
}

/* Directly, or through env->proxy and never without it. */
static void
set_way(struct endpoint *e, bool proxied)
{
	struct proxy *old = e->proxy;

	e->proxy = proxied ? proxy_ref(e->env->proxy) : NULL;
	proxy_unref(old);
	proxy_aim(e->proxy, &e->target);
	conn_set_way(e->conn, e->env->tls, e->proxy);
}

struct endpoint *
endpoint_new(const struct endpoint_env *env, unsigned index,
    const struct config_endpoint *config)
{
	struct endpoint *e = xcalloc(1, sizeof(*e));
	struct conn_target to;

	e->env = env;
	e->index = index;
	e->url = xstrdup(config->url);
	e->host = xstrdup(config->host);
	e->path = xstrdup(config->path);
	e->api_key = xstrdup(config->api_key);
	e->target = (struct request_target){ .host = e->host,
		.port = config->port,
		.tls = config->tls,
		.path = e->path,
		.api_key = e->api_key };
	to = (struct conn_target){ e->host, config->port, config->tls };
	e->conn = conn_new(env->base, env->dns, &to, on_done, e);
	set_way(e, config->proxied);
	e->timer = evtimer_new(env->base, on_timer, e);
	if (e->timer == NULL)
		fatalx("out of memory");
	return e;
}

void
endpoint_free(struct endpoint *e)
{
	if (e == NULL)
		return;
	conn_free(e->conn);
	event_free(e->timer);
	payload_unref(e->payload);
	buf_free(&e->head);
	proxy_unref(e->proxy);
	explicit_bzero(e->api_key, strlen(e->api_key));
	free(e->api_key);
	free(e->path);
	free(e->host);
	free(e->url);
	free(e);
}

bool
endpoint_is(const struct endpoint *e, const struct config_endpoint *config)
{
	return strcmp(e->url, config->url) == 0 &&
	    strcmp(e->api_key, config->api_key) == 0;
}

bool
endpoint_is_at(const struct endpoint *e, const char *url)
{
	return strcmp(e->url, url) == 0;
}

void
endpoint_renew(
    struct endpoint *e, unsigned index, const struct config_endpoint *config)
{
	e->index = index;
	set_way(e, config->proxied);
	if (e->state == EP_BACKOFF || e->state == EP_PAUSED)
		wait_for(e, e->state, 0);
}

void
endpoint_wake(struct endpoint *e)
{
	send_next(e);
}

bool
endpoint_is_ready(const struct endpoint *e)
{
	return e->state == EP_READY || e->state == EP_SENDING;
}

void
endpoint_hurry(struct endpoint *e)
{
	if (e->state == EP_BACKOFF)
		e->state = EP_READY;
	send_next(e); /* nor does the backlog have a rate now */
}

bool
endpoint_is_through(const struct endpoint *e)
{
	return e->gave_up || e->state == EP_READY || e->state == EP_PAUSED;
}

const struct wish *
endpoint_wish(const struct endpoint *e)
{
	return &e->wish;
}
