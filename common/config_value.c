/* SPDX-License-Identifier: ISC
 *
 * Texts become values: one function per type of the key table. Pure; the
 * reason of a refusal is a text for the caller to report.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config_private.h"

struct unit {
	const char *name; /* any case */
	int64_t scale;
};

static const struct unit sizes[] = {
	{ "", 1 },
	{ "b", 1 },
	{ "k", 1 << 10 },
	{ "kib", 1 << 10 },
	{ "kb", 1 << 10 },
	{ "m", 1 << 20 },
	{ "mib", 1 << 20 },
	{ "mb", 1 << 20 },
	{ "g", 1 << 30 },
	{ "gib", 1 << 30 },
	{ "gb", 1 << 30 },
	{ NULL, 0 },
};

static const struct unit durations[] = {
	{ "", 1 },
	{ "s", 1 },
	{ "m", 60 },
	{ "h", 3600 },
	{ "d", 86400 },
	{ NULL, 0 },
};

static const struct unit plain[] = { { "", 1 }, { NULL, 0 } };

const char *const *
config_value_words(enum config_type type)
{
	static const char *const levels[] = { "debug", "info", "warning",
		"error", "critical", NULL };
	static const char *const modes[] = { "unset", "off", "on", NULL };
	static const char *const wires[] = { "zstd", "protobuf", NULL };
	static const char *const tagnames[] = { "live", "agent", "both", NULL };
	static const char *const engines[] = { "auto", "procfs", NULL };

	if (type == CONFIG_TYPE_LEVEL)
		return levels;
	if (type == CONFIG_TYPE_MODE)
		return modes;
	if (type == CONFIG_TYPE_WIRE)
		return wires;
	if (type == CONFIG_TYPE_TAGNAMES)
		return tagnames;
	return engines;
}

/* Says what is wrong with the value, and shows it unless it is a secret. */
static int
refuse(const struct config_meta *m, const char *text, const char *what,
    char *why, size_t size)
{
	if (m->secret)
		snprintf(why, size, "the value is %s", what);
	else
		snprintf(why, size, "\"%.100s\" is %s", text, what);
	return -1;
}

static int
parse_bool(const char *text, bool *out)
{
	static const char *const yes[] = { "1", "t", "true", "y", "yes", "on" };
	static const char *const no[] = { "0", "f", "false", "n", "no", "off" };

	for (size_t i = 0; i < sizeof(yes) / sizeof(*yes); i++) {
		*out = strcasecmp(text, yes[i]) == 0;
		if (*out || strcasecmp(text, no[i]) == 0)
			return 0;
	}
	return -1;
}

/* Digits and a unit, within m's range. */
static int
parse_number(const struct config_meta *m, const char *text,
    const struct unit *units, int64_t *out)
{
	int64_t n = 0;

	if (!isdigit((unsigned char)*text))
		return -1;
	for (; isdigit((unsigned char)*text); text++)
		if (__builtin_mul_overflow(n, 10, &n) ||
		    __builtin_add_overflow(n, *text - '0', &n))
			return -1;
	while (isspace((unsigned char)*text))
		text++;
	while (units->name != NULL && strcasecmp(units->name, text) != 0)
		units++;
	if (units->name == NULL ||
	    __builtin_mul_overflow(n, units->scale, &n) || n < m->min ||
	    n > m->max)
		return -1;
	*out = n;
	return 0;
}

static int
value_number(const struct config_meta *m, const char *text, int64_t *out,
    char *why, size_t size)
{
	const struct unit *units = plain;
	char what[128];
	bool small;

	if (m->type == CONFIG_TYPE_SIZE) {
		units = sizes;
		small = m->min < 1 << 20;
		snprintf(what, sizeof(what), "not a size (%lld %s-%lld MiB)",
		    (long long)m->min >> (small ? 10 : 20),
		    small ? "KiB" : "MiB", (long long)m->max >> 20);
	} else if (m->type == CONFIG_TYPE_DURATION) {
		units = durations;
		snprintf(what, sizeof(what), "not a time (%lld s-%lld s)",
		    (long long)m->min, (long long)m->max);
	} else {
		snprintf(what, sizeof(what), "not a %s (%lld-%lld)",
		    m->type == CONFIG_TYPE_PORT ? "port" : "number",
		    (long long)m->min, (long long)m->max);
	}
	if (parse_number(m, text, units, out) == 0)
		return 0;
	return refuse(m, text, what, why, size);
}

/* true, yes and 1 are on, no value is unset, all else is off. */
static enum agent_mode
parse_mode(const char *text)
{
	if (*text == '\0')
		return AGENT_UNSET;
	if (strcasecmp(text, "true") == 0 || strcasecmp(text, "yes") == 0 ||
	    strcmp(text, "1") == 0)
		return AGENT_ON;
	return AGENT_OFF;
}

static int
value_word(const struct config_meta *m, const char *text, int *out, char *why,
    size_t size)
{
	const char *const *words = config_value_words(m->type);
	char what[128] = "not one of ";

	/* Later versions of the other agent write it so. */
	if (m->type == CONFIG_TYPE_LEVEL && strcasecmp(text, "warn") == 0)
		text = "warning";
	for (int i = 0; words[i] != NULL; i++) {
		if (strcasecmp(words[i], text) == 0) {
			*out = i;
			return 0;
		}
		snprintf(what + strlen(what), sizeof(what) - strlen(what),
		    "%s%s", i > 0 ? ", " : "", words[i]);
	}
	return refuse(m, text, what, why, size);
}

/* One item of a list, trimmed and without quotes around it. */
static char *
item_dup(const char *s, size_t len)
{
	while (len > 0 && isspace((unsigned char)*s)) {
		s++;
		len--;
	}
	while (len > 0 && isspace((unsigned char)s[len - 1]))
		len--;
	if (len >= 2 && (*s == '"' || *s == '\'') && s[len - 1] == *s) {
		s++;
		len -= 2;
	}
	return len > 0 ? strndup(s, len) : NULL;
}

static void
list_free(struct config_list *list)
{
	for (uint32_t i = 0; i < list->n; i++) {
		explicit_bzero(list->v[i], strlen(list->v[i]));
		free(list->v[i]);
	}
	free(list->v);
	*list = (struct config_list){ 0 };
}

static void
parse_list(const char *text, struct config_list *list)
{
	size_t room = 1;

	for (const char *p = text; *p != '\0'; p++)
		room += *p == ',';
	*list = (struct config_list){ .v = xcalloc(room, sizeof(*list->v)) };
	for (;;) {
		size_t len = strcspn(text, ",");
		char *item = item_dup(text, len);

		if (item != NULL)
			list->v[list->n++] = item;
		if (text[len] == '\0')
			return;
		text += len + 1;
	}
}

static bool
is_endpoint(const char *text)
{
	struct config_url url;
	bool ok;

	if (config_url_parse(text, &url) == -1)
		return false;
	ok = url.scheme != NULL && url.user == NULL &&
	    (strcmp(url.scheme, "http") == 0 ||
		strcmp(url.scheme, "https") == 0);
	config_url_free(&url);
	return ok;
}

static int
value_urls(const struct config_meta *m, const char *text,
    struct config_list *list, char *why, size_t size)
{
	parse_list(text, list);
	for (uint32_t i = 0; i < list->n; i++) {
		if (is_endpoint(list->v[i]))
			continue;
		/* What stands before an '@' is a password. */
		if (strchr(list->v[i], '@') != NULL)
			snprintf(why, size,
			    "a URL here has no user and no"
			    " password (the API key is in api_key)");
		else
			refuse(m, list->v[i], "not an http or https URL", why,
			    size);
		list_free(list);
		return -1;
	}
	return 0;
}

static int
value_path(const struct config_meta *m, const char *text, char **out, char *why,
    size_t size)
{
	if (m->type == CONFIG_TYPE_SPOOL && strcasecmp(text, "none") == 0)
		return 0;
	if (m->type == CONFIG_TYPE_SOCKET && strncmp(text, "unix://", 7) == 0)
		text += 7;
	if (*text != '\0' && *text != '/')
		return refuse(m, text, "not an absolute path", why, size);
	*out = *text != '\0' ? xstrdup(text) : NULL;
	return 0;
}

int
config_value_parse(const struct config_meta *m, const char *text, void *member,
    char *why, size_t size)
{
	int64_t number = 0;
	int word = 0;

	switch (m->type) {
	case CONFIG_TYPE_STRING:
	case CONFIG_TYPE_HOST:
		*(char **)member = *text != '\0' ? xstrdup(text) : NULL;
		return 0;
	case CONFIG_TYPE_PATH:
	case CONFIG_TYPE_SPOOL:
	case CONFIG_TYPE_SOCKET:
		*(char **)member = NULL;
		return value_path(m, text, member, why, size);
	case CONFIG_TYPE_LIST:
		parse_list(text, member);
		return 0;
	case CONFIG_TYPE_URLS:
		return value_urls(m, text, member, why, size);
	case CONFIG_TYPE_BOOL:
		if (parse_bool(text, member) == 0)
			return 0;
		return refuse(m, text, "not yes or no", why, size);
	case CONFIG_TYPE_SIZE:
		return value_number(m, text, member, why, size);
	case CONFIG_TYPE_INT:
	case CONFIG_TYPE_PORT:
	case CONFIG_TYPE_DURATION:
		if (value_number(m, text, &number, why, size) == -1)
			return -1;
		*(int *)member = (int)number;
		return 0;
	case CONFIG_TYPE_MODE:
		*(enum agent_mode *)member = parse_mode(text);
		return 0;
	case CONFIG_TYPE_LEVEL:
	case CONFIG_TYPE_WIRE:
	case CONFIG_TYPE_TAGNAMES:
	case CONFIG_TYPE_ENGINE:
		break;
	}
	if (value_word(m, text, &word, why, size) == -1)
		return -1;
	/* Every enum of the table is as wide as an int. */
	memcpy(member, &word, sizeof(word));
	return 0;
}

void
config_value_free(const struct config_meta *m, void *member)
{
	char **string = member;

	switch (m->type) {
	case CONFIG_TYPE_STRING:
	case CONFIG_TYPE_HOST:
	case CONFIG_TYPE_PATH:
	case CONFIG_TYPE_SPOOL:
	case CONFIG_TYPE_SOCKET:
		if (*string != NULL)
			explicit_bzero(*string, strlen(*string));
		free(*string);
		*string = NULL;
		return;
	case CONFIG_TYPE_LIST:
	case CONFIG_TYPE_URLS:
		list_free(member);
		return;
	case CONFIG_TYPE_BOOL:
	case CONFIG_TYPE_INT:
	case CONFIG_TYPE_PORT:
	case CONFIG_TYPE_SIZE:
	case CONFIG_TYPE_DURATION:
	case CONFIG_TYPE_LEVEL:
	case CONFIG_TYPE_MODE:
	case CONFIG_TYPE_WIRE:
	case CONFIG_TYPE_TAGNAMES:
	case CONFIG_TYPE_ENGINE:
		return;
	}
}
