/* SPDX-License-Identifier: ISC
 *
 * A sorted array: lists come in that order, so that putting them is cheap,
 * and the services of a namespace stand side by side. Each service is one
 * piece of memory, as a cluster has many.
 */
#include <stdlib.h>
#include <string.h>

#include "common/limits.h"
#include "common/log.h"
#include "json_list.h"
#include "services.h"

struct service {
	uint32_t space; /* bytes of the namespace */
	uint32_t name;  /* bytes of the name */
	uint32_t pairs;
	uint32_t len; /* bytes of text */
	/* Namespace, name, then key and value of each pair of the selector,
	 * each with a NUL behind it. */
	char text[];
};

struct services {
	struct service **v;
	uint32_t n;
	uint32_t room;
	size_t bytes; /* of all their texts */
	uint32_t refused;
};

static const char *
name_of(const struct service *s)
{
	return s->text + s->space + 1;
}

struct services *
services_new(void)
{
	return xcalloc(1, sizeof(struct services));
}

void
services_free(struct services *services)
{
	uint32_t i;

	if (services == NULL)
		return;
	for (i = 0; i < services->n; i++)
		free(services->v[i]);
	free(services->v);
	free(services);
}

uint32_t
services_count(const struct services *services)
{
	return services->n;
}

uint32_t
services_refused(const struct services *services)
{
	return services->refused;
}

void
services_refuse(struct services *services, uint32_t n)
{
	services->refused += n;
}

static bool
same(const struct service *a, const struct service *b)
{
	return a->len == b->len && a->space == b->space && a->name == b->name &&
	    memcmp(a->text, b->text, a->len) == 0;
}

bool
services_equal(const struct services *a, const struct services *b)
{
	uint32_t i;

	if (a->n != b->n)
		return false;
	for (i = 0; i < a->n; i++)
		if (!same(a->v[i], b->v[i]))
			return false;
	return true;
}

static int
compare(const struct service *s, struct strview space, struct strview name)
{
	struct strview own_space = { s->text, s->space };
	struct strview own_name = { name_of(s), s->name };
	int c = strview_compare(own_space, space);

	return c != 0 ? c : strview_compare(own_name, name);
}

/* The first one that is not before (space, name). */
static uint32_t
lower_bound(
    const struct services *services, struct strview space, struct strview name)
{
	uint32_t low = 0, high = services->n, middle;

	if (high > 0 && compare(services->v[high - 1], space, name) < 0)
		return high;
	while (low < high) {
		middle = low + (high - low) / 2;
		if (compare(services->v[middle], space, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Appends a string and a NUL to text[*at]. Returns -1 if there is no room,
 * or a NUL in it. */
static int
pack(char *text, size_t *at, struct strview s)
{
	if (s.len >= LIMIT_SERVICE - *at ||
	    (s.len > 0 && memchr(s.s, '\0', s.len) != NULL))
		return -1;
	if (s.len > 0)
		memcpy(text + *at, s.s, s.len);
	*at += s.len;
	text[(*at)++] = '\0';
	return 0;
}

/* Returns an owned service, or NULL if the item is past the bounds. */
static struct service *
make(const json_t *item, json_t *selector)
{
	const json_t *meta = json_get_object(item, "metadata"), *value;
	struct strview space = json_get_string(meta, "namespace");
	struct strview name = json_get_string(meta, "name");
	char text[LIMIT_SERVICE];
	struct service *s;
	const char *key;
	size_t at = 0;

	if (pack(text, &at, space) == -1 || pack(text, &at, name) == -1)
		return NULL;
	json_object_foreach(selector, key, value) {
		if (!json_is_string(value) ||
		    pack(text, &at, strview_of(key)) == -1 ||
		    pack(text, &at, json_get_string(selector, key)) == -1)
			return NULL;
	}
	s = xcalloc(1, sizeof(*s) + at);
	s->space = space.len;
	s->name = name.len;
	s->pairs = (uint32_t)json_object_size(selector);
	s->len = (uint32_t)at;
	memcpy(s->text, text, at);
	return s;
}

/* Where the item's service is, or where it would be. */
static uint32_t
find(const struct services *services, const json_t *item, bool *found)
{
	const json_t *meta = json_get_object(item, "metadata");
	struct strview space = json_get_string(meta, "namespace");
	struct strview name = json_get_string(meta, "name");
	uint32_t i = lower_bound(services, space, name);

	*found = i < services->n && compare(services->v[i], space, name) == 0;
	return i;
}

bool
services_drop(struct services *services, const json_t *item)
{
	bool found;
	uint32_t i = find(services, item, &found);

	if (!found)
		return false;
	services->bytes -= services->v[i]->len;
	free(services->v[i]);
	services->n--;
	memmove(&services->v[i], &services->v[i + 1],
	    (services->n - i) * sizeof(void *));
	return true;
}

static void
insert(struct services *services, uint32_t i, struct service *s)
{
	if (services->n == services->room) {
		services->room = services->room > 0 ? 2 * services->room : 64;
		services->v = xrealloc(
		    services->v, services->room * sizeof(void *));
	}
	memmove(&services->v[i + 1], &services->v[i],
	    (services->n - i) * sizeof(void *));
	services->v[i] = s;
	services->n++;
	services->bytes += s->len;
}

bool
services_put(struct services *services, const json_t *item)
{
	json_t *selector = json_object_get(
	    json_get_object(item, "spec"), "selector");
	struct service *s = NULL;
	bool found;
	uint32_t i = find(services, item, &found);

	if (json_object_size(selector) == 0)
		return services_drop(services, item);
	s = make(item, selector);
	if (found && s != NULL && same(services->v[i], s)) {
		free(s);
		return false;
	}
	services_drop(services, item);
	if (s == NULL || services->n == LIMIT_SERVICES ||
	    s->len > LIMIT_SERVICES_TEXT - services->bytes) {
		free(s);
		services->refused++;
		return found;
	}
	insert(services, i, s);
	return true;
}

static bool
selects(const struct service *s, const json_t *labels)
{
	const char *key = name_of(s) + s->name + 1, *value;
	uint32_t i;

	for (i = 0; i < s->pairs; i++) {
		value = key + strlen(key) + 1;
		if (!json_is_string(json_object_get(labels, key)) ||
		    !strview_equal(
			json_get_string(labels, key), strview_of(value)))
			return false;
		key = value + strlen(value) + 1;
	}
	return true;
}

void
services_match(const struct services *services, struct strview space,
    const json_t *labels, void (*on_match)(struct strview name, void *arg),
    void *arg)
{
	uint32_t i = lower_bound(services, space, (struct strview){ NULL, 0 });
	const struct service *s;

	for (; i < services->n; i++) {
		s = services->v[i];
		if (strview_compare(
			(struct strview){ s->text, s->space }, space) != 0)
			break;
		if (selects(s, labels))
			on_match((struct strview){ name_of(s), s->name }, arg);
	}
}
