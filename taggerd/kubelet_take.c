/* SPDX-License-Identifier: ISC
 *
 * One list of the kubelet on its way into the store. Whatever is in it, what
 * comes of it is bounded by facts.h and the store.
 */
#include <stdio.h>

#include "common/clock.h"
#include "common/limits.h"
#include "facts.h"
#include "kubelet_private.h"
#include "podfeed.h"
#include "pods.h"
#include "sandboxes.h"
#include "tagstore.h"

static void
put(struct kubelet *k, enum tagstore_subject subject, struct strview key,
    struct facts *facts)
{
	if (tagstore_put(k->env.store, TAGSTORE_KUBELET, subject, key, facts))
		k->list.news = true;
}

static void
on_container(struct strview id, struct facts *facts, void *arg)
{
	struct kubelet *k = arg;

	k->list.containers++;
	sandboxes_take_container(k->sandboxes, id);
	put(k, TAGSTORE_CONTAINER, id, facts);
}

static void
on_pod(const struct pod *pod, struct facts *facts, void *arg)
{
	struct kubelet *k = arg;
	struct kubelet_list *list = &k->list;

	list->pods++;
	if (list->node[0] == '\0' && pod->node.len < sizeof(list->node))
		snprintf(list->node, sizeof(list->node), "%.*s",
		    (int)pod->node.len, pod->node.len > 0 ? pod->node.s : "");
	sandboxes_take_pod(k->sandboxes, pod->uid, pod->settled);
	put(k, TAGSTORE_POD, pod->uid, facts);
	if (k->env.feed->on_pod != NULL)
		k->env.feed->on_pod(pod, k->env.feed->arg);
}

static void
on_ended(struct strview uid, void *arg)
{
	struct kubelet *k = arg;

	tagstore_end(k->env.store, TAGSTORE_KUBELET, TAGSTORE_POD, uid,
	    clock_mono_ns(), LIMIT_POD_KEPT);
}

static void
on_sandbox(struct strview id, struct strview pod_uid, void *arg)
{
	struct facts *facts = facts_new();

	facts->pause = true;
	facts_set(&facts->pod_uid, pod_uid, LIMIT_POD_UID);
	put(arg, TAGSTORE_CONTAINER, id, facts);
}

int
kubelet_take(struct kubelet *k, const char *text, size_t len, const char **why)
{
	const struct pods_calls calls = { .on_container = on_container,
		.on_pod = on_pod,
		.on_ended = on_ended,
		.arg = k };
	const struct podfeed *feed = k->env.feed;
	const struct kubelet_list former = k->list;
	uint64_t now = clock_mono_ns();
	int rc;

	k->list = (struct kubelet_list){ 0 };
	tagstore_list_begin(k->env.store, TAGSTORE_KUBELET);
	sandboxes_begin(k->sandboxes);
	if (feed->on_begin != NULL)
		feed->on_begin(feed->arg);
	rc = pods_parse(text, len, &calls, &k->list.refused, why);
	if (rc == 0) {
		sandboxes_end(k->sandboxes, now, on_sandbox, k);
		tagstore_list_end(
		    k->env.store, TAGSTORE_KUBELET, now, LIMIT_TAGS_KEPT);
	}
	if (feed->on_end != NULL)
		feed->on_end(rc == 0, feed->arg);
	/* What lacks is news as well. */
	if (k->list.pods != former.pods ||
	    k->list.containers != former.containers)
		k->list.news = true;
	return rc;
}
