/* SPDX-License-Identifier: ISC
 *
 * What Kubernetes hides in names and strings: whose owner an owner has, and
 * how much a quantity is.
 */
#include <stdlib.h>
#include <string.h>

#include "facts.h"
#include "pods.h"

/* The letters of generated suffixes: no vowels, nothing that looks alike. */
#define GENERATED  "bcdfghjklmnpqrstvwxz2456789"
#define DIGITS     "0123456789"
#define SUFFIX_MIN 3

/* Suffixes of quantities, and what they stand for. */
static const struct {
	const char *name;
	double factor;
} units[] = {
	{ "", 1 },
	{ "n", 1e-9 },
	{ "u", 1e-6 },
	{ "m", 1e-3 },
	{ "k", 1e3 },
	{ "M", 1e6 },
	{ "G", 1e9 },
	{ "T", 1e12 },
	{ "P", 1e15 },
	{ "E", 1e18 },
	{ "Ki", 1024.0 },
	{ "Mi", 1048576.0 },
	{ "Gi", 1073741824.0 },
	{ "Ti", 1099511627776.0 },
	{ "Pi", 1125899906842624.0 },
	{ "Ei", 1152921504606846976.0 },
};

static bool
consists_of(const char *s, size_t len, const char *set)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (s[i] == '\0' || strchr(set, s[i]) == NULL)
			return false;
	return true;
}

/* The name without its suffix, which must consist of one of the sets; empty
 * if there is none. */
static struct strview
stem(struct strview name, const char *set, const char *other)
{
	uint32_t i = name.len, len;

	while (i > 0 && name.s[i - 1] != '-')
		i--;
	len = name.len - i;
	if (i < 2 || len < SUFFIX_MIN ||
	    (!consists_of(name.s + i, len, set) &&
		!consists_of(name.s + i, len, other)))
		return (struct strview){ NULL, 0 };
	return (struct strview){ name.s, i - 1 };
}

void
pods_add_owner(struct facts *facts, struct strview kind, struct strview name)
{
	static const struct {
		struct strview kind;
		enum tag_name tag;
	} owners[] = {
		{ SV("DaemonSet"), TAG_DAEMON_SET },
		{ SV("StatefulSet"), TAG_STATEFUL_SET },
		{ SV("ReplicationController"), TAG_REPLICATION_CONTROLLER },
		{ SV("Deployment"), TAG_DEPLOYMENT },
		{ SV("Job"), TAG_JOB },
		{ SV("ReplicaSet"), TAG_REPLICA_SET },
	};
	size_t i;

	for (i = 0; i < sizeof(owners) / sizeof(*owners); i++) {
		if (!strview_equal(owners[i].kind, kind))
			continue;
		facts_add_tag(facts, owners[i].tag, name);
		if (owners[i].tag == TAG_REPLICA_SET)
			facts_add_tag(facts, TAG_DEPLOYMENT,
			    stem(name, DIGITS, GENERATED));
		if (owners[i].tag == TAG_JOB)
			facts_add_tag(
			    facts, TAG_CRONJOB, stem(name, DIGITS, DIGITS));
	}
}

double
pods_parse_quantity(struct strview text)
{
	char copy[40], *end;
	double value;
	size_t i;

	if (text.len == 0 || text.len >= sizeof(copy) ||
	    !consists_of(text.s, 1, DIGITS ".+"))
		return 0;
	memcpy(copy, text.s, text.len);
	copy[text.len] = '\0';
	if (copy[strcspn(copy, "xX")] != '\0')
		return 0; /* strtod() would take it for hexadecimal */
	value = strtod(copy, &end);
	for (i = 0; i < sizeof(units) / sizeof(*units); i++)
		if (strcmp(end, units[i].name) == 0)
			break;
	if (end == copy || i == sizeof(units) / sizeof(*units))
		return 0;
	value *= units[i].factor;
	return value > 0 && value < 1e30 ? value : 0;
}
