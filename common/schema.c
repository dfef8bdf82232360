/* SPDX-License-Identifier: ISC
 *
 * The tables that schema.def expands to, and the one encoder that walks
 * them. Nothing here knows any message by name.
 */
#include <limits.h>
#include <msgpack.h>
#include <string.h>

#include "schema.h"

#define FIELD(n, t, member, m, u, w)                                        \
	{ (n), TYPE_##t, #member, (m), offsetof(RECORD, member), NULL, (u), \
		(w) },
#define LIST(n, record, member, m, u, w)                          \
	{ (n), TYPE_LIST, #member, (m), offsetof(RECORD, member), \
		describe_##record, (u), (w) },
#define INSIDE(n, record, member, u, w)                           \
	{ (n), TYPE_INSIDE, #member, 1, offsetof(RECORD, member), \
		describe_##record, (u), (w) },

/* A function for each record, so that RECORD can mean its struct. */
#define REC(rec, list)                                                   \
	static const struct schema_record *describe_##rec(void)          \
	{                                                                \
		typedef struct rec_##rec RECORD;                         \
		static const struct schema_field fields[] = { list(      \
		    FIELD, LIST, INSIDE) };                              \
		_Static_assert(sizeof(fields) / sizeof(fields[0]) <= 64, \
		    "the decoder marks seen fields in 64 bits");         \
		static const struct schema_record record = { #rec,       \
			sizeof(RECORD), fields,                          \
			sizeof(fields) / sizeof(fields[0]) };            \
		return &record;                                          \
	}
SCHEMA_PARTS(REC)
SCHEMA_RECORDS(REC)
#undef REC

static const struct schema_permit permits[MSG_COUNT] = {
#define MSG(name, number, senders, receivers, bytes, rate) \
	[number] = { #name, (senders), (receivers), (bytes), (rate) },
	SCHEMA_MESSAGES(MSG)
#undef MSG
};

const char *
schema_role_name(enum role role)
{
	switch (role) {
	case R_COLLECTORD:
		return "collectord";
	case R_TAGGERD:
		return "taggerd";
	case R_SHIPPERD:
		return "shipperd";
	case R_VIEWER:
		return "viewer";
	}
	return "unknown";
}

const struct schema_permit *
schema_permit(uint32_t type)
{
	if (type >= MSG_COUNT || permits[type].name == NULL)
		return NULL;
	return &permits[type];
}

const struct schema_record *
schema_record(uint32_t type)
{
	switch (type) {
#define MSG(name, number, senders, receivers, bytes, rate) \
	case number:                                       \
		return describe_##name();
		SCHEMA_MESSAGES(MSG)
#undef MSG
	}
	return NULL;
}

static int
write_buf(void *data, const char *bytes, size_t len)
{
	buf_append(data, bytes, len);
	return 0;
}

static uint32_t
min_u32(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* R fields all have this shape, whatever their record. */
struct any_list {
	const char *v;
	uint32_t n;
};

/* Zero and empty fields are left out of the frame. */
static bool
field_is_empty(const struct schema_field *f, const char *at)
{
	switch (f->type) {
	case TYPE_I32:
	case TYPE_U32:
		return *(const uint32_t *)(const void *)at == 0;
	case TYPE_I64:
	case TYPE_U64:
		return *(const uint64_t *)(const void *)at == 0;
	case TYPE_F32:
		return !(*(const float *)(const void *)at < 0 ||
		    *(const float *)(const void *)at > 0);
	case TYPE_BOOL:
		return !*(const bool *)at;
	case TYPE_STR:
		return ((const struct strview *)(const void *)at)->len == 0;
	case TYPE_STRS:
		return ((const struct strviews *)(const void *)at)->n == 0;
	case TYPE_LIST:
		return ((const struct any_list *)(const void *)at)->n == 0;
	case TYPE_INSIDE:
		return false;
	}
	return true;
}

static void
pack_str(msgpack_packer *pk, const struct strview *sv, uint32_t max)
{
	uint32_t len = min_u32(sv->len, max);

	msgpack_pack_str(pk, len);
	msgpack_pack_str_body(pk, sv->s, len);
}

static void pack_record(
    msgpack_packer *, const struct schema_record *, const char *);

static void
pack_field(msgpack_packer *pk, const struct schema_field *f, const char *at)
{
	const struct strviews *strs = (const void *)at;
	const struct any_list *list = (const void *)at;
	uint32_t i, n;

	switch (f->type) {
	case TYPE_I32:
		msgpack_pack_int32(pk, *(const int32_t *)(const void *)at);
		break;
	case TYPE_U32:
		msgpack_pack_uint32(pk, *(const uint32_t *)(const void *)at);
		break;
	case TYPE_I64:
		msgpack_pack_int64(pk, *(const int64_t *)(const void *)at);
		break;
	case TYPE_U64:
		msgpack_pack_uint64(pk, *(const uint64_t *)(const void *)at);
		break;
	case TYPE_F32:
		msgpack_pack_float(pk, *(const float *)(const void *)at);
		break;
	case TYPE_BOOL:
		msgpack_pack_true(pk);
		break;
	case TYPE_STR:
		pack_str(pk, (const void *)at, f->max);
		break;
	case TYPE_STRS:
		n = min_u32(strs->n, f->max);
		msgpack_pack_array(pk, n);
		for (i = 0; i < n; i++)
			pack_str(pk, &strs->v[i], LIMIT_ARG);
		break;
	case TYPE_LIST:
		n = min_u32(list->n, f->max);
		msgpack_pack_array(pk, n);
		for (i = 0; i < n; i++)
			pack_record(pk, f->sub(), list->v + i * f->sub()->size);
		break;
	case TYPE_INSIDE:
		pack_record(pk, f->sub(), at);
		break;
	}
}

static void
pack_record(
    msgpack_packer *pk, const struct schema_record *r, const char *record)
{
	uint32_t i, present = 0;

	for (i = 0; i < r->count; i++)
		if (!field_is_empty(
			&r->fields[i], record + r->fields[i].offset))
			present++;
	msgpack_pack_map(pk, present);
	for (i = 0; i < r->count; i++) {
		const struct schema_field *f = &r->fields[i];

		if (field_is_empty(f, record + f->offset))
			continue;
		msgpack_pack_uint32(pk, f->num);
		pack_field(pk, f, record + f->offset);
	}
}

int
schema_encode(struct buf *b, enum msg_type type, const void *record)
{
	const struct schema_permit *permit = schema_permit(type);
	size_t start = b->len, len;
	unsigned char word[4] = { 0 };
	msgpack_packer pk;
	uint32_t i;

	if (permit == NULL)
		return -1;
	buf_append(b, word, sizeof(word));
	msgpack_packer_init(&pk, b, write_buf);
	msgpack_pack_array(&pk, 2);
	msgpack_pack_uint32(&pk, type);
	pack_record(&pk, schema_record(type), record);

	len = b->len - start - sizeof(word);
	if (len > permit->bytes) {
		b->len = start;
		return -1;
	}
	for (i = 0; i < sizeof(word); i++)
		b->data[start + i] = (char)(unsigned char)(len >> (8 * i));
	return 0;
}
