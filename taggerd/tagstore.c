/* SPDX-License-Identifier: ISC
 *
 * Who said what of which container or pod, and how long it holds. The
 * subjects stand in a balanced tree (tsearch(3)), so that no choice of keys
 * makes finding one slow, and in one of two lists: those that somebody still
 * vouches for, and the ended ones, which make room when there is none.
 */
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/limits.h"
#include "common/log.h"
#include "exclusion.h"
#include "tagstore_private.h"

static int
compare(const void *a, const void *b)
{
	const struct subject *x = a, *y = b;

	return strview_compare((struct strview){ x->key, x->len },
	    (struct strview){ y->key, y->len });
}

struct tagstore *
tagstore_new(void)
{
	struct tagstore *store = xcalloc(1, sizeof(*store));
	int kind;

	for (kind = 0; kind < SUBJECT_KINDS; kind++) {
		TAILQ_INIT(&store->live[kind]);
		TAILQ_INIT(&store->ended[kind]);
	}
	store->rules = ++store->version;
	return store;
}

static struct subjects *
list_of(struct tagstore *store, const struct subject *s)
{
	return s->ended ? &store->ended[s->kind] : &store->live[s->kind];
}

static void
subject_free(struct tagstore *store, struct subject *s)
{
	int i;

	TAILQ_REMOVE(list_of(store, s), s, entry);
	tdelete(s, &store->tree[s->kind], compare);
	store->count[s->kind]--;
	for (i = 0; i < TAGSTORE_SOURCES; i++)
		facts_free(s->said[i].facts);
	tagstore_merged_clear(&s->merged);
	free(s->key);
	free(s);
}

void
tagstore_free(struct tagstore *store)
{
	struct subject *s;
	int kind;

	if (store == NULL)
		return;
	for (kind = 0; kind < SUBJECT_KINDS; kind++) {
		while ((s = TAILQ_FIRST(&store->live[kind])) != NULL)
			subject_free(store, s);
		while ((s = TAILQ_FIRST(&store->ended[kind])) != NULL)
			subject_free(store, s);
	}
	tagstore_merged_clear(&store->unknown);
	exclusion_free(store->exclusion);
	free(store);
}

void
tagstore_configure(struct tagstore *store, enum config_tagnames names,
    struct exclusion *exclusion)
{
	exclusion_free(store->exclusion);
	store->exclusion = exclusion;
	store->names = names;
	store->rules = ++store->version;
}

/* Pod uids come from cgroup paths, too, where systemd wants '_' for '-'. */
static void
dashes(char *uid)
{
	for (; *uid != '\0'; uid++)
		if (*uid == '_')
			*uid = '-';
}

static struct subject *
find(const struct tagstore *store, enum tagstore_subject kind,
    struct strview key)
{
	char text[LIMIT_CONTAINER_ID + 1];
	struct subject probe = { .key = text, .len = key.len };
	void *node;

	if (key.len == 0 || key.len > LIMIT_CONTAINER_ID)
		return NULL;
	memcpy(text, key.s, key.len);
	text[key.len] = '\0';
	if (kind == TAGSTORE_POD)
		dashes(text);
	node = tfind(&probe, &store->tree[kind], compare);
	return node == NULL ? NULL : *(struct subject **)node;
}

/* Returns NULL if there is no room, or the key is none. */
static struct subject *
find_or_make(
    struct tagstore *store, enum tagstore_subject kind, struct strview key)
{
	struct subject *s = find(store, kind, key), *oldest;

	if (s != NULL || key.len == 0 || key.len > LIMIT_CONTAINER_ID)
		return s;
	if (store->count[kind] == LIMIT_CONTAINERS) {
		oldest = TAILQ_FIRST(&store->ended[kind]);
		if (oldest == NULL)
			return NULL;
		subject_free(store, oldest);
	}
	s = xcalloc(1, sizeof(*s));
	s->kind = kind;
	s->key = xcalloc(key.len + 1, 1);
	memcpy(s->key, key.s, key.len);
	s->len = key.len;
	if (kind == TAGSTORE_POD)
		dashes(s->key);
	if (tsearch(s, &store->tree[kind], compare) == NULL)
		fatalx("out of memory");
	TAILQ_INSERT_TAIL(&store->live[kind], s, entry);
	store->count[kind]++;
	return s;
}

/* Puts the subject into the list where it belongs now. */
static void
settle(struct tagstore *store, struct subject *s)
{
	bool ended = true;
	int i;

	for (i = 0; i < TAGSTORE_SOURCES; i++)
		if (s->said[i].facts != NULL && s->said[i].until == 0)
			ended = false;
	if (ended == s->ended)
		return;
	TAILQ_REMOVE(list_of(store, s), s, entry);
	s->ended = ended;
	TAILQ_INSERT_TAIL(list_of(store, s), s, entry);
}

bool
tagstore_put(struct tagstore *store, enum tagstore_source source,
    enum tagstore_subject subject, struct strview key, struct facts *facts)
{
	struct subject *s = find_or_make(store, subject, key);
	struct said *said;
	bool fresh;

	if (s == NULL) {
		facts_free(facts);
		return false;
	}
	if (facts->pod_uid != NULL)
		dashes(facts->pod_uid);
	said = &s->said[source];
	fresh = said->facts == NULL || !facts_equal(said->facts, facts);
	if (fresh) {
		facts_free(said->facts);
		said->facts = facts;
		s->version = ++store->version;
	} else
		facts_free(facts);
	said->until = 0;
	said->round = store->round[source];
	settle(store, s);
	return fresh;
}

static void
end(struct tagstore *store, struct subject *s, enum tagstore_source source,
    uint64_t now, unsigned keep)
{
	struct said *said = &s->said[source];

	if (said->facts == NULL || said->until != 0)
		return;
	said->until = now + keep * CLOCK_NS_PER_S;
	settle(store, s);
}

void
tagstore_end(struct tagstore *store, enum tagstore_source source,
    enum tagstore_subject subject, struct strview key, uint64_t now,
    unsigned keep)
{
	struct subject *s = find(store, subject, key);

	if (s != NULL)
		end(store, s, source, now, keep);
}

void
tagstore_list_begin(struct tagstore *store, enum tagstore_source source)
{
	store->round[source]++;
}

void
tagstore_list_end(struct tagstore *store, enum tagstore_source source,
    uint64_t now, unsigned keep)
{
	struct subject *s, *next;
	int kind;

	for (kind = 0; kind < SUBJECT_KINDS; kind++)
		for (s = TAILQ_FIRST(&store->live[kind]); s != NULL; s = next) {
			next = TAILQ_NEXT(s, entry);
			if (s->said[source].round != store->round[source])
				end(store, s, source, now, keep);
		}
}

/* Forgets what is over of one subject, and the subject with the last. */
static void
expire(struct tagstore *store, struct subject *s, uint64_t now)
{
	bool left = false;
	int i;

	for (i = 0; i < TAGSTORE_SOURCES; i++) {
		struct said *said = &s->said[i];

		if (said->until != 0 && said->until <= now) {
			facts_free(said->facts);
			*said = (struct said){ 0 };
			s->version = ++store->version;
		}
		if (said->facts != NULL)
			left = true;
	}
	if (!left)
		subject_free(store, s);
}

static void
expire_list(struct tagstore *store, struct subjects *list, uint64_t now)
{
	struct subject *s, *next;

	for (s = TAILQ_FIRST(list); s != NULL; s = next) {
		next = TAILQ_NEXT(s, entry);
		expire(store, s, now);
	}
}

void
tagstore_expire(struct tagstore *store, uint64_t now)
{
	int kind;

	for (kind = 0; kind < SUBJECT_KINDS; kind++) {
		expire_list(store, &store->live[kind], now);
		expire_list(store, &store->ended[kind], now);
	}
}

/* The pod of a container: the highest source that names one knows best. */
static const struct subject *
pod_of(const struct tagstore *store, const struct subject *own)
{
	const struct facts *facts;
	int i;

	for (i = TAGSTORE_SOURCES - 1; i >= 0; i--) {
		facts = own->said[i].facts;
		if (facts != NULL && facts->pod_uid != NULL)
			return find(
			    store, TAGSTORE_POD, strview_of(facts->pod_uid));
	}
	return NULL;
}

const struct tagged *
tagstore_find(struct tagstore *store, struct strview id)
{
	struct subject *own = find(store, TAGSTORE_CONTAINER, id);
	const struct subject *pod;
	struct merged *m;

	if (own == NULL) {
		tagstore_merge(store, id, NULL, NULL, &store->unknown);
		return &store->unknown.tagged;
	}
	pod = pod_of(store, own);
	m = &own->merged;
	if (m->own != own->version || m->rules != store->rules ||
	    m->pod != (pod == NULL ? 0 : pod->version))
		tagstore_merge(store, id, own, pod, m);
	return &m->tagged;
}

uint32_t
tagstore_count(const struct tagstore *store, enum tagstore_source source,
    enum tagstore_subject subject)
{
	const struct subject *s;
	uint32_t n = 0;

	TAILQ_FOREACH(s, &store->live[subject], entry)
		if (s->said[source].facts != NULL && s->said[source].until == 0)
			n++;
	return n;
}
