/* SPDX-License-Identifier: ISC
 *
 * The tagstore: precedence, names, bounds, how long things are kept, and
 * that an answer that says the same costs nothing again.
 */
#include "tagstore_help.h"

#define S CLOCK_NS_PER_S

static struct facts *
facts_of(enum tag_name name, const char *value)
{
	struct facts *f = facts_new();

	facts_add_tag(f, name, strview_of(value));
	return f;
}

/* The tags of `id` joined by commas must be these. */
static void
expect(struct tagstore *store, const char *want)
{
	const struct tagged *t = tagstore_find(store, id);
	char got[LIMIT_TAGS * (LIMIT_TAG + 1) + 1] = "";
	uint32_t i;

	for (i = 0; i < t->tags.n; i++)
		snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%.*s",
		    i > 0 ? "," : "", (int)t->tags.v[i].len, t->tags.v[i].s);
	if (strcmp(got, want) != 0)
		fail_msg("got  %s\nwant %s", got, want);
}

static void
test_unknown(void **state)
{
	struct tagstore *store = tagstore_new();
	const struct tagged *t = tagstore_find(store, id);

	(void)state;
	assert_false(t->known);
	assert_false(t->excluded);
	expect(store, "container_id:0123456789abcdef");
	tagstore_free(store);
	tagstore_free(NULL);
}

static void
test_precedence(void **state)
{
	struct tagstore *store = tagstore_new();
	struct facts *f;

	(void)state;
	put(store, TAGSTORE_DOCKER, facts_of(TAG_CONTAINER_NAME, "k8s_x"));
	expect(store, "container_id:0123456789abcdef,container_name:k8s_x");
	put(store, TAGSTORE_KUBELET, facts_of(TAG_CONTAINER_NAME, "web"));
	expect(store, "container_id:0123456789abcdef,container_name:web");
	put(store, TAGSTORE_APISERVER, facts_of(TAG_SERVICE, "a"));
	f = facts_of(TAG_SERVICE, "b");
	facts_add_tag(f, TAG_CONTAINER_ID, SV("forged"));
	put(store, TAGSTORE_ECS, f);
	expect(store,
	    "container_id:0123456789abcdef,container_name:web,service:a");
	/* gone again: what is below counts again */
	tagstore_end(store, TAGSTORE_KUBELET, TAGSTORE_CONTAINER, id, S, 0);
	tagstore_expire(store, S);
	expect(store,
	    "container_id:0123456789abcdef,container_name:k8s_x,service:a");
	tagstore_free(store);
}

static void
test_members(void **state)
{
	struct tagstore *store = tagstore_new();
	struct facts *low = facts_new(), *high = facts_new();
	const struct tagged *t;

	(void)state;
	facts_set(&low->name, SV("k8s_web"), 64);
	facts_set(&low->type, SV("docker"), 32);
	low->state = CONTAINER_PAUSED;
	low->created = 5;
	facts_add_address(low, SV("172.17.0.2"), 80, ADDRESS_UDP);
	facts_set(&high->name, SV("web"), 64);
	high->state = CONTAINER_RUNNING;
	high->health = HEALTH_HEALTHY;
	high->cpu_request = 50;
	put(store, TAGSTORE_DOCKER, low);
	put(store, TAGSTORE_KUBELET, high);
	t = tagstore_find(store, id);
	assert_true(t->known);
	assert_int_equal(t->name.len, 3);
	assert_memory_equal(t->name.s, "web", 3);
	assert_int_equal(t->type.len, 6);
	/* The runtime sees a pause, the kubelet does not. */
	assert_int_equal(t->state, CONTAINER_PAUSED);
	assert_int_equal(t->health, HEALTH_HEALTHY);
	assert_int_equal(t->created, 5);
	assert_true(t->cpu_request == 50);
	assert_int_equal(t->n_addresses, 1);
	assert_int_equal(t->addresses[0].port, 80);
	assert_int_equal(t->addresses[0].protocol, ADDRESS_UDP);
	assert_memory_equal(t->addresses[0].ip.s, "172.17.0.2", 10);
	tagstore_free(store);
}

static void
test_pod(void **state)
{
	struct tagstore *store = tagstore_new();

	(void)state;
	/* The kubelet has no id for it yet, but its cgroup path says the pod,
	 * in systemd's spelling. */
	put(store, TAGSTORE_CGROUP, in_pod(SV("aa_bb_cc")));
	assert_false(tagstore_find(store, id)->known);
	expect(store, "container_id:0123456789abcdef");
	put_pod(store, TAGSTORE_KUBELET, facts_of(TAG_POD, "web-1"));
	assert_false(tagstore_find(store, id)->known);
	expect(store, "container_id:0123456789abcdef,pod:web-1");
	put_pod(store, TAGSTORE_APISERVER, facts_of(TAG_SERVICE, "web"));
	expect(store, "container_id:0123456789abcdef,pod:web-1,service:web");
	put(store, TAGSTORE_KUBELET, facts_of(TAG_CONTAINER_NAME, "app"));
	assert_true(tagstore_find(store, id)->known);
	expect(store,
	    "container_id:0123456789abcdef,container_name:app,pod:web-1,"
	    "service:web");
	/* A source's word on the pod counts for more than the path's. */
	put(store, TAGSTORE_KUBELET, in_pod(SV("another")));
	expect(store, "container_id:0123456789abcdef");
	tagstore_free(store);
}

/* A pod that goes and comes back with other tags. */
static void
test_pod_again(void **state)
{
	struct tagstore *store = tagstore_new();

	(void)state;
	put(store, TAGSTORE_KUBELET, in_pod(uid));
	put_pod(store, TAGSTORE_KUBELET, facts_of(TAG_POD, "a"));
	expect(store, "container_id:0123456789abcdef,pod:a");
	tagstore_end(store, TAGSTORE_KUBELET, TAGSTORE_POD, SV("aa_bb_cc"), S,
	    LIMIT_POD_KEPT);
	tagstore_expire(store, S * LIMIT_POD_KEPT);
	expect(store, "container_id:0123456789abcdef,pod:a");
	tagstore_expire(store, S * (LIMIT_POD_KEPT + 1));
	expect(store, "container_id:0123456789abcdef");
	put_pod(store, TAGSTORE_KUBELET, facts_of(TAG_POD, "b"));
	expect(store, "container_id:0123456789abcdef,pod:b");
	tagstore_free(store);
}

static void
test_names(void **state)
{
	struct tagstore *store = tagstore_new();
	struct facts *f = facts_of(TAG_CONTAINER_IMAGE, "nginx:1");

	(void)state;
	facts_add_tag(f, TAG_SHORT_IMAGE, SV("nginx"));
	facts_add_tag(f, TAG_CLUSTER_NAME, SV("c"));
	put(store, TAGSTORE_DOCKER, f);
	expect(store,
	    "container_id:0123456789abcdef,container_image:nginx:1,"
	    "short_image:nginx,cluster-name:c");
	tagstore_configure(store, CONFIG_TAGNAMES_AGENT, NULL);
	expect(store,
	    "container_id:0123456789abcdef,docker_image:nginx:1,"
	    "short_image:nginx,kube_cluster:c");
	tagstore_configure(store, CONFIG_TAGNAMES_BOTH, NULL);
	expect(store,
	    "container_id:0123456789abcdef,container_image:nginx:1,"
	    "docker_image:nginx:1,short_image:nginx,cluster-name:c,"
	    "kube_cluster:c");
	tagstore_free(store);
}

/* 64 tags of 200 bytes, whatever the sources have. */
static void
test_bounds(void **state)
{
	struct tagstore *store = tagstore_new();
	struct facts *own = facts_new(), *pod = facts_new();
	const struct tagged *t;
	char text[LIMIT_TAG + 1];
	uint32_t i;

	(void)state;
	memset(text, 'x', sizeof(text));
	for (i = 0; i < LIMIT_TAGS; i++) {
		snprintf(text, sizeof(text), "%03u", i);
		text[3] = 'x';
		/* 191 of it fit behind "service:", then half a character */
		memcpy(text + 191, "\xc3\xa4", 2);
		facts_add_tag(
		    own, TAG_SERVICE, (struct strview){ text, LIMIT_TAG });
		facts_add_tag(pod, TAG_JOB, (struct strview){ text, 50 });
	}
	facts_set(&own->pod_uid, uid, 64);
	put(store, TAGSTORE_DOCKER, own);
	put_pod(store, TAGSTORE_KUBELET, pod);
	tagstore_configure(store, CONFIG_TAGNAMES_BOTH, NULL);
	t = tagstore_find(store, id);
	assert_int_equal(t->tags.n, LIMIT_TAGS);
	assert_memory_equal(t->tags.v[0].s, "container_id:", 13);
	for (i = 1; i < LIMIT_TAGS; i++)
		if (t->tags.v[i].len > LIMIT_TAG)
			fail_msg("tag %u: got %u bytes, want at most %d", i,
			    t->tags.v[i].len, LIMIT_TAG);
	assert_int_equal(t->tags.v[1].len, LIMIT_TAG - 1);
	tagstore_free(store);
}

/* Values that differ only past the cut are one tag. */
static void
test_cut_to_the_same(void **state)
{
	struct tagstore *store = tagstore_new();
	struct facts *f = facts_new();
	char text[LIMIT_TAG];

	(void)state;
	memset(text, 'x', sizeof(text));
	facts_add_tag(f, TAG_SERVICE, (struct strview){ text, LIMIT_TAG });
	text[LIMIT_TAG - 1] = 'y';
	facts_add_tag(f, TAG_SERVICE, (struct strview){ text, LIMIT_TAG });
	put(store, TAGSTORE_DOCKER, f);
	assert_int_equal(tagstore_find(store, id)->tags.n, 2);
	tagstore_free(store);
}

/* What says the same leaves the cached container alone. */
static void
test_same_again(void **state)
{
	struct tagstore *store = tagstore_new();
	const struct strview *before;

	(void)state;
	put(store, TAGSTORE_DOCKER, facts_of(TAG_POD, "a"));
	before = tagstore_find(store, id)->tags.v;
	put(store, TAGSTORE_DOCKER, facts_of(TAG_POD, "a"));
	assert_ptr_equal(tagstore_find(store, id)->tags.v, before);
	put(store, TAGSTORE_DOCKER, facts_of(TAG_POD, "b"));
	expect(store, "container_id:0123456789abcdef,pod:b");
	tagstore_free(store);
}

static void
test_kept_past_death(void **state)
{
	struct tagstore *store = tagstore_new();
	const enum tagstore_source docker = TAGSTORE_DOCKER;

	(void)state;
	put(store, docker, facts_of(TAG_POD, "a"));
	tagstore_end(
	    store, docker, TAGSTORE_CONTAINER, id, 10 * S, LIMIT_TAGS_KEPT);
	/* said again later: the first word counts */
	tagstore_end(
	    store, docker, TAGSTORE_CONTAINER, id, 99 * S, LIMIT_TAGS_KEPT);
	assert_int_equal(tagstore_count(store, docker, TAGSTORE_CONTAINER), 0);
	tagstore_expire(store, (10 + LIMIT_TAGS_KEPT) * S - 1);
	expect(store, "container_id:0123456789abcdef,pod:a");
	assert_true(tagstore_find(store, id)->known);
	tagstore_expire(store, (10 + LIMIT_TAGS_KEPT) * S);
	assert_false(tagstore_find(store, id)->known);
	expect(store, "container_id:0123456789abcdef");

	/* back to life: no clock runs any more */
	put(store, docker, facts_of(TAG_POD, "a"));
	tagstore_end(store, docker, TAGSTORE_CONTAINER, id, S, 1);
	put(store, docker, facts_of(TAG_POD, "a"));
	assert_int_equal(tagstore_count(store, docker, TAGSTORE_CONTAINER), 1);
	tagstore_expire(store, 1000 * S);
	expect(store, "container_id:0123456789abcdef,pod:a");
	tagstore_free(store);
}

static void
test_lists(void **state)
{
	struct tagstore *store = tagstore_new();
	const enum tagstore_source kubelet = TAGSTORE_KUBELET;

	(void)state;
	tagstore_list_begin(store, kubelet);
	put(store, kubelet, in_pod(uid));
	put_pod(store, kubelet, facts_of(TAG_POD, "a"));
	tagstore_list_end(store, kubelet, S, 60);
	put(store, TAGSTORE_DOCKER, facts_of(TAG_CONTAINER_NAME, "n"));
	assert_int_equal(tagstore_count(store, kubelet, TAGSTORE_CONTAINER), 1);
	assert_int_equal(tagstore_count(store, kubelet, TAGSTORE_POD), 1);

	tagstore_list_begin(store, kubelet);
	put_pod(store, kubelet, facts_of(TAG_POD, "a"));
	tagstore_list_end(store, kubelet, 2 * S, 60);
	assert_int_equal(tagstore_count(store, kubelet, TAGSTORE_CONTAINER), 0);
	assert_int_equal(tagstore_count(store, kubelet, TAGSTORE_POD), 1);
	tagstore_expire(store, 61 * S);
	expect(store, "container_id:0123456789abcdef,container_name:n,pod:a");
	tagstore_expire(store, 62 * S);
	/* Docker's own word is not the kubelet's to end. */
	expect(store, "container_id:0123456789abcdef,container_name:n");
	tagstore_free(store);
}

static struct strview
number(char *out, size_t size, unsigned i)
{
	snprintf(out, size, "%064u", i);
	return strview_of(out);
}

/* The one that ended first makes room; without one there is none. */
static void
test_room(void **state)
{
	struct tagstore *store = tagstore_new();
	const enum tagstore_source docker = TAGSTORE_DOCKER;
	const enum tagstore_subject container = TAGSTORE_CONTAINER;
	char key[LIMIT_CONTAINER_ID];
	unsigned i;

	(void)state;
	for (i = 0; i <= LIMIT_CONTAINERS; i++)
		tagstore_put(store, docker, container,
		    number(key, sizeof(key), i), facts_of(TAG_POD, "p"));
	assert_int_equal(
	    tagstore_count(store, docker, container), LIMIT_CONTAINERS);
	assert_false(
	    tagstore_find(store, number(key, sizeof(key), LIMIT_CONTAINERS))
		->known);

	for (i = 9; i > 6; i--)
		tagstore_end(store, docker, container,
		    number(key, sizeof(key), i), i * S, 300 - i);
	put(store, docker, facts_of(TAG_POD, "p"));
	assert_true(tagstore_find(store, id)->known);
	assert_false(tagstore_find(store, number(key, sizeof(key), 9))->known);
	assert_true(tagstore_find(store, number(key, sizeof(key), 8))->known);
	assert_true(tagstore_find(store, number(key, sizeof(key), 7))->known);
	tagstore_free(store);
}

static void
test_odd_keys(void **state)
{
	struct tagstore *store = tagstore_new();
	char key[LIMIT_CONTAINER_ID + 1];
	const struct strview too_long = { key, sizeof(key) }, none = { 0 };

	(void)state;
	memset(key, 'a', sizeof(key));
	tagstore_put(store, TAGSTORE_DOCKER, TAGSTORE_CONTAINER, too_long,
	    facts_of(TAG_POD, "p"));
	tagstore_put(store, TAGSTORE_DOCKER, TAGSTORE_CONTAINER, none,
	    facts_of(TAG_POD, "p"));
	assert_int_equal(
	    tagstore_count(store, TAGSTORE_DOCKER, TAGSTORE_CONTAINER), 0);
	assert_false(tagstore_find(store, too_long)->known);
	tagstore_free(store);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_precedence),
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_pod),
		cmocka_unit_test(test_pod_again),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_cut_to_the_same),
		cmocka_unit_test(test_same_again),
		cmocka_unit_test(test_kept_past_death),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_odd_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
