/* SPDX-License-Identifier: ISC
 *
 * The broker: what it takes for a request and what it makes of it, and its
 * loop against a server of our own. Whatever it is sent, nothing but the
 * allow-list's GETs reaches that server.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/unixsock.h"
#include "taggerd/broker.h"

#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static struct broker_request
request(uint32_t number, unsigned op, unsigned major, unsigned minor,
    const char *id)
{
	struct broker_request r = { .number = number,
		.op = (uint8_t)op,
		.major = (uint8_t)major,
		.minor = (uint8_t)minor };

	memcpy(r.id, id, strlen(id) < BROKER_ID ? strlen(id) : BROKER_ID);
	return r;
}

struct parse_case {
	const char *name;
	struct broker_request r;
	const char *path; /* NULL: it is refused */
};

static void
test_parse(void **state)
{
	const struct parse_case cases[] = {
		{ "version", request(1, BROKER_VERSION, 0, 0, ""), "/version" },
		{ "version of a version", request(1, BROKER_VERSION, 1, 41, ""),
		    "/v1.41/version" },
		{ "info", request(1, BROKER_INFO, 1, 41, ""), "/v1.41/info" },
		{ "list", request(1, BROKER_LIST, 1, 0, ""),
		    "/v1.0/containers/json" },
		{ "inspect", request(1, BROKER_INSPECT, 255, 255, HEX),
		    "/v255.255/containers/" HEX "/json" },
		{ "image", request(1, BROKER_IMAGE, 1, 41, HEX),
		    "/v1.41/images/sha256:" HEX "/json" },
		{ "number 0", request(0, BROKER_LIST, 1, 41, ""), NULL },
		{ "no such operation", request(1, BROKER_OPS, 1, 41, ""),
		    NULL },
		{ "operation 255", request(1, 255, 1, 41, ""), NULL },
		{ "half a version", request(1, BROKER_LIST, 0, 41, ""), NULL },
		{ "a list of an id", request(1, BROKER_LIST, 1, 41, HEX),
		    NULL },
		{ "no id", request(1, BROKER_INSPECT, 1, 41, ""), NULL },
		{ "a short id", request(1, BROKER_INSPECT, 1, 41, "abcdef"),
		    NULL },
		{ "another directory",
		    request(1, BROKER_INSPECT, 1, 41, "../../images/json?"),
		    NULL },
		{ "another directory of the right length",
		    request(1, BROKER_INSPECT, 1, 41, "../../../" HEX), NULL },
		{ "a path behind digits",
		    request(1, BROKER_INSPECT, 1, 41,
			"0123456789abcdef0123456789abcdef0123456789abcdef"
			"0123456789/start"),
		    NULL },
		{ "a line end",
		    request(1, BROKER_INSPECT, 1, 41,
			"0123456789abcdef0123456789abcdef0123456789abcdef"
			"0123456789abc\r\n"),
		    NULL },
		{ "upper case",
		    request(1, BROKER_INSPECT, 1, 41,
			"ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789"
			"ABCDEF0123456789"),
		    NULL },
		{ "a percent sign",
		    request(1, BROKER_IMAGE, 1, 41,
			"%2e%2e%2f0123456789abcdef0123456789abcdef0123456"
			"789abcdef0123456"),
		    NULL },
	};
	struct broker_request out;
	char text[BROKER_TEXT], want[BROKER_TEXT];
	size_t i, len;
	int failed = 0;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct parse_case *c = &cases[i];

		if (broker_parse(&c->r, sizeof(c->r), &out) == -1) {
			if (c->path == NULL)
				continue;
			print_error(
			    "%s: got a refusal, want %s\n", c->name, c->path);
			failed++;
			continue;
		}
		snprintf(want, sizeof(want),
		    "GET %s HTTP/1.1\r\nHost: docker\r\n"
		    "Connection: close\r\n\r\n",
		    c->path == NULL ? "(refusal)" : c->path);
		len = broker_request_text(&out, text);
		if (len == strlen(want) && strcmp(text, want) == 0)
			continue;
		print_error("%s: got %s, want %s\n", c->name, text, want);
		failed++;
	}
	assert_int_equal(failed, 0);
}

/* Every length but one is refused, and a set byte where zero belongs. */
static void
test_parse_shape(void **state)
{
	struct broker_request out, r = request(1, BROKER_LIST, 1, 41, "");
	char packet[sizeof(r) + 1] = { 0 };
	size_t len;

	(void)state;
	memcpy(packet, &r, sizeof(r));
	for (len = 0; len <= sizeof(packet); len++)
		assert_int_equal(
		    broker_parse(packet, len, &out), len == sizeof(r) ? 0 : -1);
	r.zero = 1;
	assert_int_equal(broker_parse(&r, sizeof(r), &out), -1);
}

static void
test_events_text(void **state)
{
	struct broker_request r = request(1, BROKER_EVENTS, 1, 41, "");
	char text[BROKER_TEXT];

	(void)state;
	assert_in_range(broker_request_text(&r, text), 1, BROKER_TEXT - 1);
	assert_non_null(strstr(text, "GET /v1.41/events?filters=%7B%22type"));
	assert_non_null(strstr(text, "%22health_status%22"));
	assert_non_null(strstr(text, "%5D%7D HTTP/1.1\r\n"));
}

/* A broker in a process of its own, and the server that it asks. */
struct fixture {
	char dir[64];
	char path[96];
	int server; /* listens at path */
	int fd;     /* taggerd's end */
	pid_t broker;
};

static int
set_up(void **state)
{
	static struct fixture f;
	struct sockaddr_un sun;
	int fds[2];

	snprintf(f.dir, sizeof(f.dir), "/tmp/test_broker.XXXXXX");
	if (mkdtemp(f.dir) == NULL)
		return -1;
	snprintf(f.path, sizeof(f.path), "%s/docker.sock", f.dir);
	f.server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (unixsock_address(&sun, f.path) == -1 ||
	    bind(f.server, (struct sockaddr *)&sun, sizeof(sun)) == -1 ||
	    listen(f.server, 64) == -1 ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) == -1)
		return -1;
	f.broker = fork();
	if (f.broker == 0) {
		close(fds[0]);
		close(f.server);
		broker_serve(fds[1], f.path, SIGKILL);
		_exit(0);
	}
	close(fds[1]);
	f.fd = fds[0];
	*state = &f;
	return f.broker == -1 ? -1 : 0;
}

/* Whatever a test did, the broker leaves when its taggerd does. */
static int
tear_down(void **state)
{
	struct fixture *f = *state;
	int status;

	close(f->fd);
	close(f->server);
	unlink(f->path);
	rmdir(f->dir);
	alarm(10);
	if (waitpid(f->broker, &status, 0) == -1)
		return -1;
	alarm(0);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		print_error("the broker ended with status %x, want 0\n",
		    (unsigned)status);
		return -1;
	}
	return 0;
}

struct packet {
	struct broker_reply head;
	char data[LIMIT_BROKER_READ];
};

static bool
readable(int fd, int ms)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };

	return poll(&pfd, 1, ms) == 1;
}

/* The broker's next packet. Returns the bytes of data. */
static size_t
receive(struct fixture *f, struct packet *p)
{
	ssize_t n;

	assert_true(readable(f->fd, 5000));
	n = recv(f->fd, p, sizeof(*p), 0);
	assert_in_range(n, sizeof(p->head), sizeof(*p));
	return (size_t)n - sizeof(p->head);
}

static void
expect_packet(struct fixture *f, uint32_t number, int kind, int error)
{
	struct packet p;

	receive(f, &p);
	if (p.head.number == number && p.head.kind == kind &&
	    p.head.error == error)
		return;
	print_error("got number %u kind %d error %d, want %u %d %d\n",
	    p.head.number, p.head.kind, p.head.error, number, kind, error);
	fail();
}

static void
ask(struct fixture *f, const void *packet, size_t len)
{
	assert_int_equal(send(f->fd, packet, len, 0), len);
}

/* The broker's next connection to the server, and the path it asks for. */
static int
accept_get(struct fixture *f, char *path)
{
	char text[BROKER_TEXT + 1];
	ssize_t n;
	int fd;

	assert_true(readable(f->server, 5000));
	fd = accept(f->server, NULL, NULL);
	assert_true(readable(fd, 5000));
	n = recv(fd, text, BROKER_TEXT, 0);
	assert_in_range(n, 1, BROKER_TEXT);
	text[n] = '\0';
	assert_int_equal(sscanf(text, "GET %255s HTTP/1.1\r\n", path), 1);
	return fd;
}

static void
test_relay(void **state)
{
	struct broker_request r = request(7, BROKER_INSPECT, 1, 41, HEX);
	struct fixture *f = *state;
	struct packet p;
	char path[256];
	int fd;

	expect_packet(f, 0, BROKER_STARTED, SIGKILL);
	ask(f, &r, sizeof(r));
	fd = accept_get(f, path);
	assert_string_equal(path, "/v1.41/containers/" HEX "/json");
	/* It is no HTTP, and that is no business of the broker's. */
	assert_int_equal(send(fd, "\0any\nbytes", 10, 0), 10);
	assert_int_equal(receive(f, &p), 10);
	assert_int_equal(p.head.number, 7);
	assert_int_equal(p.head.kind, BROKER_DATA);
	assert_memory_equal(p.data, "\0any\nbytes", 10);
	close(fd);
	expect_packet(f, 7, BROKER_END, 0);
}

/* Nothing of what is refused may reach the server. */
static void
test_refusals(void **state)
{
	struct broker_request r = request(1, BROKER_INSPECT, 1, 41,
	    "../../images/json?0123456789abcdef0123456789abcdef012345678");
	struct fixture *f = *state;
	static char garbage[64 << 10];
	char path[256];
	size_t i;

	expect_packet(f, 0, BROKER_STARTED, SIGKILL);
	ask(f, &r, sizeof(r));
	expect_packet(f, 0, BROKER_FAILED, EINVAL);
	memset(garbage, 'x', sizeof(garbage));
	ask(f, garbage, sizeof(garbage));
	expect_packet(f, 0, BROKER_FAILED, EINVAL);
	r = request(1, BROKER_LIST, 1, 41, "");
	for (i = 1; i < sizeof(r); i += 7) {
		ask(f, &r, i);
		expect_packet(f, 0, BROKER_FAILED, EINVAL);
	}
	assert_false(readable(f->server, 0));
	ask(f, &r, sizeof(r));
	close(accept_get(f, path));
	expect_packet(f, 1, BROKER_END, 0);
}

static void
test_bounds(void **state)
{
	struct broker_request r;
	struct fixture *f = *state;
	char path[256];
	uint32_t i;

	expect_packet(f, 0, BROKER_STARTED, SIGKILL);
	for (i = 1; i <= LIMIT_BROKER_CONNECTIONS; i++) {
		r = request(i, BROKER_LIST, 1, 41, "");
		ask(f, &r, sizeof(r));
		accept_get(f, path); /* kept open */
	}
	ask(f, &r, sizeof(r)); /* that number is taken */
	expect_packet(f, LIMIT_BROKER_CONNECTIONS, BROKER_FAILED, EINVAL);
	r.number = 100;
	ask(f, &r, sizeof(r));
	expect_packet(f, 100, BROKER_FAILED, EBUSY);
	r = request(3, BROKER_CANCEL, 0, 0, "");
	ask(f, &r, sizeof(r));
	r = request(101, BROKER_VERSION, 0, 0, "");
	ask(f, &r, sizeof(r));
	close(accept_get(f, path));
	assert_string_equal(path, "/version");
	expect_packet(f, 101, BROKER_END, 0);
}

static void
test_no_server(void **state)
{
	struct broker_request r = request(5, BROKER_VERSION, 0, 0, "");
	struct fixture *f = *state;

	expect_packet(f, 0, BROKER_STARTED, SIGKILL);
	close(f->server);
	ask(f, &r, sizeof(r));
	expect_packet(f, 5, BROKER_FAILED, ECONNREFUSED);
	unlink(f->path);
	ask(f, &r, sizeof(r));
	expect_packet(f, 5, BROKER_FAILED, ENOENT);
}

/* A server that sends more than we take is not read from any further: it
 * fills its own buffer and ours, and then it has to wait. */
static void
test_backpressure(void **state)
{
	struct broker_request r = request(9, BROKER_LIST, 1, 41, "");
	struct fixture *f = *state;
	static char block[LIMIT_BROKER_READ];
	size_t sent = 0, received = 0, len;
	struct packet p;
	char path[256];
	ssize_t n;
	int fd, still;

	expect_packet(f, 0, BROKER_STARTED, SIGKILL);
	ask(f, &r, sizeof(r));
	fd = accept_get(f, path);
	for (still = 0; still < 5;) {
		n = send(fd, block, sizeof(block), MSG_DONTWAIT);
		if (n > 0)
			sent += (size_t)n;
		still = n > 0 ? 0 : still + 1;
		if (n <= 0)
			poll(NULL, 0, 20);
		assert_in_range(sent, 0, 2 << 20);
	}
	close(fd);
	do {
		len = receive(f, &p);
		received += len;
	} while (p.head.kind == BROKER_DATA);
	assert_int_equal(p.head.kind, BROKER_END);
	assert_int_equal(received, sent);
}

int
main(void)
{
#define WITH_BROKER(test) \
	cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_parse_shape),
		cmocka_unit_test(test_events_text),
		WITH_BROKER(test_relay),
		WITH_BROKER(test_refusals),
		WITH_BROKER(test_bounds),
		WITH_BROKER(test_no_server),
		WITH_BROKER(test_backpressure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
