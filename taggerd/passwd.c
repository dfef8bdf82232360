/* SPDX-License-Identifier: ISC
 *
 * The passwd parser: pure, over bytes that anybody may have written. It
 * never trusts a line for its neighbours and never reads past `len`.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/limits.h"
#include "common/log.h"
#include "passwd.h"

/* name:password:uid:gid, and what follows is of no interest. */
enum {
	FIELD_NAME,
	FIELD_PASSWORD,
	FIELD_UID,
	FIELD_GID,
	FIELDS,
};

/* Takes the next field up to ':' or the end; the last needs no ':'. */
static bool
take_field(const char **at, const char *end, bool last, struct strview *field)
{
	const char *colon = memchr(*at, ':', (size_t)(end - *at));

	if (colon == NULL) {
		if (!last)
			return false;
		colon = end;
	}
	field->s = *at;
	field->len = (uint32_t)(colon - *at);
	*at = colon == end ? end : colon + 1;
	return true;
}

/* Decimal digits only; (uid_t)-1 means "no user" to the kernel. */
static bool
parse_id(const struct strview *field, uint32_t *id)
{
	uint64_t value = 0;
	uint32_t i;

	for (i = 0; i < field->len; i++) {
		if (field->s[i] < '0' || field->s[i] > '9')
			return false;
		value = value * 10 + (uint64_t)(field->s[i] - '0');
		if (value >= UINT32_MAX)
			return false;
	}
	*id = (uint32_t)value;
	return field->len > 0;
}

/* A name that can stand in a tag. `+` and `-` lead NIS lines, not users. */
static bool
name_is_good(const struct strview *name)
{
	uint32_t i;

	if (name->len == 0 || name->len > LIMIT_USER_NAME)
		return false;
	if (strchr("+-#", name->s[0]) != NULL)
		return false;
	for (i = 0; i < name->len; i++)
		if ((unsigned char)name->s[i] <= ' ' || name->s[i] == 0x7f)
			return false;
	return true;
}

static bool
parse_line(const char *line, const char *end, struct passwd_entry *entry)
{
	struct strview field[FIELDS];
	uint32_t gid;
	int i;

	for (i = 0; i < FIELDS; i++)
		if (!take_field(&line, end, i == FIELD_GID, &field[i]))
			return false;
	if (!name_is_good(&field[FIELD_NAME]) ||
	    !parse_id(&field[FIELD_UID], &entry->uid) ||
	    !parse_id(&field[FIELD_GID], &gid))
		return false;
	entry->name = field[FIELD_NAME];
	return true;
}

/* By uid, then by place in the text, so that the first line comes first. */
static int
compare_entries(const void *a, const void *b)
{
	const struct passwd_entry *x = a, *y = b;

	if (x->uid != y->uid)
		return x->uid < y->uid ? -1 : 1;
	return x->name.s < y->name.s ? -1 : 1;
}

static void
keep_first_of_each(struct passwd_table *p)
{
	uint32_t i, kept = 0;

	for (i = 0; i < p->n; i++)
		if (kept == 0 || p->v[kept - 1].uid != p->v[i].uid)
			p->v[kept++] = p->v[i];
	p->n = kept;
}

int
passwd_parse(const char *buf, size_t len, struct passwd_table *out)
{
	const char *line = buf, *end = buf + len, *eol;
	uint32_t size = 0;

	*out = (struct passwd_table){ 0 };
	if (len > LIMIT_PASSWD_FILE)
		return -1;
	while (line < end && out->n < LIMIT_USERS) {
		eol = memchr(line, '\n', (size_t)(end - line));
		if (eol == NULL)
			eol = end;
		if (out->n == size) {
			size = size == 0 ? 64 : size * 2;
			out->v = xrealloc(out->v, size * sizeof(*out->v));
		}
		if (parse_line(line, eol, &out->v[out->n]))
			out->n++;
		line = eol == end ? end : eol + 1;
	}
	if (out->n > 0)
		qsort(out->v, out->n, sizeof(*out->v), compare_entries);
	keep_first_of_each(out);
	return 0;
}

void
passwd_clear(struct passwd_table *passwd)
{
	free(passwd->v);
	*passwd = (struct passwd_table){ 0 };
}

struct strview
passwd_find(const struct passwd_table *passwd, uint32_t uid)
{
	uint32_t low = 0, high = passwd->n, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (passwd->v[middle].uid == uid)
			return passwd->v[middle].name;
		if (passwd->v[middle].uid < uid)
			low = middle + 1;
		else
			high = middle;
	}
	return (struct strview){ 0 };
}
