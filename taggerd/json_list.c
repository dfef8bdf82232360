/* SPDX-License-Identifier: ISC
 *
 * The walk over a list, and jansson behind the scan. Everything here is
 * linear in the length of the text.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/limits.h"
#include "common/log.h"
#include "json_list.h"
#include "json_scan.h"

struct list {
	struct json_walk *walk;
	const char *end; /* of the text */
	char *pruned;    /* room for an item; NULL: not needed yet */
	size_t size;     /* bytes of pruned */
};

static const char *
explain(const json_error_t *error)
{
	switch (json_error_code(error)) {
	case json_error_invalid_utf8:
		return "not UTF-8";
	case json_error_premature_end_of_input:
		return "cut short";
	case json_error_end_of_input_expected:
		return "more than one JSON value";
	case json_error_numeric_overflow:
		return "a number out of range";
	default:
		return "not JSON";
	}
}

/* The scan has found that text is one value of that size, and its bytes are
 * no more than LIMIT_JSON_ITEM. */
static json_t *
load(const char *text, size_t len, const struct json_size *size,
    const char **why)
{
	json_error_t error;
	json_t *value;

	if (size->depth > LIMIT_JSON_DEPTH) {
		*why = "nested too deep";
		return NULL;
	}
	if (size->values > LIMIT_JSON_NODES) {
		*why = "too many values";
		return NULL;
	}
	value = json_loadb(text, len, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
	if (value == NULL)
		*why = explain(&error);
	return value;
}

json_t *
json_parse(const char *text, size_t len, const char **why)
{
	struct json_size size;

	if (len > LIMIT_JSON_ITEM) {
		*why = "too long";
		return NULL;
	}
	if (json_skip(text, text + len, &size) == NULL) {
		*why = "not JSON";
		return NULL;
	}
	return load(text, len, &size, why);
}

/* The item without what nobody reads, in the list's own memory. */
static const char *
prune(struct list *list, const char *text, size_t *len, struct json_size *size)
{
	if (list->size < *len) {
		list->pruned = xrealloc(list->pruned, *len);
		list->size = *len;
	}
	*len = json_prune(text, *len, list->walk->unread, list->pruned);
	if (json_skip(list->pruned, list->pruned + *len, size) == NULL)
		*len = 0;
	return list->pruned;
}

static void
hand_over(struct list *list, const char *text, size_t len,
    const struct json_size *found)
{
	struct json_size size = *found;
	const char *why;
	json_t *item = NULL;

	if (len == 4 && memcmp(text, "null", 4) == 0)
		return;
	if (len <= LIMIT_JSON_ITEM) {
		if (list->walk->unread != NULL)
			text = prune(list, text, &len, &size);
		item = load(text, len, &size, &why);
	}
	if (item == NULL) {
		list->walk->refused++;
		return;
	}
	list->walk->on_item(item, list->walk->arg);
	json_decref(item);
}

/* p is behind the '['. Returns what is behind the ']', or NULL. */
static const char *
walk_items(struct list *list, const char *p)
{
	const char *item;
	struct json_size size;

	p = json_skip_space(p, list->end);
	if (p < list->end && *p == ']')
		return p + 1;
	for (;;) {
		item = json_skip_space(p, list->end);
		p = json_skip(item, list->end, &size);
		if (p == NULL)
			return NULL;
		hand_over(list, item, (size_t)(p - item), &size);
		p = json_skip_space(p, list->end);
		if (p == list->end || (*p != ',' && *p != ']'))
			return NULL;
		if (*p++ == ']')
			return p;
	}
}

static const char *
walk_list(struct list *list, const char *p)
{
	p = json_skip_space(p, list->end);
	if (p < list->end && *p == '[')
		return walk_items(list, p + 1);
	if (list->end - p >= 4 && memcmp(p, "null", 4) == 0)
		return p + 4;
	list->walk->why = "not a list";
	return NULL;
}

/* The other member: its value is parsed, the last one counts. */
static const char *
take_value(struct list *list, const char *p)
{
	const char *value = json_skip_space(p, list->end), *why;

	p = json_skip(value, list->end, NULL);
	if (p == NULL)
		return NULL;
	json_decref(list->walk->value);
	list->walk->value = json_parse(value, (size_t)(p - value), &why);
	return p;
}

/* key is a string with its quotes. */
static bool
is_key(const char *key, size_t len, const char *name)
{
	return name != NULL && strlen(name) + 2 == len &&
	    memcmp(key + 1, name, len - 2) == 0;
}

/* One member, "key": value. Returns what is behind it, or NULL. */
static const char *
walk_member(struct list *list, const char *p)
{
	const char *key = json_skip_space(p, list->end);
	size_t len;

	if (key == list->end || *key != '"')
		return NULL;
	p = json_skip(key, list->end, NULL);
	if (p == NULL)
		return NULL;
	len = (size_t)(p - key);
	p = json_skip_space(p, list->end);
	if (p == list->end || *p++ != ':')
		return NULL;
	if (is_key(key, len, list->walk->name))
		return walk_list(list, p);
	if (is_key(key, len, list->walk->member))
		return take_value(list, p);
	return json_skip(p, list->end, NULL);
}

static const char *
walk_object(struct list *list, const char *p)
{
	p = json_skip_space(p, list->end);
	if (p == list->end || *p++ != '{')
		return NULL;
	p = json_skip_space(p, list->end);
	if (p < list->end && *p == '}')
		return p + 1;
	for (;;) {
		p = walk_member(list, p);
		if (p == NULL)
			return NULL;
		p = json_skip_space(p, list->end);
		if (p == list->end || (*p != ',' && *p != '}'))
			return NULL;
		if (*p++ == '}')
			return p;
	}
}

int
json_walk_list(struct json_walk *walk, const char *text, size_t len)
{
	struct list list = { .walk = walk, .end = text + len };
	const char *p;

	walk->value = NULL;
	walk->refused = 0;
	walk->why = "not JSON";
	p = walk->name != NULL ? walk_object(&list, text)
			       : walk_list(&list, text);
	free(list.pruned);
	if (p == NULL)
		return -1;
	if (json_skip_space(p, list.end) == list.end)
		return 0;
	walk->why = "more than one JSON value";
	return -1;
}

int
json_list_each(const char *text, size_t len, const char *name,
    void (*on_item)(const json_t *item, void *arg), void *arg,
    uint32_t *refused, const char **why)
{
	struct json_walk walk = {
		.name = name, .on_item = on_item, .arg = arg
	};
	int rc = json_walk_list(&walk, text, len);

	if (refused != NULL)
		*refused = walk.refused;
	if (rc == -1)
		*why = walk.why;
	return rc;
}

struct strview
json_get_string(const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);

	if (!json_is_string(value))
		return (struct strview){ NULL, 0 };
	return (struct strview){ json_string_value(value),
		(uint32_t)json_string_length(value) };
}

const json_t *
json_get_object(const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);

	return json_is_object(value) ? value : NULL;
}

const json_t *
json_get_array(const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);

	return json_is_array(value) ? value : NULL;
}

int64_t
json_get_integer(const json_t *object, const char *name)
{
	return json_integer_value(json_object_get(object, name));
}

bool
json_get_bool(const json_t *object, const char *name)
{
	return json_is_true(json_object_get(object, name));
}

/* Days from 1970-01-01 to a date of the Gregorian calendar: years begin in
 * March here, so that the leap day is the last. */
static int64_t
days_of(int64_t year, int month, int day)
{
	int64_t y = month > 2 ? year : year - 1;
	int64_t m = month > 2 ? month - 3 : month + 9;

	return y * 365 + y / 4 - y / 100 + y / 400 + (m * 153 + 2) / 5 + day -
	    719469;
}

int64_t
json_parse_time(struct strview text)
{
	int year, month, day, hour, minute, second, h, m, used = 0;
	char copy[40], sign, *zone;
	int64_t t;

	if (text.len >= sizeof(copy) || text.len < 20)
		return 0;
	memcpy(copy, text.s, text.len);
	copy[text.len] = '\0';
	if (sscanf(copy, "%4d-%2d-%2dT%2d:%2d:%2d%n", &year, &month, &day,
		&hour, &minute, &second, &used) != 6 ||
	    year < 1970 || month < 1 || month > 12 || day < 1 || day > 31 ||
	    hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 ||
	    second > 60)
		return 0;
	zone = copy + used;
	if (*zone == '.')
		zone += 1 + strspn(zone + 1, "0123456789");
	t = days_of(year, month, day) * 86400 + hour * 3600 + minute * 60 +
	    second;
	if (strcmp(zone, "Z") == 0)
		return t;
	if (sscanf(zone, "%c%2d:%2d%n", &sign, &h, &m, &used) != 3 ||
	    zone[used] != '\0' || (sign != '+' && sign != '-') || h < 0 ||
	    h > 23 || m < 0 || m > 59)
		return 0;
	t += (sign == '-' ? 60 : -60) * (h * 60 + m);
	return t > 0 ? t : 0;
}
