/* SPDX-License-Identifier: ISC
 *
 * Any bytes as the kubelet's list of pods: every container has an id, every
 * pod a uid, and all facts are bounded and clean.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "common/limits.h"
#include "taggerd/facts.h"
#include "taggerd/pods.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_facts(struct facts *facts)
{
	const char *p;
	uint32_t i;

	assert(facts->n_tags <= LIMIT_TAGS);
	assert(facts->n_addresses <= LIMIT_ADDRESSES);
	for (i = 0; i < facts->n_tags; i++) {
		p = facts->tags[i].value;
		assert(*p != '\0' && strlen(p) <= LIMIT_TAG);
		for (; *p != '\0'; p++)
			assert((unsigned char)*p >= ' ' && *p != 0x7f);
	}
	assert(facts->cpu_request >= 0);
	facts_free(facts);
}

static void
on_container(struct strview id, struct facts *facts, void *arg)
{
	(void)arg;
	assert(id.len > 0);
	check_facts(facts);
}

static void
on_pod(const struct pod *pod, struct facts *facts, void *arg)
{
	(void)arg;
	assert(pod->uid.len > 0);
	assert(pod->labels == NULL || json_is_object(pod->labels));
	check_facts(facts);
}

static void
on_ended(struct strview uid, void *arg)
{
	(void)arg;
	assert(uid.len > 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct pods_calls calls = { .on_container = on_container,
		.on_pod = on_pod,
		.on_ended = on_ended };
	const char *text = (const char *)data, *why = NULL;
	struct strview quantity = { text, (uint32_t)size };
	uint32_t refused = 0;

	if (pods_parse(text, size, &calls, &refused, &why) == -1)
		assert(why != NULL && why[0] != '\0');
	assert(pods_parse_quantity(quantity) >= 0);
	return 0;
}
