/* SPDX-License-Identifier: ISC
 *
 * Every status that there can be: what becomes of the payload.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "shipperd/verdict.h"

static const struct verdict_case {
	int status;
	bool by_proxy;
	enum outcome outcome;
	enum endpoint_step step;
	const char *text;
} cases[] = {
	{ 200, false, OUT_DELIVERED, STEP_DONE, "" },
	{ 202, true, OUT_DELIVERED, STEP_DONE, "" },
	{ 299, false, OUT_DELIVERED, STEP_DONE, "" },
	{ 300, false, OUT_RETRY, STEP_ANSWER,
	    "status 300: redirects are not followed" },
	{ 302, false, OUT_RETRY, STEP_ANSWER,
	    "status 302: redirects are not followed" },
	{ 400, false, OUT_REFUSED, STEP_DONE,
	    "a payload is refused; it is not sent again (status 400)" },
	{ 401, false, OUT_PAUSE, STEP_KEY,
	    "the API key is refused (status 401)" },
	{ 401, true, OUT_PAUSE, STEP_KEY,
	    "the API key, or the proxy's user or password, is refused"
	    " (status 401)" },
	{ 403, false, OUT_PAUSE, STEP_KEY,
	    "the API key is refused (status 403)" },
	{ 403, true, OUT_PAUSE, STEP_KEY,
	    "the API key is refused, or the proxy forbids the request"
	    " (status 403)" },
	{ 404, false, OUT_RETRY, STEP_ANSWER,
	    "there is no intake at this URL (status 404)" },
	{ 407, false, OUT_RETRY, STEP_ANSWER, "status 407" },
	{ 407, true, OUT_RETRY, STEP_PROXY,
	    "the proxy wants another user or password (status 407)" },
	{ 408, false, OUT_RETRY, STEP_ANSWER, "status 408" },
	{ 413, false, OUT_REFUSED, STEP_DONE,
	    "a payload is refused as too large; it is not sent again"
	    " (status 413)" },
	{ 429, false, OUT_RETRY, STEP_ANSWER, "status 429" },
	{ 500, false, OUT_RETRY, STEP_ANSWER, "status 500" },
	{ 599, true, OUT_RETRY, STEP_ANSWER, "status 599" },
};

static void
test_statuses(void **state)
{
	struct verdict v;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct verdict_case *c = &cases[i];

		verdict_of_status(&v, c->status, c->by_proxy);
		if (v.outcome != c->outcome || v.step != c->step ||
		    strcmp(v.text, c->text) != 0)
			fail_msg("%d: got %d %d \"%s\", want %d %d \"%s\"",
			    c->status, v.outcome, v.step, v.text, c->outcome,
			    c->step, c->text);
	}
}

/* Only 2xx is a delivery, and only 400, 413 lose a payload. */
static void
test_all(void **state)
{
	struct verdict v;
	int status;

	(void)state;
	for (status = 200; status < 600; status++) {
		verdict_of_status(&v, status, false);
		assert_int_equal(v.outcome == OUT_DELIVERED, status / 100 == 2);
		assert_int_equal(
		    v.outcome == OUT_REFUSED, status == 400 || status == 413);
		assert_int_equal(v.text[0] == '\0', status / 100 == 2);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_statuses),
		cmocka_unit_test(test_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
