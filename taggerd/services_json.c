/* SPDX-License-Identifier: ISC
 *
 * Services as the API server says them: pages of a list, lines of a watch.
 */
#include <string.h>

#include "common/limits.h"
#include "json_list.h"
#include "services.h"

/* Copies what goes into the query of a URL. Returns -1 if that cannot be. */
static int
copy_token(char *out, size_t size, struct strview token)
{
	uint32_t i;

	if (token.len >= size)
		return -1;
	for (i = 0; i < token.len; i++)
		if (token.s[i] == '\0' ||
		    strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvw"
			   "xyz0123456789-_.~=",
			token.s[i]) == NULL)
			return -1;
	if (token.len > 0)
		memcpy(out, token.s, token.len);
	out[token.len] = '\0';
	return 0;
}

static int
take_mark(struct services_mark *mark, const json_t *meta)
{
	struct strview version = json_get_string(meta, "resourceVersion");

	if (version.len == 0)
		return -1;
	if (copy_token(mark->version, sizeof(mark->version), version) == -1)
		return -1;
	return copy_token(
	    mark->next, sizeof(mark->next), json_get_string(meta, "continue"));
}

static void
on_item(const json_t *item, void *arg)
{
	services_put(arg, item);
}

int
services_parse(struct services *services, const char *text, size_t len,
    struct services_mark *mark, const char **why)
{
	static const char *const unread[] = { "managedFields", "annotations",
		"labels", "status", "ports", NULL };
	struct json_walk walk = { .name = "items",
		.member = "metadata",
		.unread = unread,
		.on_item = on_item,
		.arg = services };
	int rc = json_walk_list(&walk, text, len);

	*why = walk.why;
	services_refuse(services, walk.refused);
	if (rc == 0 && take_mark(mark, walk.value) == -1) {
		*why = "not a list of services";
		rc = -1;
	}
	json_decref(walk.value);
	return rc;
}

static bool
ignore(struct services *services, const json_t *item)
{
	(void)services;
	(void)item;
	return false;
}

/* The types of events but ERROR, and what they do. */
static const struct {
	struct strview type;
	bool (*apply)(struct services *, const json_t *);
} events[] = {
	{ SV("ADDED"), services_put },
	{ SV("MODIFIED"), services_put },
	{ SV("DELETED"), services_drop },
	{ SV("BOOKMARK"), ignore },
};

static enum services_event
apply(
    struct services *services, const json_t *value, struct services_mark *mark)
{
	struct strview type = json_get_string(value, "type");
	const json_t *object = json_get_object(value, "object");
	size_t i;

	if (strview_equal(type, SV("ERROR")))
		return SERVICES_EXPIRED;
	for (i = 0; i < sizeof(events) / sizeof(*events); i++) {
		if (!strview_equal(events[i].type, type))
			continue;
		if (take_mark(mark, json_get_object(object, "metadata")) == -1)
			return SERVICES_BAD;
		return events[i].apply(services, object) ? SERVICES_CHANGED
							 : SERVICES_SAME;
	}
	return SERVICES_BAD;
}

enum services_event
services_take(struct services *services, const char *line, size_t len,
    struct services_mark *mark)
{
	const char *why;
	json_t *value = json_parse(line, len, &why);
	enum services_event event = apply(services, value, mark);

	json_decref(value);
	return event;
}
