/* SPDX-License-Identifier: ISC
 *
 * The key is tried with a payload of no bytes, POSTed where the real ones
 * go: an intake looks at the key before anything else, and finds nothing
 * behind it that it could keep. Whatever it says but 401 and 403 means that
 * it knows the key.
 */
#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/config.h"
#include "common/diagnosis.h"
#include "common/dns.h"
#include "common/http.h"
#include "common/log.h"
#include "common/tls.h"
#include "conn.h"
#include "payload.h"
#include "proxy.h"
#include "request.h"
#include "trial.h"
#include "verdict.h"

/* One endpoint. */
struct attempt {
	const struct config_endpoint *config; /* borrowed */
	struct conn *conn;
	struct payload *payload;
	struct buf head;
	bool absolute; /* the request goes to a proxy, which reads it */
	struct verdict verdict;
	unsigned *waiting; /* attempts that are not through yet */
	struct event_base *base;
};

struct trial {
	struct event_base *base;
	struct dns *dns;
	struct tls *tls;
	struct proxy *proxy; /* NULL: none */
	struct attempt attempts[LIMIT_ENDPOINTS];
	unsigned waiting;
};

static void
on_done(const struct http_response *response, const char *why, void *arg)
{
	struct attempt *a = arg;
	struct verdict *v = &a->verdict;

	if (response == NULL) {
		snprintf(v->text, sizeof(v->text), "%s", why);
		v->step = conn_report(a->conn)->step;
	} else
		verdict_of_status(v, response->status, a->absolute);
	if (v->outcome == OUT_REFUSED) /* as well it may be */
		v->text[0] = '\0';
	if (--*a->waiting == 0)
		event_base_loopexit(a->base, NULL);
}

static void
begin(struct trial *t, struct attempt *a, const struct config_endpoint *e,
    const char *hostname)
{
	struct proxy *proxy = e->proxied ? t->proxy : NULL;
	struct conn_target to = { e->host, e->port, e->tls };
	struct request_target target = { .host = e->host,
		.port = e->port,
		.tls = e->tls,
		.path = e->path,
		.api_key = e->api_key };

	proxy_aim(proxy, &target);
	a->absolute = target.absolute;
	a->config = e;
	a->base = t->base;
	a->waiting = &t->waiting;
	a->payload = payload_new_empty();
	request_write_head(&a->head, &target, a->payload, hostname);
	a->conn = conn_new(t->base, t->dns, &to, on_done, a);
	conn_set_way(a->conn, t->tls, proxy);
	conn_request(a->conn, &a->head, a->payload);
}

/* Says how it went, and forgets it. Returns whether it went well. */
static bool
end(struct trial *t, struct attempt *a, FILE *out)
{
	const struct conn_report *report = conn_report(a->conn);
	struct rec_endpoint record = { .url = strview_of(a->config->url),
		.last_error = strview_of(a->verdict.text),
		.tls = strview_of(report->tls),
		.address = strview_of(report->address),
		.step = a->verdict.step };

	if (a->config->proxied)
		record.proxy = strview_of(t->proxy->text);
	diagnosis_write(out, &record);
	conn_free(a->conn);
	payload_unref(a->payload);
	explicit_bzero(a->head.data, a->head.len);
	buf_free(&a->head);
	return a->verdict.step == STEP_DONE;
}

static bool
try_all(struct trial *t, const struct config *config, FILE *out)
{
	const char *hostname = config->hostname != NULL ? config->hostname : "";
	bool good = true;
	uint32_t i;

	t->waiting = config->n_endpoints;
	for (i = 0; i < config->n_endpoints; i++)
		begin(t, &t->attempts[i], &config->endpoints[i], hostname);
	if (t->waiting > 0)
		event_base_dispatch(t->base);
	for (i = 0; i < config->n_endpoints; i++)
		if (!end(t, &t->attempts[i], out))
			good = false;
	return good;
}

bool
trial_run(const struct config *config, FILE *out)
{
	struct trial t = { 0 };
	char why[512];
	bool good;

	if (config->n_endpoints == 0) {
		fputs("no API key: nothing would be sent\n", out);
		return true;
	}
	signal(SIGPIPE, SIG_IGN);
	t.tls = tls_new(
	    config->ca_file, config->skip_ssl_validation, why, sizeof(why));
	if (t.tls == NULL) {
		fprintf(out, "ca_file: %s\n", why);
		return false;
	}
	if ((t.base = event_base_new()) == NULL)
		fatalx("out of memory");
	t.dns = dns_new(t.base);
	t.proxy = proxy_new(&config->proxy);
	good = try_all(&t, config, out);
	proxy_unref(t.proxy);
	dns_free(t.dns);
	tls_free(t.tls);
	event_base_free(t.base);
	return good;
}
