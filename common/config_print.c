/* SPDX-License-Identifier: ISC
 *
 * The effective configuration as text, for -t -d. Secrets are asterisks,
 * and nothing of a value can move a cursor.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "config_private.h"
#include "utf8.h"

#define HIDDEN "********"

/* Values are put together here; out is in memory, so nothing is lost. */
static void
print_list(FILE *out, const struct config_list *list, bool secret)
{
	for (uint32_t i = 0; i < list->n; i++)
		fprintf(out, "%s%s", i > 0 ? ", " : "",
		    secret ? HIDDEN : list->v[i]);
}

static void
print_string(FILE *out, const char *s, bool secret)
{
	if (s != NULL)
		fputs(secret ? HIDDEN : s, out);
}

static void
print_value(FILE *out, const struct config_meta *m, const void *member)
{
	int word = 0;

	switch (m->type) {
	case CONFIG_TYPE_STRING:
	case CONFIG_TYPE_HOST:
	case CONFIG_TYPE_PATH:
	case CONFIG_TYPE_SOCKET:
		print_string(out, *(char *const *)member, m->secret);
		return;
	case CONFIG_TYPE_SPOOL:
		print_string(out,
		    *(char *const *)member != NULL ? *(char *const *)member
						   : "none",
		    m->secret);
		return;
	case CONFIG_TYPE_LIST:
	case CONFIG_TYPE_URLS:
		print_list(out, member, m->secret);
		return;
	case CONFIG_TYPE_BOOL:
		fputs(*(const bool *)member ? "yes" : "no", out);
		return;
	case CONFIG_TYPE_INT:
	case CONFIG_TYPE_PORT:
		fprintf(out, "%d", *(const int *)member);
		return;
	case CONFIG_TYPE_DURATION:
		fprintf(out, "%d s", *(const int *)member);
		return;
	case CONFIG_TYPE_SIZE:
		fprintf(out, "%lld bytes", (long long)*(const int64_t *)member);
		return;
	case CONFIG_TYPE_LEVEL:
	case CONFIG_TYPE_MODE:
	case CONFIG_TYPE_WIRE:
	case CONFIG_TYPE_TAGNAMES:
	case CONFIG_TYPE_ENGINE:
		break;
	}
	memcpy(&word, member, sizeof(word));
	fputs(config_value_words(m->type)[word], out);
}

/* Ends the line: what was put together goes to out, escaped. */
static void
line_end(FILE *line, char **text, const size_t *len, const char *name,
    const char *origin, FILE *out)
{
	char *shown;

	fclose(line);
	shown = xcalloc(6, *len + 1);
	utf8_printable(shown, *text, *len);
	fprintf(out, "%s = %s  (%s)\n", name, shown, origin);
	free(shown);
	free(*text);
}

static FILE *
line_begin(char **text, size_t *len)
{
	FILE *line = open_memstream(text, len);

	if (line == NULL)
		fatal("open_memstream");
	return line;
}

static void
print_endpoints(const struct config *config, FILE *out)
{
	static const char *const schemes[] = { "direct", "http", "https",
		"socks5" };
	char *text, name[32];
	bool bracketed;
	size_t len;
	FILE *line;

	for (uint32_t i = 0; i < config->n_endpoints; i++) {
		const struct config_endpoint *e = &config->endpoints[i];

		line = line_begin(&text, &len);
		fprintf(line, "%s, key " HIDDEN ", %s", e->url,
		    e->proxied ? "through the proxy" : "direct");
		snprintf(name, sizeof(name), "settled.endpoint.%u", i + 1);
		line_end(line, &text, &len, name,
		    config_origin(config, "endpoint"), out);
	}
	if (config->proxy.scheme == CONFIG_PROXY_NONE)
		return;
	line = line_begin(&text, &len);
	bracketed = strchr(config->proxy.host, ':') != NULL;
	fprintf(line, "%s://%s%s%s%s:%d", schemes[config->proxy.scheme],
	    config->proxy.user != NULL ? HIDDEN "@" : "", bracketed ? "[" : "",
	    config->proxy.host, bracketed ? "]" : "", config->proxy.port);
	line_end(line, &text, &len, "settled.proxy", config->proxy.source, out);
}

void
config_print(const struct config *config, enum program program, FILE *out)
{
	static const char *const sections[] = { "Main", "process.config",
		"env" };

	for (int k = 0; k < CONFIG_KEYS; k++) {
		const struct config_meta *m = &config_meta[k];
		char *text, name[96];
		size_t len;
		FILE *line;

		if ((m->readers & program) == 0)
			continue;
		line = line_begin(&text, &len);
		print_value(line, m, (const char *)config + m->offset);
		snprintf(
		    name, sizeof(name), "%s.%s", sections[m->section], m->name);
		line_end(line, &text, &len, name,
		    config_origin(config, m->name), out);
	}
	if (program == PROG_SHIPPERD)
		print_endpoints(config, out);
}
