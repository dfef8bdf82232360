/* SPDX-License-Identifier: ISC
 *
 * One evhttp connection for one request to one address, which is given as a
 * number: evhttp's own look-up of names cannot be cancelled safely. What a
 * server may make evhttp hold is bounded by its limits, and by a mark on the
 * bytes that wait to be looked at, as evhttp bounds no chunk's head and
 * waits for whole chunks.
 */
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <event2/http.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/limits.h"
#include "common/log.h"
#include "common/tls.h"
#include "common/version.h"
#include "fetch_private.h"

/* Bytes for the head of a chunk. */
#define CHUNK_HEAD 4096

static void
explain_connection(struct fetch *f)
{
	struct ssl_st *ssl = bufferevent_openssl_get_ssl(f->bev);
	unsigned long code = 0;
	char text[256];

	if (ssl != NULL)
		code = bufferevent_get_openssl_error(f->bev);
	if (code != 0)
		tls_explain(ssl, code, text, sizeof(text));
	else if (f->error != 0)
		snprintf(text, sizeof(text), "%s", strerror(f->error));
	else
		snprintf(text, sizeof(text), "the connection was cut");
	snprintf(f->why, sizeof(f->why), "%s%s",
	    f->connected ? "" : "cannot connect: ", text);
}

/* Comes before on_answer(), not always. */
static void
on_error(enum evhttp_request_error error, void *arg)
{
	struct fetch *f = arg;
	const char *why = NULL;

	if (f->over || f->why[0] != '\0')
		return;
	switch (error) {
	case EVREQ_HTTP_TIMEOUT:
		why = f->connected ? "no answer in time"
				   : "cannot connect in time";
		break;
	case EVREQ_HTTP_INVALID_HEADER:
		why = "the answer is not HTTP";
		break;
	case EVREQ_HTTP_DATA_TOO_LONG:
		why = "the answer is too long, or not HTTP";
		break;
	case EVREQ_HTTP_EOF:
	case EVREQ_HTTP_BUFFER_ERROR:
	case EVREQ_HTTP_REQUEST_CANCEL:
		explain_connection(f);
		return;
	}
	snprintf(f->why, sizeof(f->why), "%s", why);
}

/* evhttp frees the request when this returns, and has let go of it. */
static void
on_answer(struct evhttp_request *req, void *arg)
{
	struct fetch *f = arg;
	int status = req != NULL ? evhttp_request_get_response_code(req) : 0;

	if (f->over)
		return;
	if (status == 0) {
		if (f->why[0] == '\0')
			explain_connection(f);
		if (!f->connected && f->next != NULL)
			event_active(f->turn, EV_TIMEOUT, 0);
		else
			fetch_finish(f);
		return;
	}
	f->status = status;
	if (f->request.on_line == NULL &&
	    evbuffer_add_buffer(
		f->body, evhttp_request_get_input_buffer(req)) == -1)
		fatalx("out of memory");
	fetch_finish(f);
}

/* An interim answer would begin another round, and another. */
static int
on_headers(struct evhttp_request *req, void *arg)
{
	struct fetch *f = arg;
	int status = evhttp_request_get_response_code(req);

	if (f->over)
		return -1;
	if (status < 200) {
		fetch_fail(f, "the answer is an interim one");
		return -1;
	}
	if (f->request.on_line != NULL)
		fetch_set_timer(f, f->request.idle);
	return 0;
}

/* Adds to the line that was begun. Returns -1 when it is too long. */
static int
append(struct fetch *f, const char *data, size_t len)
{
	if (len > LIMIT_JSON_ITEM - f->line.len) {
		fetch_fail(f, "a line is too long");
		return -1;
	}
	buf_append(&f->line, data, len);
	return 0;
}

static void
take_lines(struct fetch *f, const char *data, size_t len)
{
	const char *end;
	size_t n;

	while (!f->over && (end = memchr(data, '\n', len)) != NULL) {
		n = (size_t)(end - data);
		if (append(f, data, n) == -1)
			return;
		if (f->line.len > 0)
			f->request.on_line((const char *)f->line.data,
			    f->line.len, f->request.arg);
		f->line.len = 0;
		data += n + 1;
		len -= n + 1;
	}
	if (!f->over)
		append(f, data, len);
}

/* evhttp drops the bytes when this returns. */
static void
on_chunk(struct evhttp_request *req, void *arg)
{
	struct fetch *f = arg;
	struct evbuffer *in = evhttp_request_get_input_buffer(req);
	size_t len = evbuffer_get_length(in);

	if (f->over || len == 0 ||
	    evhttp_request_get_response_code(req) != HTTP_OK)
		return;
	fetch_set_timer(f, f->request.idle);
	take_lines(f, (const char *)evbuffer_pullup(in, -1), len);
}

/* Stands before evhttp's own callback while it connects, as evhttp loses
 * errno. From here on the timer of the fetch decides, not evhttp's, which
 * are for each read and write. */
static void
on_event(struct bufferevent *bev, short what, void *arg)
{
	struct fetch *f = arg;
	unsigned timeout = f->request.timeout, idle = f->request.idle;
	int error = errno;

	f->connected = (what & BEV_EVENT_CONNECTED) != 0;
	evhttp_connection_set_timeout(
	    f->conn, (int)(timeout > idle ? timeout : idle) + 1);
	f->error = what & BEV_EVENT_ERROR ? error : 0;
	errno = error;
	f->evhttp_cb(bev, what, f->evhttp_arg);
}

static struct bufferevent *
make_stream(struct fetch *f)
{
	const int options = BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS;
	struct event_base *base = f->fetcher->base;

	if (f->request.tls == NULL)
		return bufferevent_socket_new(base, -1, options);
	return bufferevent_openssl_socket_new(base, -1,
	    tls_client_new(f->request.tls, f->request.host),
	    BUFFEREVENT_SSL_CONNECTING, options);
}

static int
add_headers(const struct fetch *f, struct evkeyvalq *headers)
{
	const struct fetch_request *r = &f->request;
	bool v6 = strchr(r->host, ':') != NULL;
	char text[512], *bearer, *value;
	size_t len;
	int rc = 0;

	snprintf(text, sizeof(text), "%s%s%s:%d", v6 ? "[" : "", r->host,
	    v6 ? "]" : "", r->port);
	rc |= evhttp_add_header(headers, "Host", text);
	rc |= evhttp_add_header(headers, "Connection", "close");
	rc |= evhttp_add_header(
	    headers, "User-Agent", "dd-process-agent/" VERSION);
	if (r->token != NULL) {
		len = strlen(r->token) + sizeof("Bearer ");
		bearer = xcalloc(1, len);
		snprintf(bearer, len, "Bearer %s", r->token);
		rc |= evhttp_add_header(headers, "Authorization", bearer);
		free(bearer);
	}
	if (r->header != NULL) {
		snprintf(text, sizeof(text), "%s", r->header);
		value = strchr(text, ':');
		*value++ = '\0';
		rc |= evhttp_add_header(
		    headers, text, value + strspn(value, " "));
	}
	return rc;
}

static void
set_bounds(struct fetch *f)
{
	const struct fetch_request *r = &f->request;
	size_t waiting = r->on_line != NULL ? LIMIT_JSON_ITEM : r->max_body;

	bufferevent_setwatermark(
	    f->bev, EV_READ, 0, waiting + LIMIT_SOURCE_HEADER + CHUNK_HEAD);
	evhttp_connection_set_max_headers_size(f->conn, LIMIT_SOURCE_HEADER);
	evhttp_connection_set_max_body_size(f->conn, (ev_ssize_t)r->max_body);
}

/* s for this address: those behind it want their share. */
static unsigned
connect_share(const struct fetch *f)
{
	const struct addrinfo *ai;
	unsigned n = 1;

	for (ai = f->next; ai != NULL; ai = ai->ai_next)
		n++;
	return f->request.timeout > n ? f->request.timeout / n : 1;
}

static void
send_request(struct fetch *f)
{
	struct evhttp_request *req = evhttp_request_new(on_answer, f);

	if (req == NULL)
		fatalx("out of memory");
	if (add_headers(f, evhttp_request_get_output_headers(req)) != 0) {
		evhttp_request_free(req);
		fetch_fail(f, "the token is no token");
		return;
	}
	evhttp_request_set_error_cb(req, on_error);
	evhttp_request_set_header_cb(req, on_headers);
	if (f->request.on_line != NULL)
		evhttp_request_set_chunked_cb(req, on_chunk);
	evhttp_connection_set_timeout(f->conn, (int)connect_share(f));
	if (evhttp_make_request(
		f->conn, req, EVHTTP_REQ_GET, f->request.path) == -1)
		fatalx("out of memory");
	bufferevent_getcb(f->bev, NULL, NULL, &f->evhttp_cb, &f->evhttp_arg);
	if (f->evhttp_cb != NULL)
		bufferevent_setcb(f->bev, NULL, NULL, on_event, f);
}

void
fetch_conn_start(struct fetch *f, const struct addrinfo *ai)
{
	char address[NI_MAXHOST];

	fetch_conn_free(f);
	if (getnameinfo(ai->ai_addr, ai->ai_addrlen, address, sizeof(address),
		NULL, 0, NI_NUMERICHOST) != 0) {
		fetch_fail(f, "cannot connect: no such address");
		return;
	}
	f->bev = make_stream(f);
	if (f->bev == NULL)
		fatalx("out of memory");
	f->conn = evhttp_connection_base_bufferevent_new(f->fetcher->base, NULL,
	    f->bev, address, (ev_uint16_t)f->request.port);
	if (f->conn == NULL)
		fatalx("out of memory");
	f->connected = false;
	f->error = 0;
	set_bounds(f);
	send_request(f);
}

void
fetch_conn_free(struct fetch *f)
{
	if (f->conn != NULL)
		evhttp_connection_free(f->conn);
	f->conn = NULL;
	f->bev = NULL;
}
