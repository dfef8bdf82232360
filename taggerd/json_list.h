/* SPDX-License-Identifier: ISC
 *
 * JSON from servers, taken apart in bounded pieces: before jansson sees a
 * byte, a scan has bounded its depth and its values, and a long list is
 * handed over item by item, so that memory follows the largest item and not
 * the list. Pure but for memory.
 */
#ifndef TAGGERD_JSON_LIST_H
#define TAGGERD_JSON_LIST_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/strview.h"

/*
 * Parses one JSON text of at most LIMIT_JSON_ITEM bytes, LIMIT_JSON_DEPTH
 * levels and LIMIT_JSON_NODES values. Of a key that is there twice the last
 * counts. Returns an owned value (json_decref()), or NULL with *why (a
 * constant) naming the reason.
 */
json_t *json_parse(const char *text, size_t len, const char **why);

/*
 * Calls on_item for each element of a list: of the member `name` of the
 * object that `text` is, or of `text` itself when name is NULL. The item is
 * borrowed for the call. A list of null, or no such member, is empty; an
 * element of null is passed over. An element past json_parse()'s bounds is
 * passed over and counted in *refused (unless NULL). Returns 0, or -1 with
 * *why when the text as a whole is no such JSON: then some items may have
 * been handed over already.
 */
int json_list_each(const char *text, size_t len, const char *name,
    void (*on_item)(const json_t *item, void *arg), void *arg,
    uint32_t *refused, const char **why);

/* The same, for long lists of large items. */
struct json_walk {
	const char *name;
	/* Names of members, ending with NULL: arrays and objects of such a
	 * name count as null, at any depth. NULL: none. */
	const char *const *unread;
	/* Another member of the text, to be had as `value`; NULL: none. */
	const char *member;
	void (*on_item)(const json_t *item, void *arg);
	void *arg;
	json_t *value;    /* out, owned by the caller; NULL: not there */
	uint32_t refused; /* out */
	const char *why;  /* out, when it fails */
};
int json_walk_list(struct json_walk *walk, const char *text, size_t len);

/* Members of an object, with the type they must have: empty, NULL or 0 for
 * anything else, so that a number in place of a string is no string. They
 * are borrowed from the object. */
struct strview json_get_string(const json_t *object, const char *name);
const json_t *json_get_object(const json_t *object, const char *name);
const json_t *json_get_array(const json_t *object, const char *name);
int64_t json_get_integer(const json_t *object, const char *name);
bool json_get_bool(const json_t *object, const char *name);

/* s since the epoch of an RFC 3339 time ("2019-03-01T10:00:00.123Z"), or 0. */
int64_t json_parse_time(struct strview text);

#endif
