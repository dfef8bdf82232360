/* SPDX-License-Identifier: ISC
 *
 * `ddproc diagnose`: how far each endpoint's last try came, and what to look
 * at where it failed. It tries nothing itself, as it has no API key: what
 * shipperd has met on its way is in its status.
 */
#include "common/clock.h"
#include "common/diagnosis.h"
#include "client.h"
#include "ddproc.h"
#include "text.h"

#define STATUS_WAIT 3 /* s: the reports come at once */

static bool
has_shipperd(const struct model *model, void *unused)
{
	(void)unused;
	return model_status(model, R_SHIPPERD) != NULL;
}

/* Returns whether the endpoint is in order. */
static bool
write_endpoint(FILE *out, const struct rec_endpoint *endpoint, int64_t now)
{
	char age[TEXT_SHORT];

	diagnosis_write(out, endpoint);
	if (endpoint->last_try == 0)
		fputs("  not tried yet\n", out);
	else {
		text_age(age, text_elapsed(endpoint->last_try, now));
		fprintf(out, "  tried %s ago\n", age);
	}
	return endpoint->step == STEP_DONE;
}

static int
write_all(FILE *out, const struct rec_status *st)
{
	int rc = EXIT_DONE;

	if (st == NULL || !st->up) {
		fputs("ddproc: shipperd is down\n", stderr);
		return EXIT_FAILED;
	}
	if (st->endpoints.n == 0) {
		text_write(out, st->note);
		fputc('\n', out);
	}
	for (uint32_t i = 0; i < st->endpoints.n; i++)
		if (!write_endpoint(out, &st->endpoints.v[i], clock_wall_ms()))
			rc = EXIT_FAILED;
	return rc;
}

int
diagnose_command(const struct ddproc *ctx, int argc, char **argv)
{
	struct client *client;
	char why[1024];
	int rc;

	(void)argv;
	if (argc != 1)
		return command_usage("diagnose", "");
	client = client_new(ctx->rundir, NULL, NULL);
	if (client_wait(client, has_shipperd, NULL, STATUS_WAIT) ==
		CLIENT_NOBODY ||
	    !client_is_up(client)) {
		client_explain(client, why, sizeof(why));
		fprintf(stderr, "ddproc: %s\n", why);
		rc = EXIT_UNREACHED;
	} else
		rc = write_all(
		    ctx->out, model_status(client_model(client), R_SHIPPERD));
	client_free(client);
	return rc;
}
