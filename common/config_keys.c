/* SPDX-License-Identifier: ISC
 *
 * The key table as data, and looking keys up in it by name. Pure.
 */
#include <string.h>
#include <strings.h>

#include "config_private.h"

#define CONFIG_IS_OPEN   false
#define CONFIG_IS_SECRET true

const struct config_meta config_meta[CONFIG_KEYS] = {
#define KEY(sec, key, typ, text, low, high, names, who, hide) \
	{                                                     \
		.name = #key,                                 \
		.section = CONFIG_SECTION_##sec,              \
		.type = CONFIG_TYPE_##typ,                    \
		.def = text,                                  \
		.min = low,                                   \
		.max = high,                                  \
		.env = names,                                 \
		.readers = who,                               \
		.secret = CONFIG_IS_##hide,                   \
		.offset = offsetof(struct config, key),       \
	},
#include "config_keys.def"
#undef KEY
};

int
config_key_find(enum config_section section, const char *name)
{
	for (int k = 0; k < CONFIG_KEYS; k++)
		if (config_meta[k].section == section &&
		    strcasecmp(config_meta[k].name, name) == 0)
			return k;
	return -1;
}

/* One letter added, lost or changed, or two neighbours swapped. */
static bool
one_edit_apart(const char *a, const char *b)
{
	size_t la = strlen(a), lb = strlen(b);

	while (*a != '\0' && *a == *b) {
		a++;
		b++;
	}
	if (*a == '\0' && *b == '\0')
		return true;
	if (la == lb)
		return strcmp(a + 1, b + 1) == 0 ||
		    (a[0] == b[1] && a[1] == b[0] && strcmp(a + 2, b + 2) == 0);
	if (la == lb + 1)
		return strcmp(a + 1, b) == 0;
	if (lb == la + 1)
		return strcmp(a, b + 1) == 0;
	return false;
}

const char *
config_key_guess(const char *name)
{
	for (int k = 0; k < CONFIG_KEYS; k++)
		if (config_meta[k].section == CONFIG_SECTION_PROCESS &&
		    one_edit_apart(name, config_meta[k].name))
			return config_meta[k].name;
	return NULL;
}
