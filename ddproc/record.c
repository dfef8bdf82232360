/* SPDX-License-Identifier: ISC
 *
 * Deep copies of records, guided by the schema's tables, so that no field is
 * named here. Trusts its input: the decoder has bounded every count.
 */
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "record.h"

/* A list of any record, and a list of strings, as they lie in a struct. */
struct any_list {
	void *v;
	uint32_t n;
};

/* Room in the one block: arrays first, which need alignment, then bytes. */
struct room {
	size_t arrays;
	size_t bytes;
};

struct cursor {
	char *arrays;
	char *bytes;
};

static size_t
round_up(size_t n)
{
	return (n + 7) & ~(size_t)7;
}

static struct any_list
get_list(const char *member)
{
	struct any_list list;

	memcpy(&list, member, sizeof(list));
	return list;
}

static void
measure_strings(const char *member, struct room *room)
{
	struct strviews list;

	memcpy(&list, member, sizeof(list));
	room->arrays += round_up(list.n * sizeof(*list.v));
	for (uint32_t i = 0; i < list.n; i++)
		room->bytes += list.v[i].len;
}

static void
measure(const struct schema_record *schema, const char *rec, struct room *room)
{
	for (uint32_t i = 0; i < schema->count; i++) {
		const struct schema_field *field = &schema->fields[i];
		const char *member = rec + field->offset;
		struct any_list list;
		struct strview string;

		if (field->type == TYPE_STR) {
			memcpy(&string, member, sizeof(string));
			room->bytes += string.len;
		} else if (field->type == TYPE_STRS) {
			measure_strings(member, room);
		} else if (field->type == TYPE_INSIDE) {
			measure(field->sub(), member, room);
		} else if (field->type == TYPE_LIST) {
			list = get_list(member);
			room->arrays += round_up(list.n * field->sub()->size);
			for (uint32_t k = 0; k < list.n; k++)
				measure(field->sub(),
				    (char *)list.v + k * field->sub()->size,
				    room);
		}
	}
}

static void
own_string(struct strview *string, struct cursor *to)
{
	if (string->len > 0)
		memcpy(to->bytes, string->s, string->len);
	string->s = to->bytes;
	to->bytes += string->len;
}

/* Copies `size` bytes at `from` to the arrays and returns the copy. */
static char *
own_array(const void *from, size_t size, struct cursor *to)
{
	char *copy = to->arrays;

	if (size > 0)
		memcpy(copy, from, size);
	to->arrays += round_up(size);
	return copy;
}

/* `rec` is a flat copy already: gives it its own strings and lists. */
static void
own(const struct schema_record *schema, char *rec, struct cursor *to)
{
	for (uint32_t i = 0; i < schema->count; i++) {
		const struct schema_field *field = &schema->fields[i];
		char *member = rec + field->offset;
		struct any_list list;
		struct strviews *strings;

		if (field->type == TYPE_STR) {
			own_string((struct strview *)(void *)member, to);
		} else if (field->type == TYPE_STRS) {
			strings = (struct strviews *)(void *)member;
			strings->v = (struct strview *)(void *)own_array(
			    strings->v, strings->n * sizeof(*strings->v), to);
			for (uint32_t k = 0; k < strings->n; k++)
				own_string(&strings->v[k], to);
		} else if (field->type == TYPE_INSIDE) {
			own(field->sub(), member, to);
		} else if (field->type == TYPE_LIST) {
			list = get_list(member);
			list.v = own_array(
			    list.v, list.n * field->sub()->size, to);
			for (uint32_t k = 0; k < list.n; k++)
				own(field->sub(),
				    (char *)list.v + k * field->sub()->size,
				    to);
			memcpy(member, &list, sizeof(list));
		}
	}
}

void *
record_dup(enum msg_type type, const void *record)
{
	const struct schema_record *schema = schema_record(type);
	struct room room = { 0, 0 };
	struct cursor to;
	char *copy;

	measure(schema, record, &room);
	copy = xcalloc(1, round_up(schema->size) + room.arrays + room.bytes);
	memcpy(copy, record, schema->size);
	to.arrays = copy + round_up(schema->size);
	to.bytes = to.arrays + room.arrays;
	own(schema, copy, &to);
	return copy;
}
