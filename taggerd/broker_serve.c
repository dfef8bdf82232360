/* SPDX-License-Identifier: ISC
 *
 * The broker's loop: requests in, a connection to docker.sock for each, the
 * bytes of the answers out. One packet waits at most; while it does nothing
 * is read, neither requests nor answers, so a slow taggerd slows dockerd
 * down and costs no memory. Nothing is allocated and nothing is logged:
 * what goes wrong is said in the reply.
 */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "broker.h"
#include "common/unixsock.h"

struct upstream {
	uint32_t number; /* the request's; 0: free */
	int fd;
};

struct broker {
	int fd;           /* our end of the pair */
	const char *path; /* docker.sock, borrowed */
	bool gone;        /* the other end is closed */
	struct upstream upstreams[LIMIT_BROKER_CONNECTIONS];
	size_t first; /* the upstream whose turn it is, so that all get one */

	/* The packet on its way out. */
	struct {
		struct broker_reply head;
		char data[LIMIT_BROKER_READ];
	} out;
	size_t waiting; /* bytes of it that could not be sent yet */
};

/* Sends what waits, if it is taken. */
static void
flush_packet(struct broker *b)
{
	ssize_t n = send(
	    b->fd, &b->out, b->waiting, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (n == -1 && (errno == EAGAIN || errno == EINTR || errno == ENOBUFS))
		return;
	b->gone = n == -1;
	b->waiting = 0;
}

/* len: bytes of data that are in b->out already. */
static void
reply(struct broker *b, uint32_t number, enum broker_reply_kind kind, int error,
    size_t len)
{
	b->out.head = (struct broker_reply){
		.number = number, .kind = (uint8_t)kind, .error = error
	};
	b->waiting = sizeof(b->out.head) + len;
	flush_packet(b);
}

static void
close_upstream(struct upstream *u)
{
	if (u->number != 0)
		close(u->fd);
	u->number = 0;
}

static struct upstream *
find_upstream(struct broker *b, uint32_t number)
{
	size_t i;

	for (i = 0; i < LIMIT_BROKER_CONNECTIONS; i++)
		if (b->upstreams[i].number == number)
			return &b->upstreams[i];
	return NULL;
}

/* Connects and asks. Returns the descriptor, or -1 with errno. */
static int
ask(const struct broker *b, const struct broker_request *request)
{
	char text[BROKER_TEXT];
	struct sockaddr_un sun;
	size_t len;
	int fd, error;

	if (unixsock_address(&sun, b->path) == -1)
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return -1;
	len = broker_request_text(request, text);
	/* An empty socket buffer has room for all of so short a text. */
	if (connect(fd, (struct sockaddr *)&sun, sizeof(sun)) == 0 &&
	    send(fd, text, len, MSG_NOSIGNAL) == (ssize_t)len)
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

static void
take_request(struct broker *b, const struct broker_request *request)
{
	struct upstream *u = find_upstream(b, request->number);

	if (request->op == BROKER_CANCEL) {
		if (u != NULL)
			close_upstream(u);
		return;
	}
	if (u != NULL) {
		reply(b, request->number, BROKER_FAILED, EINVAL, 0);
		return;
	}
	if ((u = find_upstream(b, 0)) == NULL) {
		reply(b, request->number, BROKER_FAILED, EBUSY, 0);
		return;
	}
	if ((u->fd = ask(b, request)) == -1) {
		reply(b, request->number, BROKER_FAILED, errno, 0);
		return;
	}
	u->number = request->number;
}

static void
read_request(struct broker *b)
{
	struct broker_request request;
	/* One byte more, so that a longer packet is seen to be longer. */
	char packet[sizeof(request) + 1];
	ssize_t n = recv(b->fd, packet, sizeof(packet), MSG_DONTWAIT);

	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0)
		b->gone = true;
	else if (broker_parse(packet, (size_t)n, &request) == -1)
		reply(b, 0, BROKER_FAILED, EINVAL, 0);
	else
		take_request(b, &request);
}

static void
relay(struct broker *b, struct upstream *u)
{
	uint32_t number = u->number;
	ssize_t n = recv(u->fd, b->out.data, sizeof(b->out.data), 0);

	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0) {
		reply(b, number, BROKER_DATA, 0, (size_t)n);
		return;
	}
	close_upstream(u);
	if (n == 0)
		reply(b, number, BROKER_END, 0, 0);
	else
		reply(b, number, BROKER_FAILED, errno, 0);
}

/* Waits for what may be done now, and does it until a packet has to wait. */
static void
turn(struct broker *b)
{
	struct pollfd fds[1 + LIMIT_BROKER_CONNECTIONS] = { { .fd = b->fd,
	    .events = b->waiting > 0 ? POLLOUT : POLLIN } };
	size_t i, n;

	for (i = 0; i < LIMIT_BROKER_CONNECTIONS; i++) {
		fds[i + 1].fd = -1;
		fds[i + 1].events = POLLIN;
		if (b->waiting == 0 && b->upstreams[i].number != 0)
			fds[i + 1].fd = b->upstreams[i].fd;
	}
	if (poll(fds, 1 + LIMIT_BROKER_CONNECTIONS, -1) == -1)
		return;
	if (b->waiting > 0) {
		flush_packet(b);
		return;
	}
	for (n = 0; n < LIMIT_BROKER_CONNECTIONS && b->waiting == 0; n++) {
		i = (b->first + n) % LIMIT_BROKER_CONNECTIONS;
		if (fds[i + 1].revents != 0)
			relay(b, &b->upstreams[i]);
	}
	b->first = (b->first + n) % LIMIT_BROKER_CONNECTIONS;
	if (fds[0].revents != 0 && b->waiting == 0)
		read_request(b);
}

void
broker_serve(int fd, const char *path, int before)
{
	static struct broker broker;
	struct broker *b = &broker;
	size_t i;

	memset(b, 0, sizeof(*b));
	b->fd = fd;
	b->path = path;
	reply(b, 0, BROKER_STARTED, before, 0);
	while (!b->gone)
		turn(b);
	for (i = 0; i < LIMIT_BROKER_CONNECTIONS; i++)
		close_upstream(&b->upstreams[i]);
}
