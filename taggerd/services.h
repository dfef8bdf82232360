/* SPDX-License-Identifier: ISC
 *
 * The services of a cluster, as far as it takes to say which of them select
 * a pod: namespace, name and selector. Pure but for memory, which is bounded
 * by LIMIT_SERVICES and LIMIT_SERVICES_TEXT.
 */
#ifndef TAGGERD_SERVICES_H
#define TAGGERD_SERVICES_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/strview.h"

struct services;

/* Where a list goes on, and a watch begins: as they stand in a URL. */
struct services_mark {
	char version[128]; /* resourceVersion */
	char next[4096];   /* continue; empty: that was the last page */
};

/* What a line of a watch was. */
enum services_event {
	SERVICES_CHANGED, /* what selects pods is not as it was */
	SERVICES_SAME,    /* nothing but a new version */
	SERVICES_EXPIRED, /* ERROR: list again */
	SERVICES_BAD,     /* no event */
};

struct services *services_new(void);
void services_free(struct services *services); /* NULL is fine */

/* Those that select pods. */
uint32_t services_count(const struct services *services);
/* How often one was left out as past the bounds. */
uint32_t services_refused(const struct services *services);
void services_refuse(struct services *services, uint32_t n); /* adds n */
bool services_equal(const struct services *a, const struct services *b);

/* Takes a Service in place of the one of that name, or drops that. Returns
 * whether anything changed. */
bool services_put(struct services *services, const json_t *item);
bool services_drop(struct services *services, const json_t *item);

/* services_json.c: adds one page of a ServiceList and sets *mark. Returns 0,
 * or -1 with *why (a constant) when it is none; some of it may have been
 * added then. */
int services_parse(struct services *services, const char *text, size_t len,
    struct services_mark *mark, const char **why);

/* services_json.c: takes one line of a watch; mark->version becomes its
 * version. */
enum services_event services_take(struct services *services, const char *line,
    size_t len, struct services_mark *mark);

/* Calls on_match with the name of each service of the namespace whose
 * selector is a subset of labels (an object, or NULL), in the order of their
 * names. */
void services_match(const struct services *services, struct strview space,
    const json_t *labels, void (*on_match)(struct strview name, void *arg),
    void *arg);

#endif
