/* SPDX-License-Identifier: ISC
 *
 * Pieces of text in the Docker API's JSON, for the two files that read it.
 */
#ifndef TAGGERD_DOCKER_TEXT_H
#define TAGGERD_DOCKER_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "broker.h"
#include "common/strview.h"

/* Copies an id of 64 hex digits, in lower case. Returns false, and makes out
 * empty, if the text is none. */
bool docker_text_id(char out[BROKER_ID + 1], struct strview text);

bool docker_text_starts(struct strview text, struct strview start);

/* The text up to the first `c`; all of it if there is none. */
struct strview docker_text_cut(struct strview text, char c);

/* A string of an array, empty if there is no such; borrowed from it. */
struct strview docker_text_item(const json_t *array, size_t i);

#endif
