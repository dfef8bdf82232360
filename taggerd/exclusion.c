/* SPDX-License-Identifier: ISC
 *
 * The rules of exclusion over patterns.h. They run when what is known of a
 * container changes, not with each snapshot.
 */
#include <stdlib.h>
#include <string.h>

#include "common/config.h"
#include "common/log.h"
#include "common/patterns.h"
#include "exclusion.h"

enum subject {
	SUBJECT_IMAGE,
	SUBJECT_NAME,
	SUBJECT_SPACE,
};

static const struct {
	const char *prefix;
	enum subject subject;
} prefixes[] = {
	{ "image:", SUBJECT_IMAGE },
	{ "name:", SUBJECT_NAME },
	{ "kube_namespace:", SUBJECT_SPACE },
};
#define PREFIXES (sizeof(prefixes) / sizeof(prefixes[0]))

struct exclusion {
	struct patterns *patterns; /* owned: whitelist, then blacklist */
	enum subject *subjects;    /* owned; one of each pattern */
	uint32_t n_white;
};

/* Adds one item. Returns 0, or -1 with *error an owned text. */
static int
add_item(struct exclusion *e, const char *item, char **error)
{
	uint32_t n = patterns_count(e->patterns);
	size_t i, len = 0;

	for (i = 0; i < PREFIXES; i++) {
		len = strlen(prefixes[i].prefix);
		if (strncmp(item, prefixes[i].prefix, len) == 0)
			break;
	}
	if (i == PREFIXES || item[len] == '\0') {
		if (asprintf(error,
			"\"%.200s\" is not image:REGEX, name:REGEX or "
			"kube_namespace:REGEX",
			item) == -1)
			fatal("asprintf");
		return -1;
	}
	if (patterns_add(e->patterns, item + len, error) == -1)
		return -1;
	e->subjects = xrealloc(e->subjects, (n + 1) * sizeof(*e->subjects));
	e->subjects[n] = prefixes[i].subject;
	return 0;
}

/* Returns whether all items are good; says on `out` which are not. */
static bool
add_list(struct exclusion *e, const struct config *config, const char *key,
    const struct config_list *list, FILE *out)
{
	bool good = true;
	char *error;
	uint32_t i;

	for (i = 0; i < list->n; i++) {
		if (add_item(e, list->v[i], &error) == 0)
			continue;
		fprintf(out, "%s: %s: %s\n", config_origin(config, key), key,
		    error);
		free(error);
		good = false;
	}
	return good;
}

struct exclusion *
exclusion_new(const struct config *config, FILE *out)
{
	struct exclusion *e = xcalloc(1, sizeof(*e));
	bool good;

	e->patterns = patterns_new();
	good = add_list(e, config, "container_whitelist",
	    &config->container_whitelist, out);
	e->n_white = patterns_count(e->patterns);
	good &= add_list(e, config, "container_blacklist",
	    &config->container_blacklist, out);
	if (good)
		return e;
	exclusion_free(e);
	return NULL;
}

void
exclusion_free(struct exclusion *exclusion)
{
	if (exclusion == NULL)
		return;
	patterns_free(exclusion->patterns);
	free(exclusion->subjects);
	free(exclusion);
}

/* Whether any of the rules from `first` to before `end` matches. */
static bool
any_match(struct exclusion *e, uint32_t first, uint32_t end,
    const struct strview *values)
{
	const struct strview *value;
	uint32_t i;

	for (i = first; i < end; i++) {
		value = &values[e->subjects[i]];
		if (value->len > 0 &&
		    patterns_match(e->patterns, i, value->s, value->len))
			return true;
	}
	return false;
}

bool
exclusion_match(struct exclusion *exclusion, struct strview name,
    struct strview image, struct strview space, bool pause)
{
	const struct strview values[] = { [SUBJECT_IMAGE] = image,
		[SUBJECT_NAME] = name,
		[SUBJECT_SPACE] = space };
	uint32_t n = patterns_count(exclusion->patterns);

	patterns_begin(exclusion->patterns);
	if (any_match(exclusion, 0, exclusion->n_white, values))
		return false;
	return pause || any_match(exclusion, exclusion->n_white, n, values);
}

bool
exclusion_is_pause(struct strview image)
{
	static const struct strview pause = SV("pause"),
				    origin = SV("origin-pod");
	const char *slash;
	struct strview rest = image;

	slash = image.len == 0 ? NULL : memrchr(image.s, '/', image.len);
	if (slash != NULL) {
		rest.s = slash + 1;
		rest.len = (uint32_t)(image.s + image.len - rest.s);
	}
	if (rest.len >= pause.len && memcmp(rest.s, pause.s, pause.len) == 0)
		return true;
	return rest.len >= origin.len &&
	    memcmp(rest.s, origin.s, origin.len) == 0 &&
	    (rest.len == origin.len || rest.s[origin.len] == ':');
}
