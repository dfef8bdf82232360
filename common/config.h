/* SPDX-License-Identifier: ISC
 *
 * The configuration of every program: datadog.conf (INI, Agent 5's file),
 * then the environment on top, checked in full before anything starts. The
 * keys stand in config_keys.def and nowhere else. A program is given only
 * the keys that table lets it read: the API key and the proxy's password
 * never enter another process than shipperd.
 */
#ifndef COMMON_CONFIG_H
#define COMMON_CONFIG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "log.h"

/* Who may read a key: a set of these in config_keys.def. */
enum program {
	PROG_COLLECTORD = 1 << 0,
	PROG_TAGGERD = 1 << 1,
	PROG_SHIPPERD = 1 << 2,
	PROG_DDPROC = 1 << 3,
};
#define PROG_ALL (PROG_COLLECTORD | PROG_TAGGERD | PROG_SHIPPERD | PROG_DDPROC)

/* process_agent_enabled has three answers, as unset is one. */
enum agent_mode {
	AGENT_UNSET, /* containers only, if any runtime is found, else off */
	AGENT_OFF,
	AGENT_ON,
};

enum config_wire {
	CONFIG_WIRE_ZSTD,
	CONFIG_WIRE_PROTOBUF,
};

/* First, second or both columns of the tag table. */
enum config_tagnames {
	CONFIG_TAGNAMES_LIVE,
	CONFIG_TAGNAMES_AGENT,
	CONFIG_TAGNAMES_BOTH,
};

enum config_engine {
	CONFIG_ENGINE_AUTO,
	CONFIG_ENGINE_PROCFS,
};

/* An owned list of owned strings, trimmed, empty items left out. */
struct config_list {
	char **v;
	uint32_t n;
};

/* Where payloads go: one pair of address and key. All members are owned. */
struct config_endpoint {
	char *url;  /* as in the log, without a '/' at the end */
	char *host; /* without the brackets of an IPv6 address */
	char *path; /* prefix of the request's path: "" or "/a/b" */
	char *api_key;
	int port;
	bool tls;
	bool proxied; /* only through config->proxy, never without it */
};

enum config_proxy_scheme {
	CONFIG_PROXY_NONE,
	CONFIG_PROXY_HTTP,
	CONFIG_PROXY_HTTPS,
	CONFIG_PROXY_SOCKS5,
};

/* The proxy that counts, from proxy_host or the environment. */
struct config_proxy {
	enum config_proxy_scheme scheme;
	char *host;
	char *user;         /* NULL without one */
	char *password;     /* NULL without one */
	const char *source; /* borrowed from origin: who named it */
	int port;
	bool obeys_no_proxy;
};

/* The C type of each type of config_keys.def. */
#define CONFIG_C_STRING   char * /* owned, NULL when unset */
#define CONFIG_C_HOST     char * /* a valid name; owned, NULL when unset */
#define CONFIG_C_PATH     char * /* begins with '/'; owned, NULL when unset */
#define CONFIG_C_SPOOL    char * /* a path, NULL for "none" */
#define CONFIG_C_SOCKET   char * /* a path; "unix://" is taken off */
#define CONFIG_C_LIST     struct config_list
#define CONFIG_C_URLS     struct config_list /* http and https */
#define CONFIG_C_BOOL     bool
#define CONFIG_C_INT      int
#define CONFIG_C_PORT     int
#define CONFIG_C_SIZE     int64_t /* bytes */
#define CONFIG_C_DURATION int     /* seconds */
#define CONFIG_C_LEVEL    enum log_level
#define CONFIG_C_MODE     enum agent_mode
#define CONFIG_C_WIRE     enum config_wire
#define CONFIG_C_TAGNAMES enum config_tagnames
#define CONFIG_C_ENGINE   enum config_engine

enum config_key {
#define KEY(section, name, ...) CONFIG_KEY_##name,
#include "config_keys.def"
#undef KEY
	CONFIG_KEYS
};

/* One member per key of config_keys.def, named as the key is there, then
 * what follows from several keys together. A key that this program may not
 * read has its default. */
struct config {
#define KEY(section, name, type, ...) CONFIG_C_##type name;
#include "config_keys.def"
#undef KEY
	struct config_endpoint *endpoints; /* in shipperd; none without a key */
	uint32_t n_endpoints;
	struct config_proxy proxy; /* in shipperd */
	char *origin[CONFIG_KEYS]; /* owned; NULL is "default" */
};

/*
 * Reads `path` (NULL: /etc/dd-agent/datadog.conf; a missing file is no
 * error), then `env` (a NULL-terminated "K=V" array, usually environ), for
 * `program`. Every error and warning is one line on `out`, as
 * "datadog.conf:12: proxy_port: ..."; all of them are found in one go.
 * Returns an owned configuration, or NULL if there was any error.
 */
struct config *config_load(
    enum program program, const char *path, char *const *env, FILE *out);
void config_free(struct config *config);

/*
 * Returns an owned copy of `env` that holds, of the secrets, only those that
 * `program` may read, and wipes every secret's bytes in `env` itself: that
 * memory is what /proc/PID/environ shows.
 */
char **config_env_take(enum program program, char **env);

/* Where the value of `key` is from: "default", "datadog.conf:12" or "env
 * NAME"; borrowed from config. For messages about what only the reader of
 * the key can check. */
const char *config_origin(const struct config *config, const char *key);

/*
 * Prints the effective configuration, a "section.key = value  (origin)" line
 * per key that `program` may read, secrets as ********; origin is
 * "default", "FILE:LINE" or "env NAME".
 */
void config_print(const struct config *config, enum program program, FILE *out);

#endif
