/* SPDX-License-Identifier: ISC
 *
 * A list of pods as it is parsed, and what came of it.
 */
#ifndef TESTS_UNIT_PODS_HELP_H
#define TESTS_UNIT_PODS_HELP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/limits.h"
#include "taggerd/facts.h"
#include "taggerd/json_list.h"
#include "taggerd/pods.h"

#include "shared_fixtures.h"
#include "tag_text.h"

/* What came out, as JSON in the form of EXPECTED.json: by uid and by id. */
struct got {
	json_t *pods;
	json_t *containers;
};

static inline json_t *
text(const char *s)
{
	return s != NULL ? json_string(s) : json_null();
}

static inline json_t *
tags_of(const struct facts *facts)
{
	json_t *tags = json_object();

	for (uint32_t i = 0; i < facts->n_tags; i++)
		json_object_set_new(tags, tag_text(facts->tags[i].name),
		    json_string(facts->tags[i].value));
	return tags;
}

static inline void
set(json_t *object, struct strview key, json_t *value)
{
	char copy[256];

	snprintf(copy, sizeof(copy), "%.*s", (int)key.len, key.s);
	json_object_set_new(object, copy, value);
}

static inline void
on_container(struct strview id, struct facts *facts, void *arg)
{
	struct got *got = arg;
	json_t *c = json_object();
	char address[128];

	json_object_set_new(c, "runtime", text(facts->type));
	json_object_set_new(c, "name", text(facts->name));
	json_object_set_new(c, "image", text(facts->image));
	json_object_set_new(c, "digest", text(facts->repo_digest));
	json_object_set_new(c, "pod", text(facts->pod_uid));
	json_object_set_new(c, "space", text(facts->space));
	json_object_set_new(c, "state", json_integer(facts->state));
	json_object_set_new(c, "created", json_integer(facts->created));
	json_object_set_new(
	    c, "cpu", json_integer((json_int_t)(facts->cpu_request + 0.5)));
	json_object_set_new(
	    c, "memory", json_integer((json_int_t)facts->memory_request));
	json_object_set_new(c, "tags", tags_of(facts));
	if (facts->n_addresses > 0) {
		snprintf(address, sizeof(address), "%s:%d/%d of %u",
		    facts->addresses[0].ip, facts->addresses[0].port,
		    facts->addresses[0].protocol, facts->n_addresses);
		json_object_set_new(c, "address", json_string(address));
	}
	set(got->containers, id, c);
	facts_free(facts);
}

static inline void
on_pod(const struct pod *pod, struct facts *facts, void *arg)
{
	struct got *got = arg;
	json_t *p = json_object();

	json_object_set_new(p, "tags", tags_of(facts));
	json_object_set_new(p, "services", json_boolean(pod->takes_services));
	json_object_set_new(p, "settled", json_boolean(pod->settled));
	set(got->pods, pod->uid, p);
	facts_free(facts);
}

static inline void
on_ended(struct strview uid, void *arg)
{
	struct got *got = arg;
	json_t *p = json_object();

	json_object_set_new(p, "ended", json_true());
	set(got->pods, uid, p);
}

static inline void
parse(struct got *got, const char *list, uint32_t *refused)
{
	const struct pods_calls calls = { .on_container = on_container,
		.on_pod = on_pod,
		.on_ended = on_ended,
		.arg = got };
	const char *why = "";

	*got = (struct got){ json_object(), json_object() };
	if (pods_parse(list, strlen(list), &calls, refused, &why) == -1) {
		print_error("%s\n", why);
		fail();
	}
}

static inline void
got_free(struct got *got)
{
	json_decref(got->pods);
	json_decref(got->containers);
}

#endif
