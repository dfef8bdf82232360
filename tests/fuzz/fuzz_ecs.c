/* SPDX-License-Identifier: ISC
 *
 * Any bytes as each of ECS's answers and as a table of routes: what is made
 * of them is bounded and clean.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "common/limits.h"
#include "taggerd/ecs_json.h"
#include "taggerd/facts.h"
#include "taggerd/route.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
on_container(struct strview id, struct facts *facts, void *arg)
{
	uint32_t i;

	(void)arg;
	assert(id.len > 0 && id.len <= LIMIT_CONTAINER_ID);
	assert(facts->n_tags <= LIMIT_TAGS);
	assert(facts->n_addresses <= LIMIT_ADDRESSES);
	for (i = 0; i < facts->n_tags; i++)
		assert(facts->tags[i].value[0] != '\0' &&
		    strlen(facts->tags[i].value) <= LIMIT_TAG);
	assert(facts->cpu_request >= 0 &&
	    facts->cpu_request <= 100.0F * LIMIT_CPUS);
	facts_free(facts);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int (*const parsers[])(
	    const char *, size_t, struct ecs_reading *) = { ecs_parse_commands,
		ecs_parse_instance, ecs_parse_tasks, ecs_parse_task };
	const char *text = (const char *)data;
	struct in_addr gateway;
	size_t i;

	for (i = 0; i < sizeof(parsers) / sizeof(parsers[0]); i++) {
		struct ecs_reading r = { .on_container = on_container };
		int rv = parsers[i](text, size, &r);

		assert(rv == 0 || (r.why != NULL && r.why[0] != '\0'));
		assert(memchr(r.cluster, '\0', sizeof(r.cluster)) != NULL);
		assert(memchr(r.task_arn, '\0', sizeof(r.task_arn)) != NULL);
	}
	(void)route_parse_gateway(text, size, &gateway);
	return 0;
}
