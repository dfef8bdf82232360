/* SPDX-License-Identifier: ISC
 *
 * Records as JSON by walking the schema's tables: no list of fields is
 * repeated here, but for those that a bit of `hidden` covers.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/utf8.h"
#include "json.h"
#include "text.h"

#define DIGITS 6 /* of a float: it holds no more */
#define DEL    0x7f

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* What the schema's units do not tell: fields that are zero when unread. */
struct hidden_field {
	uint32_t bit;
	const char *name;
};

static const struct hidden_field process_fields[] = {
	{ HIDDEN_CMDLINE, "args" },
	{ HIDDEN_EXE, "on_disk" },
	{ HIDDEN_STATUS, "uid" },
	{ HIDDEN_STATUS, "euid" },
	{ HIDDEN_STATUS, "suid" },
	{ HIDDEN_STATUS, "gid" },
	{ HIDDEN_STATUS, "egid" },
	{ HIDDEN_STATUS, "sgid" },
	{ HIDDEN_STATUS, "user" },
	{ HIDDEN_STATUS, "nspid" },
	{ HIDDEN_STATUS, "swap" },
	{ HIDDEN_STATUS, "shared" },
	{ HIDDEN_STATUS, "text" },
	{ HIDDEN_STATUS, "lib" },
	{ HIDDEN_STATUS, "data" },
	{ HIDDEN_STATUS, "voluntary_ctxt" },
	{ HIDDEN_STATUS, "involuntary_ctxt" },
};

static const struct hidden_field container_fields[] = {
	{ HIDDEN_CONTAINER_CPU, "total_pct" },
	{ HIDDEN_CONTAINER_CPU, "user_pct" },
	{ HIDDEN_CONTAINER_CPU, "system_pct" },
	{ HIDDEN_CONTAINER_CPU, "cpu_usage_ns" },
	{ HIDDEN_CONTAINER_CPU, "cpu_limit" },
	{ HIDDEN_CONTAINER_MEMORY, "mem_rss" },
	{ HIDDEN_CONTAINER_MEMORY, "mem_cache" },
	{ HIDDEN_CONTAINER_MEMORY, "mem_usage" },
	{ HIDDEN_CONTAINER_MEMORY, "mem_accounted" },
	{ HIDDEN_CONTAINER_MEMORY, "mem_limit" },
	{ HIDDEN_CONTAINER_BLOCK_IO, "read_bytes_rate" },
	{ HIDDEN_CONTAINER_BLOCK_IO, "write_bytes_rate" },
	{ HIDDEN_CONTAINER_NETWORK, "net_received" },
	{ HIDDEN_CONTAINER_NETWORK, "net_sent" },
	{ HIDDEN_CONTAINER_NETWORK, "net_received_bytes" },
	{ HIDDEN_CONTAINER_NETWORK, "net_sent_bytes" },
	{ HIDDEN_CONTAINER_THREADS, "threads" },
	{ HIDDEN_CONTAINER_THREADS, "thread_limit" },
};

/* jansson returns NULL only when there is no memory. */
static json_t *
need(json_t *value)
{
	if (value == NULL)
		fatalx("out of memory");
	return value;
}

static json_t *
from_string(struct strview s)
{
	char *clean = xcalloc(3, (size_t)s.len + 1);
	size_t len = utf8_clean(clean, s.s, s.len);
	json_t *value = need(json_stringn(clean, len));

	free(clean);
	return value;
}

static json_t *
from_strings(const struct strviews *list)
{
	json_t *array = need(json_array());

	for (uint32_t i = 0; i < list->n; i++)
		json_array_append_new(array, from_string(list->v[i]));
	return array;
}

static json_t *
from_unsigned(uint64_t n)
{
	return need(json_integer(
	    n <= INT64_MAX ? (json_int_t)n : (json_int_t)INT64_MAX));
}

static json_t *
from_float(const struct schema_field *field, float f)
{
	if (!isfinite(f) ||
	    (f < 0 && strstr(field->unit, "-1 unreadable") != NULL))
		return json_null();
	return need(json_real((double)f));
}

static json_t *
from_int(const struct schema_field *field, int64_t n)
{
	if (n == -1 && strstr(field->unit, "-1 unreadable") != NULL)
		return json_null();
	return need(json_integer(n));
}

static json_t *from_record(const struct schema_record *schema, const char *rec);

static json_t *
from_list(const struct schema_field *field, const char *member)
{
	const struct schema_record *sub = field->sub();
	json_t *array = need(json_array());
	struct {
		const char *v;
		uint32_t n;
	} list;

	memcpy(&list, member, sizeof(list));
	for (uint32_t i = 0; i < list.n; i++)
		json_array_append_new(
		    array, from_record(sub, list.v + i * sub->size));
	return array;
}

static json_t *
from_field(const struct schema_field *field, const char *rec)
{
	const void *member = rec + field->offset;
	const struct strview *string = member;

	switch (field->type) {
	case TYPE_I32:
		return from_int(field, *(const int32_t *)member);
	case TYPE_U32:
		return from_unsigned(*(const uint32_t *)member);
	case TYPE_I64:
		return from_int(field, *(const int64_t *)member);
	case TYPE_U64:
		return from_unsigned(*(const uint64_t *)member);
	case TYPE_F32:
		return from_float(field, *(const float *)member);
	case TYPE_BOOL:
		return json_boolean(*(const bool *)member);
	case TYPE_STR:
		if (string->len == 0 &&
		    strstr(field->unit, "empty unreadable") != NULL)
			return json_null();
		return from_string(*string);
	case TYPE_STRS:
		return from_strings(member);
	case TYPE_LIST:
		return from_list(field, member);
	case TYPE_INSIDE:
		return from_record(field->sub(), member);
	}
	return json_null();
}

static json_t *
from_record(const struct schema_record *schema, const char *rec)
{
	json_t *object = need(json_object());

	for (uint32_t i = 0; i < schema->count; i++)
		json_object_set_new_nocheck(object, schema->fields[i].name,
		    from_field(&schema->fields[i], rec));
	return object;
}

json_t *
json_record(enum msg_type type, const void *record)
{
	return from_record(schema_record(type), record);
}

/* Makes null what `hidden` says was not read, and names that. */
static void
hide(json_t *object, uint32_t hidden, const struct hidden_field *fields,
    size_t n, const char *(*name)(uint32_t bit))
{
	json_t *names = need(json_array());

	for (size_t i = 0; i < n; i++)
		if (hidden & fields[i].bit)
			json_object_set_new(
			    object, fields[i].name, json_null());
	for (uint32_t bit = 1; bit != 0; bit <<= 1)
		if (hidden & bit)
			json_array_append_new(
			    names, need(json_string(name(bit))));
	json_object_set_new(object, "hidden_names", names);
}

/* Adds the fields of message `type` to those of the record inside it. */
static void
add_whole(json_t *object, enum msg_type type, const void *rec)
{
	json_t *whole = json_record(type, rec);

	json_object_del(whole, "stat");
	json_object_update(object, whole);
	json_decref(whole);
}

json_t *
json_stat(const struct rec_process_stat *rec)
{
	json_t *object = json_record(MSG_process_stat, rec);
	const char letter = text_state(rec->state);

	json_object_set_new(
	    object, "state_letter", need(json_stringn(&letter, 1)));
	return object;
}

json_t *
json_process(const struct rec_process *rec)
{
	json_t *object = json_stat(&rec->stat);

	add_whole(object, MSG_process, rec);
	hide(object, rec->hidden, process_fields, COUNT(process_fields),
	    text_hidden);
	return object;
}

json_t *
json_container_stat(const struct rec_container_stat *rec)
{
	json_t *object = json_record(MSG_container_stat, rec);

	json_object_set_new(object, "state_name",
	    need(json_string(text_container_state(rec->state))));
	json_object_set_new(
	    object, "health_name", need(json_string(text_health(rec->health))));
	hide(object, rec->hidden, container_fields, COUNT(container_fields),
	    text_container_hidden);
	return object;
}

json_t *
json_container(const struct rec_container *rec)
{
	json_t *object = json_container_stat(&rec->stat);

	add_whole(object, MSG_container, rec);
	return object;
}

/* jansson calls DEL printable. It stands in strings only, so it may become an
 * escape wherever it is. */
static int
put_text(const char *text, size_t len, void *arg)
{
	FILE *out = arg;

	for (size_t i = 0; i < len; i++) {
		if (text[i] == DEL)
			fputs("\\u007F", out);
		else
			putc(text[i], out);
	}
	return ferror(out) ? -1 : 0;
}

static void
put(FILE *out, json_t *value, size_t flags)
{
	json_dump_callback(value, put_text, out,
	    flags | JSON_ENCODE_ANY | JSON_ENSURE_ASCII |
		JSON_REAL_PRECISION(DIGITS));
	json_decref(value);
}

void
json_put(FILE *out, json_t *value)
{
	put(out, value, JSON_INDENT(2));
}

void
json_put_line(FILE *out, json_t *value)
{
	put(out, value, 0);
}
