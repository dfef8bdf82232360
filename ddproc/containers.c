/* SPDX-License-Identifier: ISC
 *
 * `ddproc containers`: the containers, or those that match all words, once.
 */
#include <unistd.h>

#include "client.h"
#include "ctable.h"
#include "ddproc.h"
#include "match.h"
#include "plain.h"

static int
usage(void)
{
	command_usage("containers", CONTAINERS_USAGE);
	fputs("KEY is one of", stderr);
	for (int i = 0; i < CSORT_COUNT; i++)
		fprintf(stderr, " %s", ctable_sort_name((enum csort_key)i));
	fputc('\n', stderr);
	return EXIT_USAGE;
}

/* No container at all is an answer; none that matches is a failure, as it is
 * to search. */
static int
print(const struct ddproc *ctx, const struct model *model,
    const struct match *match, enum csort_key key)
{
	size_t n = plain_containers(ctx, model, match, key);

	return n > 0 || match->n == 0 ? EXIT_DONE : EXIT_FAILED;
}

int
containers_command(const struct ddproc *ctx, int argc, char **argv)
{
	struct client *client;
	struct match match = { 0 };
	int ch, key = CSORT_CPU, rc = EXIT_UNREACHED;

	optind = 0; /* glibc: begin again, for this argv */
	while ((ch = getopt(argc, argv, "+s:")) != -1)
		if (ch != 's' || (key = ctable_sort_key(optarg)) == -1)
			return usage();
	match_parse_args(&match, argc - optind, argv + optind);
	client = client_new(ctx->rundir, NULL, NULL);
	if (client_expect(client, client_has_full, NULL, "snapshot") == 0)
		rc = print(
		    ctx, client_model(client), &match, (enum csort_key)key);
	client_free(client);
	return rc;
}
