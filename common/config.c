/* SPDX-License-Identifier: ISC
 *
 * Loading the configuration: file, then environment, then the values, then
 * what follows from several of them together. Every error is found in one
 * go. It trusts nobody's text, and it never looks at a secret that its
 * program may not read.
 */
#include <linux/magic.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>

#include "config_private.h"
#include "hostname.h"
#include "limits.h"
#include "utf8.h"

static void
report(struct config_loader *l, const char *origin, const char *kind,
    const char *fmt, va_list ap)
{
	char *text, *shown;
	int len = vasprintf(&text, fmt, ap);

	if (len == -1)
		fatal("config");
	shown = xcalloc(6, (size_t)len + 1);
	utf8_printable(shown, text, (size_t)len);
	fprintf(l->out, "%s: %s%s\n", origin, kind, shown);
	free(shown);
	free(text);
}

void
config_error(struct config_loader *l, const char *origin, const char *fmt, ...)
{
	va_list ap;

	l->errors++;
	va_start(ap, fmt);
	report(l, origin, "", fmt, ap);
	va_end(ap);
}

void
config_warn(struct config_loader *l, const char *origin, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	report(l, origin, "warning: ", fmt, ap);
	va_end(ap);
}

bool
config_may_read(const struct config_loader *l, const struct config_meta *m)
{
	return (m->readers & l->program) != 0;
}

/* Whether a value that only makes its source useless is that. */
static bool
gives_way(const struct config_meta *m, const char *text)
{
	if (*text == '\0')
		return false;
	if (m->type == CONFIG_TYPE_HOST)
		return !hostname_valid(text);
	if (m->type == CONFIG_TYPE_SOCKET)
		return *text != '/' && strncmp(text, "unix:///", 8) != 0;
	return false;
}

bool
config_raw_set(struct config_loader *l, enum config_key key,
    enum config_rank rank, const char *origin, const char *text)
{
	const struct config_meta *m = &config_meta[key];
	struct config_raw *raw = &l->raw[key];

	if (m->secret && !config_may_read(l, m))
		return true;
	if (gives_way(m, text)) {
		config_warn(l, origin, "%s: \"%.100s\" cannot be used: %s",
		    m->name, text,
		    m->type == CONFIG_TYPE_HOST ? "no valid host name"
						: "no unix socket");
		return false;
	}
	if (rank < raw->rank)
		return true;
	if (rank == raw->rank)
		config_warn(l, origin, "%s: set before (%s); this one counts",
		    m->name, raw->origin);
	free(raw->text);
	free(raw->origin);
	raw->text = xstrdup(text);
	raw->origin = xstrdup(origin);
	raw->rank = rank;
	return true;
}

/* Texts become values; what this program may not read gets its default. */
static void
values_parse(struct config_loader *l, struct config *config)
{
	for (int k = 0; k < CONFIG_KEYS; k++) {
		const struct config_meta *m = &config_meta[k];
		struct config_raw *raw = &l->raw[k];
		void *member = (char *)config + m->offset;
		bool ok = false;
		char why[512];

		if (raw->text != NULL && *raw->text != '\0') {
			ok = config_value_parse(
				 m, raw->text, member, why, sizeof(why)) == 0;
			if (!ok)
				config_error(
				    l, raw->origin, "%s: %s", m->name, why);
		}
		if (ok && config_may_read(l, m)) {
			config->origin[k] = xstrdup(raw->origin);
			continue;
		}
		config_value_free(m, member);
		if (config_value_parse(m, m->def, member, why, sizeof(why)) !=
		    0)
			fatalx("%s: default: %s", m->name, why);
	}
}

static void
origin_copy(struct config *config, enum config_key to, enum config_key from)
{
	free(config->origin[to]);
	config->origin[to] = NULL;
	if (config->origin[from] != NULL)
		config->origin[to] = xstrdup(config->origin[from]);
}

static void
path_replace(char **path, const char *with)
{
	free(*path);
	*path = xstrdup(with);
}

/* In a container that was given the host's, /proc is at /host/proc. On a
 * host nobody mounts a procfs there. */
static bool
host_proc_is_mounted(void)
{
	struct statfs fs;

	return statfs("/host/proc", &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC;
}

/* HOST_PROC, else procfs_path, else the host's tree in a container. */
static void
host_paths_settle(struct config *config)
{
	if (config->origin[CONFIG_KEY_host_proc] != NULL)
		return;
	if (host_proc_is_mounted()) {
		path_replace(&config->host_proc, "/host/proc");
		if (config->origin[CONFIG_KEY_host_sys] == NULL)
			path_replace(&config->host_sys, "/host/sys");
	}
	if (config->origin[CONFIG_KEY_procfs_path] != NULL) {
		path_replace(&config->host_proc, config->procfs_path);
		origin_copy(
		    config, CONFIG_KEY_host_proc, CONFIG_KEY_procfs_path);
	}
}

static void
settle(struct config_loader *l, struct config *config)
{
	host_paths_settle(config);
	if (config->exclude_process_args && !config->strip_proc_arguments) {
		config->strip_proc_arguments = true;
		origin_copy(config, CONFIG_KEY_strip_proc_arguments,
		    CONFIG_KEY_exclude_process_args);
	}
	if (l->program != PROG_SHIPPERD)
		return;
	if (config->skip_ssl_validation)
		config_warn(l, config_origin(config, "skip_ssl_validation"),
		    "skip_ssl_validation: nobody checks that the intake is"
		    " who it says it is");
	config_proxy_settle(l, config);
	config_endpoints_settle(l, config);
}

struct config *
config_load(enum program program, const char *path, char *const *env, FILE *out)
{
	struct config_loader l = { .program = program, .out = out };
	struct config *config = xcalloc(1, sizeof(*config));

	config_file_read(&l, path != NULL ? path : PATH_CONFIG);
	config_env_read(&l, env);
	values_parse(&l, config);
	settle(&l, config);

	for (int k = 0; k < CONFIG_KEYS; k++) {
		if (l.raw[k].text != NULL)
			explicit_bzero(l.raw[k].text, strlen(l.raw[k].text));
		free(l.raw[k].text);
		free(l.raw[k].origin);
	}
	if (l.errors > 0) {
		config_free(config);
		return NULL;
	}
	return config;
}

static void
secret_free(char *secret)
{
	if (secret != NULL)
		explicit_bzero(secret, strlen(secret));
	free(secret);
}

void
config_free(struct config *config)
{
	if (config == NULL)
		return;
	for (int k = 0; k < CONFIG_KEYS; k++) {
		config_value_free(
		    &config_meta[k], (char *)config + config_meta[k].offset);
		free(config->origin[k]);
	}
	for (uint32_t i = 0; i < config->n_endpoints; i++)
		config_endpoint_free(&config->endpoints[i]);
	free(config->endpoints);
	free(config->proxy.host);
	secret_free(config->proxy.user);
	secret_free(config->proxy.password);
	free(config);
}

const char *
config_origin(const struct config *config, const char *key)
{
	for (int k = 0; k < CONFIG_KEYS; k++)
		if (strcmp(config_meta[k].name, key) == 0 &&
		    config->origin[k] != NULL)
			return config->origin[k];
	return "default";
}
