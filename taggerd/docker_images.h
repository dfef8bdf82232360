/* SPDX-License-Identifier: ISC
 *
 * Names of images that lists do not tell, remembered: by the id of the
 * image, or of the container that runs it. Pure but for memory. Bounded by
 * LIMIT_CONTAINERS; when that is full it begins anew.
 */
#ifndef TAGGERD_DOCKER_IMAGES_H
#define TAGGERD_DOCKER_IMAGES_H

struct docker_image;
struct docker_images;

struct docker_images *docker_images_new(void);
void docker_images_free(struct docker_images *images); /* NULL is fine */

/* Remembers a copy of image under an id of 64 hex digits, in place of what
 * was there. */
void docker_images_put(struct docker_images *images, const char *id,
    const struct docker_image *image);

/* Returns what is remembered, borrowed until the next call that changes it,
 * or NULL. */
const struct docker_image *docker_images_find(
    const struct docker_images *images, const char *id);

void docker_images_clear(struct docker_images *images);

#endif
