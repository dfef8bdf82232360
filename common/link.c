/* SPDX-License-Identifier: ISC
 *
 * One connection: greeting, reading frames, pausing, closing and connecting
 * again. No frame reaches a handler before schema_decode() and link_permit()
 * have passed it.
 */
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "clock.h"
#include "frame.h"
#include "limits.h"
#include "link_private.h"
#include "log.h"
#include "unixsock.h"
#include "version.h"

static void
set_timer(struct event *ev, unsigned ms)
{
	struct timeval tv = { .tv_sec = ms / 1000,
		.tv_usec = (suseconds_t)(ms % 1000) * 1000 };

	event_add(ev, &tv);
}

void
link_complain(struct link *link, const char *why)
{
	uint64_t now = clock_mono_ns();

	link->refused++;
	snprintf(link->last_error, sizeof(link->last_error), "%s", why);
	if (link->last_complaint != 0 &&
	    now - link->last_complaint < LIMIT_REFUSAL_LOG * CLOCK_NS_PER_S)
		return;
	link->last_complaint = now;
	log_warnx("%s closed: %s", schema_role_name(link->role->peer), why);
}

void
link_close(struct link *link, const char *why)
{
	if (link->state != LINK_GREETING && link->state != LINK_UP)
		return;
	if (why != NULL)
		link_complain(link, why);
	link->state = LINK_CLOSING;
	bufferevent_disable(link->bev, EV_READ | EV_WRITE);
	event_active(link->closer, EV_TIMEOUT, 0);
}

static void
greeted(struct link *link, const struct rec_hello *hello)
{
	if (hello->protocol + 1 < SCHEMA_PROTOCOL ||
	    hello->protocol > SCHEMA_PROTOCOL + 1) {
		link_close(link, "a version too far from ours");
		return;
	}
	event_del(link->timer);
	link->state = LINK_UP;
	link->was_up = true;
	link->protocol = hello->protocol;
	link->backoff_ms = LIMIT_RECONNECT_MIN;
	link->last_error[0] = '\0';
	log_debug("%s is up, version %.*s", schema_role_name(link->role->peer),
	    (int)hello->version.len, hello->version.s);
	if (link->role->on_up != NULL)
		link->role->on_up(link, link->role->arg);
	if (link->state == LINK_UP)
		link_queue_feed(link);
}

static void
take_frame(struct link *link, const unsigned char *data, size_t payload)
{
	struct strview frame = { (const char *)data,
		(uint32_t)(FRAME_WORD + payload) };
	union schema_any rec;
	const char *why;
	int type;

	type = schema_decode(
	    data + FRAME_WORD, payload, link->arena, &rec, &why);
	if (type == -1 ||
	    (why = link_permit(link, (uint32_t)type, payload)) != NULL) {
		link_close(link, why);
		return;
	}
	if (type == MSG_hello)
		greeted(link, &rec.hello);
	else if (link->role->handlers[type] != NULL)
		link->role->handlers[type](link, &rec, &frame, link->role->arg);
}

/* Whether the next frame may be taken. */
static bool
is_reading(const struct link *link)
{
	return !link->paused &&
	    (link->state == LINK_GREETING || link->state == LINK_UP);
}

static void
on_read(struct bufferevent *bev, void *arg)
{
	struct link *link = arg;
	struct evbuffer *in = bufferevent_get_input(bev);
	unsigned char word[FRAME_WORD];
	const unsigned char *frame;
	size_t payload = 0;
	bool took = false;
	int whole = 0;

	while (is_reading(link)) {
		if (evbuffer_copyout(in, word, sizeof(word)) < FRAME_WORD)
			break;
		whole = frame_peek(word, evbuffer_get_length(in), &payload);
		if (whole == -1) {
			link_close(link, "a frame of an impossible length");
			return;
		}
		if (whole == 0)
			break;
		frame = evbuffer_pullup(in, (ev_ssize_t)(FRAME_WORD + payload));
		if (frame == NULL)
			fatalx("out of memory");
		take_frame(link, frame, payload);
		evbuffer_drain(in, FRAME_WORD + payload);
		took = true;
	}
	if (took || evbuffer_get_length(in) == 0)
		event_del(link->partial); /* it was about another frame */
	if (evbuffer_get_length(in) > 0 && is_reading(link) &&
	    !event_pending(link->partial, EV_TIMEOUT, NULL))
		set_timer(link->partial, LIMIT_FRAME_TIMEOUT * 1000);
}

void
link_pause(struct link *link)
{
	if (link->state != LINK_UP)
		return;
	link->paused = true;
	bufferevent_disable(link->bev, EV_READ);
	event_del(link->partial); /* it is not the peer who is slow */
}

void
link_resume(struct link *link)
{
	if (link->state != LINK_UP || !link->paused)
		return;
	link->paused = false;
	bufferevent_enable(link->bev, EV_READ);
	/* What is there already makes no event of its own. */
	bufferevent_trigger(link->bev, EV_READ,
	    BEV_TRIG_IGNORE_WATERMARKS | BEV_TRIG_DEFER_CALLBACKS);
}

static void
on_written(struct bufferevent *bev, void *arg)
{
	(void)bev;
	link_queue_feed(arg);
}

static void
on_event(struct bufferevent *bev, short what, void *arg)
{
	struct link *link = arg;

	(void)bev;
	if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR))
		link_close(link, NULL);
}

static void
on_partial(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	link_close(arg, "a frame that does not end");
}

static void
on_closer(evutil_socket_t fd, short what, void *arg)
{
	struct link *link = arg;

	(void)fd;
	(void)what;
	link_teardown(link);
	if (link->server != NULL)
		link_server_forget(link->server, link);
}

static int
try_connect(struct link *link)
{
	struct sockaddr_un sun;
	int fd, saved;

	if (unixsock_address(&sun, link->path) == -1)
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return -1;
	if (connect(fd, (struct sockaddr *)&sun, sizeof(sun)) == -1) {
		saved = errno;
		close(fd);
		errno = saved;
		return -1;
	}
	return fd;
}

static void
connect_later(struct link *link)
{
	set_timer(link->timer, link->backoff_ms);
	link->backoff_ms *= 2;
	if (link->backoff_ms > LIMIT_RECONNECT_MAX)
		link->backoff_ms = LIMIT_RECONNECT_MAX;
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct link *link = arg;
	int sock;

	(void)fd;
	(void)what;
	switch (link->state) {
	case LINK_GREETING:
		link_close(link, "no hello in time");
		return;
	case LINK_UP:
	case LINK_CLOSING:
		return;
	case LINK_WAITING:
		break;
	}
	if ((sock = try_connect(link)) == -1) {
		if (link->last_error[0] == '\0')
			log_info("waiting for %s at %s: %s",
			    schema_role_name(link->role->peer), link->path,
			    strerror(errno));
		snprintf(link->last_error, sizeof(link->last_error), "%s",
		    strerror(errno));
		connect_later(link);
	} else if (link_attach(link, sock) == -1)
		connect_later(link);
}

struct link *
link_new(struct event_base *base, const struct link_role *role)
{
	struct link *link = xcalloc(1, sizeof(*link));

	link->base = base;
	link->role = role;
	link->state = LINK_WAITING;
	link->backoff_ms = LIMIT_RECONNECT_MIN;
	link->timer = evtimer_new(base, on_timer, link);
	link->partial = evtimer_new(base, on_partial, link);
	link->closer = evtimer_new(base, on_closer, link);
	link->control = evbuffer_new();
	link->arena = schema_arena_new();
	if (link->timer == NULL || link->partial == NULL ||
	    link->closer == NULL || link->control == NULL)
		fatalx("out of memory");
	return link;
}

static void
send_hello(struct link *link)
{
	struct rec_hello hello = { .protocol = SCHEMA_PROTOCOL,
		.version = SV(VERSION),
		.pid = (int32_t)getpid() };

	link_send(link, MSG_hello, &hello);
}

int
link_attach(struct link *link, int fd)
{
	uid_t uid = (uid_t)-1;
	char why[64];

	if (unixsock_peer_uid(fd, &uid) == -1 ||
	    !link->role->may_connect(uid, link->role->arg)) {
		snprintf(why, sizeof(why), "uid %ld may not be this peer",
		    (long)uid);
		link_complain(link, why);
		close(fd);
		return -1;
	}
	link->bev = bufferevent_socket_new(
	    link->base, fd, BEV_OPT_CLOSE_ON_FREE);
	if (link->bev == NULL)
		fatalx("out of memory");
	link->state = LINK_GREETING;
	link->in_snapshot = false;
	link->paused = false;
	memset(link->counts, 0, sizeof(link->counts));
	bufferevent_setcb(link->bev, on_read, on_written, on_event, link);
	bufferevent_setwatermark(
	    link->bev, EV_READ, 0, FRAME_WORD + LIMIT_FRAME);
	bufferevent_set_max_single_read(link->bev, LIMIT_LINK_READ);
	bufferevent_set_max_single_write(link->bev, LIMIT_LINK_READ);
	bufferevent_enable(link->bev, EV_READ | EV_WRITE);
	set_timer(link->timer, LIMIT_HELLO_TIMEOUT * 1000);
	send_hello(link);
	return 0;
}

struct link *
link_connect(
    struct event_base *base, const char *path, const struct link_role *role)
{
	struct link *link = link_new(base, role);

	link->path = xstrdup(path);
	event_active(link->timer, EV_TIMEOUT, 0);
	return link;
}

void
link_teardown(struct link *link)
{
	bool was_up = link->was_up;

	event_del(link->timer);
	event_del(link->partial);
	event_del(link->closer);
	if (link->bev != NULL)
		bufferevent_free(link->bev);
	link->bev = NULL;
	link->state = LINK_WAITING;
	link->was_up = false;
	link_queue_clear(link);
	if (was_up && link->role->on_down != NULL)
		link->role->on_down(link, link->role->arg);
	if (link->server == NULL)
		connect_later(link);
}

void
link_free(struct link *link)
{
	if (link == NULL)
		return;
	link_teardown(link);
	event_free(link->timer);
	event_free(link->partial);
	event_free(link->closer);
	evbuffer_free(link->control);
	schema_arena_free(link->arena);
	free(link->path);
	free(link);
}

bool
link_is_up(const struct link *link)
{
	return link->state == LINK_UP;
}

bool
link_is_greeting(const struct link *link)
{
	return link->state == LINK_GREETING;
}

uint32_t
link_protocol(const struct link *link)
{
	return link->protocol;
}

bool
link_is_behind(const struct link *link)
{
	return link->batch_count > 0;
}

void
link_get_stats(const struct link *link, struct link_stats *out)
{
	*out = (struct link_stats){ .up = link_is_up(link),
		.dropped = link->dropped,
		.refused = link->refused };
	out->queued = link->batch_bytes + evbuffer_get_length(link->control);
	if (link->bev != NULL)
		out->queued += evbuffer_get_length(
		    bufferevent_get_output(link->bev));
	memcpy(out->last_error, link->last_error, sizeof(out->last_error));
}

void
link_set_data(struct link *link, void *data)
{
	link->data = data;
}

void *
link_data(const struct link *link)
{
	return link->data;
}
