/* SPDX-License-Identifier: ISC
 *
 * Any bytes as each of the Docker API's answers: every container has a good
 * id and its facts, whatever else it has.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "taggerd/docker_json.h"
#include "taggerd/facts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
on_container(const struct docker_container *c, void *arg)
{
	(void)arg;
	if (strspn(c->id, "0123456789abcdef") != BROKER_ID ||
	    c->facts == NULL || c->facts->n_tags > LIMIT_TAGS ||
	    c->facts->n_addresses > LIMIT_ADDRESSES)
		abort();
	if (c->image_id[0] != '\0' && c->facts->image != NULL)
		abort();
	facts_free(c->facts);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data, *why;
	char name[64], id[BROKER_ID + 1];
	struct docker_container c;
	struct docker_version version;
	struct docker_image image;
	uint32_t refused = 0;

	docker_json_list(
	    text, size, "docker", on_container, NULL, &refused, &why);
	if (docker_json_container(text, size, "docker", &c) == 0)
		on_container(&c, NULL);
	if (docker_json_version(text, size, &version, &why) == 0 &&
	    version.api.major == 0)
		abort();
	docker_json_image(text, size, &image);
	docker_json_info(text, size, name, sizeof(name));
	if (docker_json_event(text, size, id) != DOCKER_EVENT_NONE &&
	    strlen(id) != BROKER_ID)
		abort();
	return 0;
}
