/* SPDX-License-Identifier: ISC
 *
 * One row of a table is one step. The last try ended at endpoint->step:
 * those before it are in order, those behind it were not reached.
 */
#include <stdlib.h>
#include <string.h>

#include "diagnosis.h"
#include "log.h"
#include "utf8.h"

#define LABEL "  %-9s "
#define NEXT  "\n            " /* to the column of what stands behind LABEL */

static const struct row {
	enum endpoint_step step;
	const char *label;
	const char *direct; /* what to look at */
	const char *proxied;
} rows[] = {
	{ STEP_LOOKUP, "name",
	    "Is the name right, and does a name server of /etc/resolv.conf" NEXT
	    "know it? Where only a proxy looks names up, set proxy_host.",
	    "Is the proxy's name right, and does a name server of" NEXT
	    "/etc/resolv.conf know it?" },
	{ STEP_CONNECT, "connect",
	    "Nothing listens there, or a firewall is in between. Where only" NEXT
	    "a proxy gets out, set proxy_host.",
	    "Are proxy_host and proxy_port right, and does the proxy run?" },
	{ STEP_PROXY, "proxy", "",
	    "See proxy_user and proxy_password. The proxy must let this host" NEXT
	    "connect to the endpoint; its log says why it does not." },
	{ STEP_TLS, "TLS",
	    "Is this host's clock right? An intake of your own needs its CA" NEXT
	    "in ca_file.",
	    "Is this host's clock right? A proxy that opens TLS, or an" NEXT
	    "intake of your own, needs its CA in ca_file." },
	{ STEP_ANSWER, "answer",
	    "Is the endpoint's URL that of an intake? If so, it has trouble" NEXT
	    "of its own: see whether it lasts.",
	    "Is the endpoint's URL that of an intake? If so, it or the proxy" NEXT
	    "has trouble: see whether it lasts." },
	{ STEP_KEY, "key",
	    "Is api_key a key of this site? DD_SITE or endpoint must fit it.",
	    "Is api_key a key of this site? DD_SITE or endpoint must fit it," NEXT
	    "and the proxy must let the request through." },
};

static void
write_text(FILE *out, struct strview text)
{
	char *shown = xcalloc(6, (size_t)text.len + 1);

	utf8_printable(shown, text.s, text.len);
	fputs(shown, out);
	free(shown);
}

/* What a step that is in order has to tell. */
static struct strview
detail(const struct rec_endpoint *e, enum endpoint_step step)
{
	if (step == STEP_CONNECT)
		return e->address;
	return step == STEP_TLS ? e->tls : (struct strview){ "", 0 };
}

static void
write_row(FILE *out, const struct rec_endpoint *e, const struct row *row)
{
	bool proxied = e->proxy.len > 0;
	struct strview more = detail(e, row->step);

	fprintf(out, LABEL, row->label);
	if (e->step == STEP_NONE || row->step > e->step) {
		fputs("not reached\n", out);
		return;
	}
	fputs(row->step < e->step ? "ok" : "FAILED: ", out);
	if (row->step == e->step)
		write_text(out, e->last_error);
	else if (more.len > 0) {
		fputs(", ", out);
		write_text(out, more);
	}
	fputc('\n', out);
	if (row->step == e->step)
		fprintf(out, LABEL "%s\n", "",
		    proxied ? row->proxied : row->direct);
}

void
diagnosis_write(FILE *out, const struct rec_endpoint *e)
{
	bool tls = e->url.len > 6 && memcmp(e->url.s, "https:", 6) == 0;
	size_t i;

	write_text(out, e->url);
	if (e->proxy.len > 0) {
		fputs(" through ", out);
		write_text(out, e->proxy);
	}
	fputc('\n', out);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].step == STEP_PROXY && e->proxy.len == 0)
			continue;
		if (rows[i].step == STEP_TLS && !tls)
			continue;
		write_row(out, e, &rows[i]);
	}
	/* In order, but what was sent last was not to its liking. */
	if (e->step == STEP_DONE && e->last_error.len > 0) {
		fprintf(out, LABEL, "but");
		write_text(out, e->last_error);
		fputc('\n', out);
	}
}
