/* SPDX-License-Identifier: ISC
 *
 * The one decoder. A payload is walked by msgscan_check() first; what
 * msgpack-c then unpacks is held against the tables of schema.c: exact
 * types, counts capped before memory is taken, each field once, unknown
 * fields skipped.
 */
#include <limits.h>
#include <msgpack.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "msgscan.h"
#include "schema.h"

/* One frame's objects seldom need more; it grows when they do. */
#define ZONE_CHUNK 8192

struct schema_arena {
	msgpack_zone *zone;
};

struct schema_arena *
schema_arena_new(void)
{
	struct schema_arena *arena = xcalloc(1, sizeof(*arena));

	arena->zone = msgpack_zone_new(ZONE_CHUNK);
	if (arena->zone == NULL)
		fatalx("out of memory");
	return arena;
}

void
schema_arena_free(struct schema_arena *arena)
{
	if (arena == NULL)
		return;
	msgpack_zone_free(arena->zone);
	free(arena);
}

static void *
arena_zeroed(msgpack_zone *zone, size_t count, size_t size)
{
	void *p = msgpack_zone_malloc(zone, count * size);

	if (p == NULL)
		fatalx("out of memory");
	memset(p, 0, count * size);
	return p;
}

static int
decode_int(const struct schema_field *f, const msgpack_object *o, char *at)
{
	bool positive = o->type == MSGPACK_OBJECT_POSITIVE_INTEGER;

	if (!positive && o->type != MSGPACK_OBJECT_NEGATIVE_INTEGER)
		return -1;
	switch (f->type) {
	case TYPE_I32:
		if (positive ? o->via.u64 > INT32_MAX : o->via.i64 < INT32_MIN)
			return -1;
		*(int32_t *)(void *)at = (int32_t)o->via.i64;
		return 0;
	case TYPE_I64:
		if (positive && o->via.u64 > INT64_MAX)
			return -1;
		*(int64_t *)(void *)at = o->via.i64;
		return 0;
	case TYPE_U32:
		if (!positive || o->via.u64 > UINT32_MAX)
			return -1;
		*(uint32_t *)(void *)at = (uint32_t)o->via.u64;
		return 0;
	case TYPE_U64:
		if (!positive)
			return -1;
		*(uint64_t *)(void *)at = o->via.u64;
		return 0;
	default:
		return -1;
	}
}

static int
decode_str(const msgpack_object *o, uint32_t max, struct strview *out)
{
	if (o->type != MSGPACK_OBJECT_STR || o->via.str.size > max)
		return -1;
	out->s = o->via.str.ptr;
	out->len = o->via.str.size;
	return 0;
}

static int
decode_strs(msgpack_zone *zone, const msgpack_object *o, uint32_t max,
    struct strviews *out)
{
	uint32_t i;

	if (o->type != MSGPACK_OBJECT_ARRAY || o->via.array.size > max)
		return -1;
	out->n = o->via.array.size;
	if (out->n == 0)
		return 0;
	out->v = arena_zeroed(zone, out->n, sizeof(*out->v));
	for (i = 0; i < out->n; i++)
		if (decode_str(&o->via.array.ptr[i], LIMIT_ARG, &out->v[i]) ==
		    -1)
			return -1;
	return 0;
}

static int decode_record(msgpack_zone *, const struct schema_record *,
    const msgpack_object *, char *);

static int
decode_list(msgpack_zone *zone, const struct schema_field *f,
    const msgpack_object *o, char *at)
{
	struct {
		char *v;
		uint32_t n;
	} *out = (void *)at;
	const struct schema_record *r = f->sub();
	uint32_t i;

	if (o->type != MSGPACK_OBJECT_ARRAY || o->via.array.size > f->max)
		return -1;
	out->n = o->via.array.size;
	if (out->n == 0)
		return 0;
	out->v = arena_zeroed(zone, out->n, r->size);
	for (i = 0; i < out->n; i++)
		if (decode_record(zone, r, &o->via.array.ptr[i],
			out->v + i * r->size) == -1)
			return -1;
	return 0;
}

static int
decode_field(msgpack_zone *zone, const struct schema_field *f,
    const msgpack_object *o, char *at)
{
	switch (f->type) {
	case TYPE_I32:
	case TYPE_U32:
	case TYPE_I64:
	case TYPE_U64:
		return decode_int(f, o, at);
	case TYPE_F32:
		if (o->type != MSGPACK_OBJECT_FLOAT32)
			return -1;
		*(float *)(void *)at = (float)o->via.f64;
		return 0;
	case TYPE_BOOL:
		if (o->type != MSGPACK_OBJECT_BOOLEAN)
			return -1;
		*(bool *)at = o->via.boolean;
		return 0;
	case TYPE_STR:
		return decode_str(o, f->max, (void *)at);
	case TYPE_STRS:
		return decode_strs(zone, o, f->max, (void *)at);
	case TYPE_LIST:
		return decode_list(zone, f, o, at);
	case TYPE_INSIDE:
		return decode_record(zone, f->sub(), o, at);
	}
	return -1;
}

/* Fields come in the table's order from our own encoder, so the search
 * starts where the last one ended. */
static const struct schema_field *
find_field(const struct schema_record *r, uint64_t num, uint32_t *hint)
{
	uint32_t i, k;

	for (i = 0; i < r->count; i++) {
		k = (*hint + i) % r->count;
		if (r->fields[k].num == num) {
			*hint = (k + 1) % r->count;
			return &r->fields[k];
		}
	}
	return NULL;
}

static int
decode_record(msgpack_zone *zone, const struct schema_record *r,
    const msgpack_object *o, char *out)
{
	const struct schema_field *f;
	const msgpack_object_kv *kv;
	uint64_t seen = 0;
	uint32_t i, hint = 0;

	if (o->type != MSGPACK_OBJECT_MAP)
		return -1;
	for (i = 0; i < o->via.map.size; i++) {
		kv = &o->via.map.ptr[i];
		if (kv->key.type != MSGPACK_OBJECT_POSITIVE_INTEGER)
			return -1;
		f = find_field(r, kv->key.via.u64, &hint);
		if (f == NULL)
			continue;
		if (seen & 1ull << (f - r->fields))
			return -1;
		seen |= 1ull << (f - r->fields);
		if (decode_field(zone, f, &kv->val, out + f->offset) == -1)
			return -1;
	}
	return 0;
}

int
schema_decode(const void *payload, size_t len, struct schema_arena *arena,
    union schema_any *out, const char **why)
{
	const struct schema_permit *permit;
	msgpack_object o, *pair;
	size_t off = 0;
	uint32_t type;

	if ((*why = msgscan_check(payload, len)) != NULL)
		return -1;
	msgpack_zone_clear(arena->zone);
	*why = "not a frame";
	if (msgpack_unpack(payload, len, &off, arena->zone, &o) !=
	    MSGPACK_UNPACK_SUCCESS)
		return -1;
	if (o.type != MSGPACK_OBJECT_ARRAY || o.via.array.size != 2)
		return -1;
	pair = o.via.array.ptr;
	*why = "no such message";
	if (pair[0].type != MSGPACK_OBJECT_POSITIVE_INTEGER ||
	    pair[0].via.u64 >= MSG_COUNT)
		return -1;
	type = (uint32_t)pair[0].via.u64;
	if ((permit = schema_permit(type)) == NULL)
		return -1;
	*why = "larger than its message may be";
	if (len > permit->bytes)
		return -1;
	*why = "a field of a wrong type or size";
	memset(out, 0, schema_record(type)->size);
	if (decode_record(
		arena->zone, schema_record(type), &pair[1], (char *)out) == -1)
		return -1;
	*why = NULL;
	return (int)type;
}
