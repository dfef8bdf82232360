/* SPDX-License-Identifier: ISC
 *
 * `ddproc search`: the processes that match all words, once.
 */
#include "client.h"
#include "ddproc.h"
#include "match.h"
#include "plain.h"

int
search_command(const struct ddproc *ctx, int argc, char **argv)
{
	struct client *client;
	struct match match = { 0 };
	int rc = EXIT_UNREACHED;

	if (argc < 2)
		return command_usage("search", "WORD ...");
	match_parse_args(&match, argc - 1, argv + 1);
	client = client_new(ctx->rundir, NULL, NULL);
	if (client_expect(client, client_has_full, NULL, "snapshot") == 0)
		rc = plain_table(ctx, client_model(client), &match, SORT_CPU) >
			0
		    ? EXIT_DONE
		    : EXIT_FAILED;
	if (rc == EXIT_FAILED && model_containers_only(client_model(client)))
		fputs("ddproc: only containers are collected here\n", stderr);
	client_free(client);
	return rc;
}
