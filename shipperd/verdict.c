/* SPDX-License-Identifier: ISC
 *
 * One table of those that have a meaning of their own; the rest goes by its
 * class.
 */
#include <stdio.h>

#include "verdict.h"

static const struct meaning {
	int status;
	enum outcome outcome;
	enum endpoint_step step;
	const char *text;
} meanings[] = {
	{ 400, OUT_REFUSED, STEP_DONE,
	    "a payload is refused; it is not sent again" },
	{ 401, OUT_PAUSE, STEP_KEY, "the API key is refused" },
	{ 403, OUT_PAUSE, STEP_KEY, "the API key is refused" },
	{ 404, OUT_RETRY, STEP_ANSWER, "there is no intake at this URL" },
	{ 413, OUT_REFUSED, STEP_DONE,
	    "a payload is refused as too large; it is not sent again" },
};

/* An answer that a proxy may have given in the endpoint's place. */
static const struct meaning proxys[] = {
	{ 401, OUT_PAUSE, STEP_KEY,
	    "the API key, or the proxy's user or password, is refused" },
	{ 403, OUT_PAUSE, STEP_KEY,
	    "the API key is refused, or the proxy forbids the request" },
	{ 407, OUT_RETRY, STEP_PROXY,
	    "the proxy wants another user or password" },
};

static const struct meaning *
find(const struct meaning *table, size_t n, int status)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (table[i].status == status)
			return &table[i];
	return NULL;
}

#define FIND(table, status) \
	find(table, sizeof(table) / sizeof((table)[0]), status)

void
verdict_of_status(struct verdict *v, int status, bool by_proxy)
{
	const struct meaning *m = by_proxy ? FIND(proxys, status) : NULL;

	*v = (struct verdict){ .outcome = OUT_RETRY, .step = STEP_ANSWER };
	if (status >= 200 && status < 300) {
		v->outcome = OUT_DELIVERED;
		v->step = STEP_DONE;
		return;
	}
	if (m == NULL)
		m = FIND(meanings, status);
	if (m == NULL) {
		snprintf(v->text, sizeof(v->text), "status %d%s", status,
		    status < 400 ? ": redirects are not followed" : "");
		return;
	}
	v->outcome = m->outcome;
	v->step = m->step;
	snprintf(v->text, sizeof(v->text), "%s (status %d)", m->text, status);
}
