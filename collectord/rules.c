/* SPDX-License-Identifier: ISC
 *
 * Compiles the rules for command lines. Both kinds are checked before giving
 * up, so that an administrator sees every error at once.
 */
#include <stdlib.h>

#include "common/config.h"
#include "filter.h"
#include "rules.h"
#include "scrub.h"

int
rules_new(struct rules *rules, const struct config *config, FILE *out)
{
	bool strip = config->strip_proc_arguments;
	char *error = NULL;

	rules->scrub = scrub_new(
	    &config->custom_sensitive_words, config->scrub_args, strip, &error);
	if (rules->scrub == NULL) {
		fprintf(out, "%s: custom_sensitive_words: %s\n",
		    config_origin(config, "custom_sensitive_words"), error);
		free(error);
		error = NULL;
	}
	rules->filter = filter_new(&config->blacklist, &error);
	if (rules->filter == NULL) {
		fprintf(out, "%s: blacklist: %s\n",
		    config_origin(config, "blacklist"), error);
		free(error);
	}
	if (rules->scrub != NULL && rules->filter != NULL)
		return 0;
	rules_free(rules);
	return -1;
}

bool
rules_check(const struct config *config, FILE *out)
{
	struct rules rules;

	if (rules_new(&rules, config, out) == -1)
		return false;
	rules_free(&rules);
	return true;
}

void
rules_free(struct rules *rules)
{
	scrub_free(rules->scrub);
	filter_free(rules->filter);
	*rules = (struct rules){ 0 };
}
