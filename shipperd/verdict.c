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

static const struct meaning *
find(int status)
{
	size_t i;

	for (i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
		if (meanings[i].status == status)
			return &meanings[i];
	return NULL;
}

void
verdict_of_status(struct verdict *v, int status)
{
	const struct meaning *m = find(status);

	*v = (struct verdict){ .outcome = OUT_RETRY, .step = STEP_ANSWER };
	if (status >= 200 && status < 300) {
		v->outcome = OUT_DELIVERED;
		v->step = STEP_DONE;
		return;
	}
	if (m == NULL) {
		snprintf(v->text, sizeof(v->text), "status %d%s", status,
		    status < 400 ? ": redirects are not followed" : "");
		return;
	}
	v->outcome = m->outcome;
	v->step = m->step;
	snprintf(v->text, sizeof(v->text), "%s (status %d)", m->text, status);
}
