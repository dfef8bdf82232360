/* SPDX-License-Identifier: ISC
 *
 * What the sources together say of one container. For tags and for names
 * the higher source counts; of state and health the lower one, the runtime,
 * knows more and earlier. Pure, but for what it keeps of its result.
 */
#include <stdlib.h>
#include <string.h>

#include "common/limits.h"
#include "common/log.h"
#include "common/utf8.h"
#include "exclusion.h"
#include "tagstore_private.h"

static const struct {
	const char *live;
	const char *agent;
} names[TAG_NAMES] = {
#define TAG(name, live, agent) [TAG_##name] = { live, agent },
#include "tagnames.def"
#undef TAG
};

/* Tags on their way into a merged container. */
struct collection {
	enum config_tagnames names;
	/* The highest source that gives the tag, and one more; 0: none. */
	uint8_t best[TAG_NAMES];
	uint32_t n;
	uint32_t start[LIMIT_TAGS + 1]; /* of each tag in text */
	char text[LIMIT_TAGS * LIMIT_TAG];
};

void
tagstore_merged_clear(struct merged *merged)
{
	free(merged->memory);
	*merged = (struct merged){ 0 };
}

static const struct facts *
facts_of(const struct subject *s, int source)
{
	return s == NULL ? NULL : s->said[source].facts;
}

/* Adds "name:value", cut to a tag's bound, unless it is there. */
static void
add_text(struct collection *c, const char *name, struct strview value)
{
	char *tag;
	size_t head = strlen(name), len;
	uint32_t i;

	if (c->n == LIMIT_TAGS)
		return;
	tag = c->text + c->start[c->n];
	memcpy(tag, name, head);
	tag[head++] = ':';
	len = utf8_cut(value.s, value.len, LIMIT_TAG - head);
	memcpy(tag + head, value.s, len);
	len += head;
	for (i = 0; i < c->n; i++)
		if (c->start[i + 1] - c->start[i] == len &&
		    memcmp(c->text + c->start[i], tag, len) == 0)
			return;
	c->n++;
	c->start[c->n] = c->start[c->n - 1] + (uint32_t)len;
}

static void
add_tag(struct collection *c, enum tag_name name, struct strview value)
{
	if (c->names != CONFIG_TAGNAMES_AGENT)
		add_text(c, names[name].live, value);
	if (c->names != CONFIG_TAGNAMES_LIVE)
		add_text(c, names[name].agent, value);
}

/* Notes which source gives which tags, from the lowest to the highest. */
static void
find_best(struct collection *c, const struct subject *s)
{
	const struct facts *facts;
	uint32_t t;
	int i;

	for (i = 0; i < TAGSTORE_SOURCES; i++) {
		facts = facts_of(s, i);
		for (t = 0; facts != NULL && t < facts->n_tags; t++)
			if (c->best[facts->tags[t].name] < i + 1)
				c->best[facts->tags[t].name] = (uint8_t)(i + 1);
	}
}

static void
add_best(struct collection *c, const struct subject *s)
{
	const struct facts *facts;
	const struct facts_tag *tag;
	uint32_t t;
	int i;

	for (i = 0; i < TAGSTORE_SOURCES; i++) {
		facts = facts_of(s, i);
		for (t = 0; facts != NULL && t < facts->n_tags; t++) {
			tag = &facts->tags[t];
			if (c->best[tag->name] == i + 1)
				add_tag(c, tag->name, strview_of(tag->value));
		}
	}
}

/* The id first, so that no number of others leaves it out; a pod's services
 * last. */
static void
collect(struct collection *c, struct strview id, const struct subject *own,
    const struct subject *pod)
{
	add_tag(c, TAG_CONTAINER_ID, id);
	find_best(c, own);
	find_best(c, pod);
	c->best[TAG_CONTAINER_ID] = 0;
	add_best(c, own);
	add_best(c, pod);
}

static void
take_text(struct strview *member, const char *text)
{
	if (text != NULL)
		*member = strview_of(text);
}

/* Takes what one source says of the container itself; from the lowest
 * source to the highest, so that the last word counts. */
static void
take_facts(struct tagged *t, const struct facts *f)
{
	take_text(&t->type, f->type);
	take_text(&t->name, f->name);
	take_text(&t->image, f->image);
	take_text(&t->repo_digest, f->repo_digest);
	if (t->state == CONTAINER_UNKNOWN)
		t->state = f->state;
	if (t->health == HEALTH_UNKNOWN)
		t->health = f->health;
	if (f->created != 0)
		t->created = f->created;
	if (f->cpu_request > 0)
		t->cpu_request = f->cpu_request;
	if (f->memory_request != 0)
		t->memory_request = f->memory_request;
}

/* The facts whose addresses count, or NULL. */
static const struct facts *
best_addresses(const struct subject *s)
{
	const struct facts *facts;
	int i;

	for (i = TAGSTORE_SOURCES - 1; i >= 0; i--) {
		facts = facts_of(s, i);
		if (facts != NULL && facts->n_addresses > 0)
			return facts;
	}
	return NULL;
}

/* Puts the lists of tags and addresses into one piece of memory. */
static void
keep_lists(
    struct merged *out, const struct collection *c, const struct facts *from)
{
	uint32_t n = from == NULL ? 0 : from->n_addresses, i;
	struct tagged *t = &out->tagged;
	char *text;

	out->memory = xcalloc(1,
	    n * sizeof(*t->addresses) + c->n * sizeof(*t->tags.v) +
		c->start[c->n]);
	t->addresses = out->memory;
	t->n_addresses = n;
	t->tags.v = (void *)(t->addresses + n);
	t->tags.n = c->n;
	text = (char *)(t->tags.v + c->n);
	memcpy(text, c->text, c->start[c->n]);
	for (i = 0; i < n; i++)
		t->addresses[i] = (struct rec_address){
			.ip = strview_of(from->addresses[i].ip),
			.port = from->addresses[i].port,
			.protocol = from->addresses[i].protocol
		};
	for (i = 0; i < c->n; i++)
		t->tags.v[i] = (struct strview){ text + c->start[i],
			c->start[i + 1] - c->start[i] };
}

static bool
is_excluded(const struct tagstore *store, const struct tagged *t,
    const struct subject *own, const struct subject *pod)
{
	struct strview space = { 0 };
	bool pause = false;
	const struct facts *facts;
	int i;

	if (store->exclusion == NULL)
		return false;
	for (i = 0; i < TAGSTORE_SOURCES; i++) {
		if ((facts = facts_of(pod, i)) != NULL)
			take_text(&space, facts->space);
		if ((facts = facts_of(own, i)) == NULL)
			continue;
		take_text(&space, facts->space);
		/* The image's name tells it in Kubernetes only. */
		pause |= facts->pause ||
		    (facts->pod_uid != NULL && exclusion_is_pause(t->image));
	}
	return exclusion_match(
	    store->exclusion, t->name, t->image, space, pause);
}

void
tagstore_merge(struct tagstore *store, struct strview id,
    const struct subject *own, const struct subject *pod, struct merged *out)
{
	const struct facts *addresses = best_addresses(own), *facts;
	struct collection c;
	int i;

	tagstore_merged_clear(out);
	out->own = own == NULL ? 0 : own->version;
	out->pod = pod == NULL ? 0 : pod->version;
	out->rules = store->rules;
	for (i = 0; i < TAGSTORE_SOURCES; i++) {
		if ((facts = facts_of(own, i)) == NULL)
			continue;
		take_facts(&out->tagged, facts);
		out->tagged.known |= i != TAGSTORE_CGROUP;
	}
	if (addresses == NULL)
		addresses = best_addresses(pod);

	c.names = store->names;
	memset(c.best, 0, sizeof(c.best));
	c.n = c.start[0] = 0;
	collect(&c, id, own, pod);
	keep_lists(out, &c, addresses);
	out->tagged.excluded = is_excluded(store, &out->tagged, own, pod);
}
