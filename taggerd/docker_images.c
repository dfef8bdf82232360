/* SPDX-License-Identifier: ISC
 *
 * A sorted array: few containers run an image that has no name, so it is
 * short.
 */
#include <stdlib.h>
#include <string.h>

#include "common/limits.h"
#include "common/log.h"
#include "docker_images.h"
#include "docker_json.h"

struct entry {
	char id[BROKER_ID + 1];
	struct docker_image *image; /* owned */
};

struct docker_images {
	struct entry *v; /* sorted by id */
	size_t n;
};

struct docker_images *
docker_images_new(void)
{
	return xcalloc(1, sizeof(struct docker_images));
}

void
docker_images_clear(struct docker_images *images)
{
	size_t i;

	for (i = 0; i < images->n; i++)
		free(images->v[i].image);
	free(images->v);
	images->v = NULL;
	images->n = 0;
}

void
docker_images_free(struct docker_images *images)
{
	if (images == NULL)
		return;
	docker_images_clear(images);
	free(images);
}

/* Returns where the id is, or would be. */
static size_t
place_of(const struct docker_images *images, const char *id, bool *found)
{
	size_t low = 0, high = images->n, middle;
	int order;

	*found = false;
	while (low < high) {
		middle = low + (high - low) / 2;
		order = strcmp(id, images->v[middle].id);
		if (order == 0) {
			*found = true;
			return middle;
		}
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

void
docker_images_put(struct docker_images *images, const char *id,
    const struct docker_image *image)
{
	bool found;
	size_t i = place_of(images, id, &found);

	if (found) {
		*images->v[i].image = *image;
		return;
	}
	if (images->n == LIMIT_CONTAINERS) {
		docker_images_clear(images);
		i = 0;
	}
	images->v = xrealloc(images->v, (images->n + 1) * sizeof(images->v[0]));
	memmove(&images->v[i + 1], &images->v[i],
	    (images->n - i) * sizeof(images->v[0]));
	images->n++;
	memcpy(images->v[i].id, id, BROKER_ID);
	images->v[i].id[BROKER_ID] = '\0';
	images->v[i].image = xcalloc(1, sizeof(*image));
	*images->v[i].image = *image;
}

const struct docker_image *
docker_images_find(const struct docker_images *images, const char *id)
{
	bool found;
	size_t i = place_of(images, id, &found);

	return found ? images->v[i].image : NULL;
}
