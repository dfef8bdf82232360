/* SPDX-License-Identifier: ISC
 *
 * The containers of an answer as one line of text each.
 */
#ifndef TESTS_UNIT_ECS_HELP_H
#define TESTS_UNIT_ECS_HELP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/limits.h"
#include "common/log.h"
#include "shared_fixtures.h"
#include "tag_text.h"
#include "taggerd/ecs_json.h"
#include "taggerd/facts.h"
#include "taggerd/json_list.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* What on_container was given, a line for each, in words. */
struct seen {
	char *text; /* owned */
	size_t size;
	FILE *out;
};

static inline void
describe(FILE *out, struct strview id, const struct facts *f)
{
	uint32_t i;

	fprintf(out, "%.*s", (int)id.len, id.s);
	for (i = 0; i < f->n_tags; i++)
		fprintf(
		    out, " %s:%s", tag_text(f->tags[i].name), f->tags[i].value);
	for (i = 0; i < f->n_addresses; i++)
		fprintf(out, " %s:%d/%s", f->addresses[i].ip,
		    f->addresses[i].port,
		    f->addresses[i].protocol == ADDRESS_UDP ? "udp" : "tcp");
	if (f->type != NULL)
		fprintf(out, " type=%s", f->type);
	if (f->name != NULL)
		fprintf(out, " name=%s", f->name);
	if (f->pause)
		fprintf(out, " pause");
	if (f->state != CONTAINER_UNKNOWN)
		fprintf(out, " state=%d", f->state);
	if (f->health != HEALTH_UNKNOWN)
		fprintf(out, " health=%d", f->health);
	if (f->created != 0)
		fprintf(out, " created=%lld", (long long)f->created);
	if (f->cpu_request != 0)
		fprintf(out, " cpu=%g", (double)f->cpu_request);
	fprintf(out, "\n");
}

static inline void
on_container(struct strview id, struct facts *facts, void *arg)
{
	struct seen *seen = arg;

	describe(seen->out, id, facts);
	facts_free(facts);
}

typedef int parser(const char *, size_t, struct ecs_reading *);

/* Parses an allocation of the exact size, which shows any read past it.
 * seen->text is the caller's. */
static inline int
read_text(parser *parse, const char *text, size_t len, struct ecs_reading *r,
    struct seen *seen)
{
	char *copy = malloc(len > 0 ? len : 1);
	int rv;

	assert_non_null(copy);
	memcpy(copy, text, len);
	seen->out = open_memstream(&seen->text, &seen->size);
	assert_non_null(seen->out);
	r->on_container = on_container;
	r->arg = seen;
	rv = parse(copy, len, r);
	fclose(seen->out);
	free(copy);
	return rv;
}

#endif
