/* SPDX-License-Identifier: ISC
 *
 * What becomes of Docker's answers about containers: facts in the tagstore,
 * and where an image has no name, one more question. A list says less of an
 * image than the container does, and the container less than the image.
 */
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/limits.h"
#include "docker_private.h"
#include "facts.h"
#include "tagstore.h"

static const char *
type_of(const struct docker *d)
{
	return d->version.podman ? "podman" : "docker";
}

bool
docker_look(struct docker *d, const char *id)
{
	if (docker_ask(d, BROKER_INSPECT, id, "") == -1)
		return false;
	d->looking++;
	return true;
}

/* Again, when its image is known. A question that names its container twice
 * is the last one about it, whatever image it has then. */
static void
look_again(struct docker *d, const char *id)
{
	if (docker_ask(d, BROKER_INSPECT, id, id) == 0)
		d->looking++;
}

static void
look_ended(struct docker *d)
{
	d->looking--;
	if (d->looking == 0)
		d->env.on_looked(d->env.arg);
}

/* Gives the facts the name of an image that was asked for before. Returns
 * whether it is known. */
static bool
name_image(struct docker *d, const struct docker_container *c)
{
	const struct docker_image *image = docker_images_find(d->images, c->id);

	if (image == NULL)
		image = docker_images_find(d->images, c->image_id);
	if (image == NULL)
		return false;
	facts_set_image(c->facts, strview_of(image->name));
	facts_set(&c->facts->repo_digest, strview_of(image->digest),
	    LIMIT_CONTAINER_IMAGE);
	return true;
}

/* A container that has died already was alive in a snapshot that has not
 * been sent: it gets its tags for that. */
static void
put(struct docker *d, const struct docker_container *c)
{
	struct strview id = strview_of(c->id);

	tagstore_put(
	    d->env.store, TAGSTORE_DOCKER, TAGSTORE_CONTAINER, id, c->facts);
	if (c->ended)
		tagstore_end(d->env.store, TAGSTORE_DOCKER, TAGSTORE_CONTAINER,
		    id, clock_mono_ns(), LIMIT_TAGS_KEPT);
}

static void
take_listed(const struct docker_container *c, void *arg)
{
	struct docker *d = arg;

	if (c->image_id[0] != '\0' && !name_image(d, c))
		docker_look(d, c->id);
	put(d, c);
}

int
docker_take_list(
    struct docker *d, const struct docker_answer *answer, const char **why)
{
	int rv;

	tagstore_list_begin(d->env.store, TAGSTORE_DOCKER);
	rv = docker_json_list(answer->body, answer->len, type_of(d),
	    take_listed, d, &d->unread, why);
	if (rv == 0)
		tagstore_list_end(d->env.store, TAGSTORE_DOCKER,
		    clock_mono_ns(), LIMIT_TAGS_KEPT);
	return rv;
}

/* Of a container that is named in its own words the image is remembered
 * too, for the lists to come that do not name it. */
static void
remember_image(struct docker *d, const struct docker_container *c)
{
	struct docker_image image = { 0 };

	if (c->facts->image == NULL)
		return;
	snprintf(image.name, sizeof(image.name), "%s", c->facts->image);
	if (c->facts->repo_digest != NULL)
		snprintf(image.digest, sizeof(image.digest), "%s",
		    c->facts->repo_digest);
	docker_images_put(d->images, c->id, &image);
}

/* 404: it ended between two questions, or another runtime has it. */
void
docker_take_inspected(struct docker *d, const struct docker_query *query,
    const struct docker_answer *answer)
{
	struct docker_container c = { 0 };
	bool readable = answer->status == 200 &&
	    docker_json_container(answer->body, answer->len, type_of(d), &c) ==
		0 &&
	    strcmp(c.id, query->id) == 0;

	if (!readable) {
		facts_free(c.facts);
		if (answer->status != 404)
			docker_miss(d);
		look_ended(d);
		return;
	}
	if (c.image_id[0] == '\0')
		remember_image(d, &c);
	else if (!name_image(d, &c) && query->container[0] == '\0' &&
	    docker_ask(d, BROKER_IMAGE, c.image_id, c.id) == 0)
		d->looking++;
	put(d, &c);
	look_ended(d);
}

/* An image that has no name, or is gone, is known by its id from now on. Then
 * the container is looked at again. */
void
docker_take_image(struct docker *d, const struct docker_query *query,
    const struct docker_answer *answer)
{
	struct docker_image image = { 0 };

	if (answer->status == 0) {
		docker_miss(d);
		look_ended(d);
		return;
	}
	if (answer->status == 200)
		docker_json_image(answer->body, answer->len, &image);
	if (image.name[0] == '\0')
		snprintf(
		    image.name, sizeof(image.name), "sha256:%s", query->id);
	docker_images_put(d->images, query->id, &image);
	look_again(d, query->container);
	look_ended(d);
}
