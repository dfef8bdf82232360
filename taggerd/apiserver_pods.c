/* SPDX-License-Identifier: ISC
 *
 * The kubelet's pods come by, one by one, with their labels; nothing of them
 * is kept but the tags in the store.
 */
#include "apiserver_private.h"
#include "clustername.h"
#include "common/clock.h"
#include "common/limits.h"
#include "facts.h"
#include "podfeed.h"
#include "pods.h"
#include "tagstore.h"

/* Before the first list there is nothing to say, and what another one said
 * before us is not to be taken back. */
static bool
speaks(const struct apiserver *a)
{
	return a->listed || a->step == APISERVER_ABSENT ||
	    a->failing_since != 0;
}

static void
on_begin(void *arg)
{
	struct apiserver *a = arg;

	if (speaks(a))
		tagstore_list_begin(a->env.store, TAGSTORE_APISERVER);
}

static void
on_match(struct strview name, void *arg)
{
	facts_add_tag(arg, TAG_SERVICE, name);
}

static void
on_pod(const struct pod *pod, void *arg)
{
	struct apiserver *a = arg;
	struct facts *facts;

	clustername_look(a->cluster, pod->node);
	if (!speaks(a))
		return;
	facts = facts_new();
	facts_add_tag(
	    facts, TAG_CLUSTER_NAME, strview_of(clustername_get(a->cluster)));
	if (pod->takes_services)
		services_match(
		    a->services, pod->space, pod->labels, on_match, facts);
	tagstore_put(
	    a->env.store, TAGSTORE_APISERVER, TAGSTORE_POD, pod->uid, facts);
}

static void
on_end(bool whole, void *arg)
{
	struct apiserver *a = arg;

	if (whole && speaks(a))
		tagstore_list_end(a->env.store, TAGSTORE_APISERVER,
		    clock_mono_ns(), LIMIT_TAGS_KEPT);
}

void
apiserver_listen(struct apiserver *a)
{
	struct podfeed *feed = a->env.feed;

	feed->on_begin = on_begin;
	feed->on_pod = on_pod;
	feed->on_end = on_end;
	feed->arg = a;
}

void
apiserver_unlisten(struct apiserver *a)
{
	struct podfeed *feed = a->env.feed;

	feed->on_begin = NULL;
	feed->on_pod = NULL;
	feed->on_end = NULL;
	feed->arg = NULL;
}

void
apiserver_rematch(struct apiserver *a, unsigned gap)
{
	const struct podfeed *feed = a->env.feed;

	if (feed->list_again != NULL)
		feed->list_again(feed->kubelet, gap);
}
