/* SPDX-License-Identifier: ISC
 *
 * `ddproc containers`: the containers, or those that match all words, once.
 */
#include <getopt.h>

#include "check.h"
#include "client.h"
#include "ctable.h"
#include "ddproc.h"
#include "match.h"
#include "plain.h"

struct wanted {
	struct match match;
	enum csort_key key;
	bool json;
};

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

static size_t
print_json(const struct ddproc *ctx, const struct model *model,
    const struct wanted *wanted)
{
	struct model_containers view = { 0 };
	size_t n;

	model_select_containers(model, &wanted->match, &view);
	ctable_sort(&view, wanted->key, false);
	check_put_containers(ctx->out, model, &view, SNAPSHOT_FULL);
	fputc('\n', ctx->out);
	n = view.n;
	model_containers_free(&view);
	return n;
}

/* No container at all is an answer; none that matches is a failure, as it is
 * to search. */
static int
print(const struct ddproc *ctx, const struct model *model,
    const struct wanted *wanted)
{
	const struct match *match = &wanted->match;
	size_t n = wanted->json
	    ? print_json(ctx, model, wanted)
	    : plain_containers(ctx, model, match, wanted->key);

	if (n == 0)
		fputs(match->n == 0 ? "ddproc: no containers\n"
				    : "ddproc: no container matches\n",
		    stderr);
	return n > 0 || match->n == 0 ? EXIT_DONE : EXIT_FAILED;
}

/* Returns 0, or -1 for wrong use. */
static int
parse(struct wanted *wanted, int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ NULL, 0, NULL, 0 },
	};
	int ch, key;

	optind = 0; /* glibc: begin again, for this argv */
	while ((ch = getopt_long(argc, argv, "+s:", options, NULL)) != -1) {
		switch (ch) {
		case 'j':
			wanted->json = true;
			break;
		case 's':
			if ((key = ctable_sort_key(optarg)) == -1)
				return -1;
			wanted->key = (enum csort_key)key;
			break;
		default:
			return -1;
		}
	}
	match_parse_args(&wanted->match, argc - optind, argv + optind);
	return 0;
}

int
containers_command(const struct ddproc *ctx, int argc, char **argv)
{
	struct wanted wanted = { .key = CSORT_CPU };
	struct client *client;
	int rc = EXIT_UNREACHED;

	if (parse(&wanted, argc, argv) == -1)
		return usage();
	client = client_new(ctx->rundir, NULL, NULL);
	if (client_expect(client, client_has_full, NULL, "snapshot") == 0)
		rc = print(ctx, client_model(client), &wanted);
	client_free(client);
	return rc;
}
