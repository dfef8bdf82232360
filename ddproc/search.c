/* SPDX-License-Identifier: ISC
 *
 * `ddproc search`: the processes that match all words, once.
 */
#include <stdio.h>

#include "client.h"
#include "ddproc.h"
#include "match.h"
#include "plain.h"

static void
join_words(char *out, size_t size, int argc, char **argv)
{
	size_t used = 0;

	out[0] = '\0';
	for (int i = 1; i < argc && used < size; i++)
		used += (size_t)snprintf(
		    out + used, size - used, "%s%s", i > 1 ? " " : "", argv[i]);
}

int
search_command(const struct ddproc *ctx, int argc, char **argv)
{
	struct client *client;
	struct match match = { 0 };
	char words[LIMIT_MATCH + 1];
	int rc = EXIT_UNREACHED;

	if (argc < 2)
		return command_usage("search", "WORD ...");
	join_words(words, sizeof(words), argc, argv);
	match_parse(&match, words);
	client = client_new(ctx->rundir, NULL, NULL);
	if (client_expect(client, client_has_full, NULL, "snapshot") == 0)
		rc = plain_table(ctx, client_model(client), &match, SORT_CPU) >
			0
		    ? EXIT_DONE
		    : EXIT_FAILED;
	client_free(client);
	return rc;
}
