/* SPDX-License-Identifier: ISC
 *
 * What the environment says about the configuration, on top of the file:
 * the names of the key table, DD_PROCESS_CONFIG_* and DD_SITE. An empty
 * variable is an unset one.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "config_private.h"
#include "hostname.h"
#include "limits.h"

#define ENV_GENERIC "DD_PROCESS_CONFIG_"

/* The value of a name in env, without white space around it; owned. NULL
 * when it is unset or empty, which is the same. */
static char *
env_get(char *const *env, const char *name)
{
	size_t len = strlen(name), n;

	for (; *env != NULL; env++) {
		const char *s = *env + len;

		if (strncmp(*env, name, len) != 0 || *s++ != '=')
			continue;
		while (isspace((unsigned char)*s))
			s++;
		n = strlen(s);
		while (n > 0 && isspace((unsigned char)s[n - 1]))
			n--;
		return n > 0 ? strndup(s, n) : NULL;
	}
	return NULL;
}

/* Returns whether `name` had something to say about the key. */
static bool
env_take(struct config_loader *l, char *const *env, enum config_key key,
    const char *name)
{
	char origin[128], *text = env_get(env, name);
	bool taken = false;

	if (text == NULL)
		return false;
	snprintf(origin, sizeof(origin), "env %s", name);
	if (strlen(text) > LIMIT_CONFIG_LINE)
		config_error(
		    l, origin, "longer than %u bytes", LIMIT_CONFIG_LINE);
	else
		taken = config_raw_set(l, key, CONFIG_RANK_ENV, origin, text);
	explicit_bzero(text, strlen(text));
	free(text);
	return taken;
}

static void
env_read_key(struct config_loader *l, char *const *env, enum config_key key)
{
	const struct config_meta *m = &config_meta[key];
	const char *next = m->env;
	char name[64];
	size_t len;

	/* A secret of another program stays where it is, even here. */
	if (m->secret && !config_may_read(l, m))
		return;
	while (*next != '\0') {
		len = strcspn(next, " ");
		snprintf(name, sizeof(name), "%.*s", (int)len, next);
		if (env_take(l, env, key, name))
			return;
		next += len + (next[len] == ' ');
	}
	if (m->section != CONFIG_SECTION_PROCESS)
		return;
	len = (size_t)snprintf(name, sizeof(name), ENV_GENERIC "%s", m->name);
	for (size_t i = sizeof(ENV_GENERIC) - 1; i < len; i++)
		name[i] = (char)toupper((unsigned char)name[i]);
	env_take(l, env, key, name);
}

static void
env_warn_unknown(struct config_loader *l, char *const *env)
{
	const size_t prefix = sizeof(ENV_GENERIC) - 1;
	char name[128], origin[256];

	for (; *env != NULL; env++) {
		size_t len = strcspn(*env, "=");

		if (strncmp(*env, ENV_GENERIC, prefix) != 0 ||
		    len - prefix >= sizeof(name))
			continue;
		snprintf(name, sizeof(name), "%.*s", (int)(len - prefix),
		    *env + prefix);
		if (config_key_find(CONFIG_SECTION_PROCESS, name) != -1)
			continue;
		snprintf(origin, sizeof(origin), "env " ENV_GENERIC "%s", name);
		config_warn(l, origin, "there is no such key");
	}
}

/* DD_SITE stands behind the names of `endpoint` and before the file. */
static void
env_read_site(struct config_loader *l)
{
	const struct config_raw *site = &l->raw[CONFIG_KEY_dd_site];
	char url[300];

	if (site->text == NULL)
		return;
	if (!hostname_valid(site->text)) {
		config_error(l, site->origin,
		    "dd_site: \"%.100s\" is not a"
		    " domain, as datadoghq.eu is",
		    site->text);
		return;
	}
	if (l->raw[CONFIG_KEY_endpoint].rank == CONFIG_RANK_ENV)
		return;
	snprintf(url, sizeof(url), "https://process.%s", site->text);
	config_raw_set(
	    l, CONFIG_KEY_endpoint, CONFIG_RANK_ENV, site->origin, url);
}

void
config_env_read(struct config_loader *l, char *const *env)
{
	for (int k = 0; k < CONFIG_KEYS; k++)
		env_read_key(l, env, (enum config_key)k);
	env_warn_unknown(l, env);
	env_read_site(l);
}

/* Whether the variable that `entry` ("NAME=value") sets is a name of m. */
static bool
names_key(const struct config_meta *m, const char *entry)
{
	size_t len = strcspn(entry, "=");
	const char *next = m->env;

	while (*next != '\0') {
		size_t n = strcspn(next, " ");

		if (n == len && strncmp(next, entry, n) == 0)
			return true;
		next += n + (next[n] == ' ');
	}
	return false;
}

/* The secret key that `entry` sets, or NULL. */
static const struct config_meta *
secret_find(const char *entry)
{
	for (int k = 0; k < CONFIG_KEYS; k++)
		if (config_meta[k].secret && names_key(&config_meta[k], entry))
			return &config_meta[k];
	return NULL;
}

char **
config_env_take(enum program program, char **env)
{
	size_t n = 0, kept = 0;
	char **copy;

	while (env[n] != NULL)
		n++;
	copy = xcalloc(n + 1, sizeof(*copy));
	for (size_t i = 0; i < n; i++) {
		const struct config_meta *m = secret_find(env[i]);

		if (m == NULL || (m->readers & program) != 0)
			copy[kept++] = xstrdup(env[i]);
		if (m != NULL) {
			char *value = env[i] + strcspn(env[i], "=");

			explicit_bzero(value, strlen(value));
		}
	}
	return copy;
}
