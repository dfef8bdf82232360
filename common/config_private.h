/* SPDX-License-Identifier: ISC
 *
 * What the files of the configuration share: the key table as data, the
 * texts that were read before they are values, and the report of errors.
 * Nobody but config*.c includes this.
 */
#ifndef COMMON_CONFIG_PRIVATE_H
#define COMMON_CONFIG_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "config.h"
#include "config_url.h"

enum config_section {
	CONFIG_SECTION_MAIN,
	CONFIG_SECTION_PROCESS,
	CONFIG_SECTION_ENV,
};

enum config_type {
	CONFIG_TYPE_STRING,
	CONFIG_TYPE_HOST,
	CONFIG_TYPE_PATH,
	CONFIG_TYPE_SPOOL,
	CONFIG_TYPE_SOCKET,
	CONFIG_TYPE_LIST,
	CONFIG_TYPE_URLS,
	CONFIG_TYPE_BOOL,
	CONFIG_TYPE_INT,
	CONFIG_TYPE_PORT,
	CONFIG_TYPE_SIZE,
	CONFIG_TYPE_DURATION,
	CONFIG_TYPE_LEVEL,
	CONFIG_TYPE_MODE,
	CONFIG_TYPE_WIRE,
	CONFIG_TYPE_TAGNAMES,
	CONFIG_TYPE_ENGINE,
};

/* One line of config_keys.def. */
struct config_meta {
	const char *name;
	enum config_section section;
	enum config_type type;
	const char *def;
	int64_t min, max;
	const char *env;  /* names separated by single spaces */
	unsigned readers; /* set of enum program */
	bool secret;
	size_t offset; /* of the member of struct config */
};

extern const struct config_meta config_meta[CONFIG_KEYS];

/* Who said it; a higher rank wins, an equal one too, with a warning. */
enum config_rank {
	CONFIG_RANK_DEFAULT,
	CONFIG_RANK_FALLBACK, /* [process] */
	CONFIG_RANK_FILE,
	CONFIG_RANK_ENV,
};

struct config_raw {
	char *text;   /* owned; NULL: nobody set it; "" is set to nothing */
	char *origin; /* owned: "datadog.conf:12" or "env NAME" */
	enum config_rank rank;
};

struct config_loader {
	enum program program;
	FILE *out; /* borrowed */
	unsigned errors;
	struct config_raw raw[CONFIG_KEYS];
};

/* config.c */

/* One line on l->out: "ORIGIN: text" and "ORIGIN: warning: text". */
void config_error(struct config_loader *l, const char *origin, const char *fmt,
    ...) __attribute__((format(printf, 3, 4)));
void config_warn(struct config_loader *l, const char *origin, const char *fmt,
    ...) __attribute__((format(printf, 3, 4)));

/* Whether m is for the program that is loading. */
bool config_may_read(
    const struct config_loader *l, const struct config_meta *m);

/* Takes `text` for a key from somebody of `rank`, unless this program may
 * not look at it, or it is a kind of value that gives way to the next source
 * when it is unusable (a host name, a socket). Returns whether it was
 * accepted. */
bool config_raw_set(struct config_loader *l, enum config_key key,
    enum config_rank rank, const char *origin, const char *text);

/* config_keys.c */

/* The key of that name in a section, any case, or -1. */
int config_key_find(enum config_section section, const char *name);

/* The name nearest to a misspelt one in [process.config], or NULL. */
const char *config_key_guess(const char *name);

/* config_file.c */

/* Reads the file into l->raw; a missing one is empty. */
void config_file_read(struct config_loader *l, const char *path);

/* config_env.c */

/* Reads the environment into l->raw, over what is there. */
void config_env_read(struct config_loader *l, char *const *env);

/* config_value.c */

/*
 * Parses `text` as the type of m into *member (of the C type of the key;
 * what it held is not freed). Returns 0, or -1 with the reason in why, the
 * value quoted in it unless it is a secret; *member is empty then.
 */
int config_value_parse(const struct config_meta *m, const char *text,
    void *member, char *why, size_t size);
void config_value_free(const struct config_meta *m, void *member);

/* The words of an enumerated type by number, ended by NULL. */
const char *const *config_value_words(enum config_type type);

/* config_proxy.c */

/* Settles config->proxy from what was read. */
void config_proxy_settle(struct config_loader *l, struct config *config);

/* Whether the endpoint at host and port is to be reached through it. */
bool config_proxy_carries(
    const struct config *config, const char *host, int port);

/* config_endpoint.c */

/* Pairs endpoints and keys, after the proxy is settled. */
void config_endpoints_settle(struct config_loader *l, struct config *config);
void config_endpoint_free(struct config_endpoint *e);

#endif
