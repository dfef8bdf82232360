/* SPDX-License-Identifier: ISC
 *
 * The HTTP headers of a payload: the names that the intake knows.
 */
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "common/limits.h"
#include "common/log.h"
#include "payload.h"
#include "request.h"
#include "common/version.h"

static void __attribute__((format(printf, 2, 3)))
add(struct buf *out, const char *fmt, ...)
{
	char text[1024];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n > 0)
		buf_append(out, text,
		    (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1);
}

static void
add_text(struct buf *out, const char *text)
{
	buf_append(out, text, strlen(text));
}

/* host[:port] */
static void
add_authority(struct buf *out, const struct request_target *t)
{
	bool bracketed = strchr(t->host, ':') != NULL;

	add_text(out, bracketed ? "[" : "");
	add_text(out, t->host);
	add_text(out, bracketed ? "]" : "");
	if (t->port != (t->tls ? 443 : 80))
		add(out, ":%d", t->port);
}

static void
add_visible(struct buf *out, const char *text)
{
	for (; *text != '\0'; text++)
		if (*text > ' ' && *text <= '~')
			buf_append(out, text, 1);
}

static const char *
path_of(enum payload_type type)
{
	return type == PAYLOAD_CONTAINER || type == PAYLOAD_CONTAINER_REALTIME
	    ? "/api/v1/container"
	    : "/api/v1/collector";
}

void
request_write_head(struct buf *out, const struct request_target *t,
    const struct payload *payload, const char *hostname)
{
	out->len = 0;
	add_text(out, "POST ");
	if (t->absolute) {
		add_text(out, "http://");
		add_authority(out, t);
	}
	add_text(out, t->path);
	add_text(out, path_of(payload->type));
	add_text(out, " HTTP/1.1\r\nHost: ");
	add_authority(out, t);
	if (t->authorization != NULL) {
		add_text(out, "\r\nProxy-Authorization: ");
		add_text(out, t->authorization);
	}
	add_text(out, "\r\n");
	add(out, "User-Agent: datadog-agent/%s\r\n", VERSION);
	add(out, "Content-Type: application/x-protobuf\r\n");
	add(out, "Content-Length: %zu\r\n", payload->len);
	add_text(out, "X-Dd-APIKey: ");
	add_text(out, t->api_key);
	add_text(out, "\r\nX-Dd-Hostname: ");
	add_visible(out, hostname);
	add(out, "\r\nX-Dd-Processagentversion: %s\r\n", VERSION);
	add(out, "X-Dd-ContainerCount: %u\r\n", payload->containers);
	add(out, "X-DD-Agent-Timestamp: %lld\r\n",
	    (long long)(payload->wall_ms / 1000));
	add(out, "X-DD-Request-ID: %s\r\n\r\n", payload->request_id);
}
