/* SPDX-License-Identifier: ISC
 *
 * A taggerd that serves, its peer, and a peer that sends bytes of its own.
 */
#ifndef TESTS_UNIT_LINK_HELP_H
#define TESTS_UNIT_LINK_HELP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>
#include <event2/event.h>

#include "common/frame.h"
#include "common/limits.h"
#include "common/link.h"
#include "common/log.h"
#include "common/unixsock.h"

/* A taggerd (serves) and what its peer, a collectord, does to it. */
struct bench {
	struct event_base *base;
	char dir[64];
	char path[96];
	struct link_role server_role;
	struct link_role client_role;
	struct link_server *server;
	struct link *client;
	int raw; /* a hand-made peer */
	unsigned ups, downs, client_ups;
	unsigned processes, ends;
	uint64_t last_scan;
	unsigned pause_at; /* the process after which the server pauses */
	struct link *paused;
	bool refuse_all;
};

static inline bool
may_connect(uid_t uid, void *arg)
{
	const struct bench *b = arg;

	return uid == getuid() && !b->refuse_all;
}

static inline void
on_up(struct link *link, void *arg)
{
	(void)link;
	((struct bench *)arg)->ups++;
}

static inline void
on_down(struct link *link, void *arg)
{
	(void)link;
	((struct bench *)arg)->downs++;
}

static inline void
on_client_up(struct link *link, void *arg)
{
	(void)link;
	((struct bench *)arg)->client_ups++;
}

static inline void
on_process(struct link *link, const union schema_any *rec,
    const struct strview *frame, void *arg)
{
	struct bench *b = arg;

	(void)rec;
	assert_true(frame->len > FRAME_WORD);
	/* A paused link is silent. */
	assert_null(b->paused);
	if (++b->processes == b->pause_at) {
		link_pause(link);
		link_pause(link);
		b->paused = link;
	}
}

static inline void
on_end(struct link *link, const union schema_any *rec,
    const struct strview *frame, void *arg)
{
	struct bench *b = arg;

	(void)link;
	(void)frame;
	b->ends++;
	b->last_scan = rec->snapshot_end.scan;
}

static inline void
serve(struct bench *b, unsigned max_peers)
{
	int fd = unixsock_bind(b->dir, "s", getuid(), getgid());

	assert_true(fd >= 0);
	b->server = link_serve(b->base, fd, &b->server_role, max_peers);
	assert_non_null(b->server);
}

static inline int
setup(void **state)
{
	struct bench *b = xcalloc(1, sizeof(*b));

	strcpy(b->dir, "/tmp/test_link.XXXXXX");
	if (mkdtemp(b->dir) == NULL || unixsock_prepare_dir(b->dir) == -1)
		return -1;
	snprintf(b->path, sizeof(b->path), "%s/s", b->dir);
	b->base = event_base_new();
	b->raw = -1;
	b->server_role = (struct link_role){ .self = R_TAGGERD,
		.peer = R_COLLECTORD,
		.handlers = { [MSG_process] = on_process,
		    [MSG_snapshot_end] = on_end },
		.on_up = on_up,
		.on_down = on_down,
		.arg = b,
		.may_connect = may_connect };
	b->client_role = (struct link_role){ .self = R_COLLECTORD,
		.peer = R_TAGGERD,
		.on_up = on_client_up,
		.arg = b,
		.may_connect = may_connect };
	*state = b;
	return 0;
}

static inline int
teardown(void **state)
{
	struct bench *b = *state;

	link_free(b->client);
	link_server_free(b->server);
	if (b->raw != -1)
		close(b->raw);
	event_base_free(b->base);
	unlink(b->path);
	rmdir(b->dir);
	free(b);
	return 0;
}

/* Turns the loop until *counter is at least want; fails after 5 s. */
static inline void
wait_for(
    struct bench *b, const unsigned *counter, unsigned want, const char *what)
{
	const struct timeval step = { .tv_usec = 10000 };
	int i;

	for (i = 0; i < 500 && *counter < want; i++) {
		event_base_loopexit(b->base, &step);
		event_base_dispatch(b->base);
	}
	if (*counter < want)
		fail_msg("%s: got %u, want %u", what, *counter, want);
}

static inline void
turn(struct bench *b, int times)
{
	unsigned never = 0;
	const struct timeval step = { .tv_usec = 10000 };

	for (; times > 0 && never == 0; times--) {
		event_base_loopexit(b->base, &step);
		event_base_dispatch(b->base);
	}
}

/* Connects by hand, and greets if asked to. */
static inline void
raw_connect(struct bench *b, bool greet)
{
	struct sockaddr_un sun;
	struct rec_hello hello = { .protocol = SCHEMA_PROTOCOL };
	struct buf frame = { 0 };

	assert_int_equal(unixsock_address(&sun, b->path), 0);
	b->raw = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(
	    connect(b->raw, (struct sockaddr *)&sun, sizeof(sun)), 0);
	if (!greet)
		return;
	schema_encode(&frame, MSG_hello, &hello);
	assert_int_equal(write(b->raw, frame.data, frame.len), frame.len);
	buf_free(&frame);
	wait_for(b, &b->ups, 1, "the greeted peer is up");
}

static inline void
raw_send(struct bench *b, const void *bytes, size_t len)
{
	assert_int_equal(write(b->raw, bytes, len), len);
}

static inline void
raw_record(struct bench *b, enum msg_type type, const void *record)
{
	struct buf frame = { 0 };

	assert_int_equal(schema_encode(&frame, type, record), 0);
	raw_send(b, frame.data, frame.len);
	buf_free(&frame);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
