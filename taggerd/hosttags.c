/* SPDX-License-Identifier: ISC
 *
 * The configured tags as a source: fixed until the next reload, from a file
 * that root wrote.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/config.h"
#include "common/limits.h"
#include "common/log.h"
#include "common/utf8.h"
#include "hosttags.h"

struct hosttags {
	struct strview v[LIMIT_TAGS]; /* owned strings */
	uint32_t n;
	bool on_records;
};

struct hosttags *
hosttags_new(void)
{
	return xcalloc(1, sizeof(struct hosttags));
}

static void
clear(struct hosttags *h)
{
	uint32_t i;

	for (i = 0; i < h->n; i++)
		free((char *)h->v[i].s);
	h->n = 0;
}

void
hosttags_free(struct hosttags *hosttags)
{
	if (hosttags == NULL)
		return;
	clear(hosttags);
	free(hosttags);
}

void
hosttags_set(
    struct hosttags *hosttags, const struct config_list *list, bool on_records)
{
	struct strview *tag;
	uint32_t i, cut = 0;

	clear(hosttags);
	hosttags->on_records = on_records;
	if (list->n > LIMIT_TAGS)
		log_warnx("tags: only the first %d of %u are used", LIMIT_TAGS,
		    list->n);
	for (i = 0; i < list->n && i < LIMIT_TAGS; i++) {
		tag = &hosttags->v[hosttags->n++];
		tag->s = xstrdup(list->v[i]);
		tag->len = (uint32_t)utf8_cut(
		    tag->s, strlen(tag->s), LIMIT_TAG);
		if (tag->s[tag->len] != '\0')
			cut++;
	}
	if (cut > 0)
		log_warnx(
		    "tags: %u of them are cut to %d bytes", cut, LIMIT_TAG);
}

struct strviews
hosttags_list(const struct hosttags *hosttags)
{
	return (struct strviews){ (struct strview *)hosttags->v, hosttags->n };
}

static void
tag_container(void *self, struct tagset *tags)
{
	const struct hosttags *h = self;
	uint32_t i;

	for (i = 0; h->on_records && i < h->n; i++)
		tagset_add(tags, h->v[i]);
}

static void
tag_process(void *self, struct rec_process *process, struct tagset *tags)
{
	(void)process;
	tag_container(self, tags);
}

static void
state(const void *self, char *out, size_t size)
{
	const struct hosttags *h = self;

	snprintf(out, size, "ok: %u tag%s%s", h->n, h->n == 1 ? "" : "s",
	    h->on_records ? ", sent with each record" : "");
}

struct source
hosttags_source(struct hosttags *hosttags)
{
	return (struct source){ .name = "host tags",
		.self = hosttags,
		.tag_process = tag_process,
		.tag_container = tag_container,
		.state = state };
}
