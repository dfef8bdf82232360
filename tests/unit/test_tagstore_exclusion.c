/* SPDX-License-Identifier: ISC
 *
 * The tagstore and the rules that leave containers out.
 */
#include "tagstore_help.h"

static struct exclusion *
exclude(const char *list)
{
	char item[256];
	char *env[] = { item, NULL };
	struct exclusion *exclusion;
	struct config *config;

	snprintf(item, sizeof(item), "DD_CONTAINER_BLACKLIST=%s", list);
	config = config_load(PROG_TAGGERD, "/nonexistent", env, stderr);
	exclusion = exclusion_new(config, stderr);
	config_free(config);
	assert_non_null(exclusion);
	return exclusion;
}

static void
test_exclusion(void **state)
{
	struct tagstore *store = tagstore_new();
	struct facts *f = facts_new();

	(void)state;
	tagstore_configure(store, CONFIG_TAGNAMES_LIVE,
	    exclude("kube_namespace:^kube-system$"));
	facts_set_image(f, SV("k8s.gcr.io/pause:3.9"));
	put(store, TAGSTORE_DOCKER, f);
	/* outside Kubernetes an image may be called so */
	assert_false(tagstore_find(store, id)->excluded);
	put(store, TAGSTORE_CGROUP, in_pod(uid));
	assert_true(tagstore_find(store, id)->excluded);

	f = facts_new();
	facts_set_image(f, SV("nginx"));
	put(store, TAGSTORE_DOCKER, f);
	assert_false(tagstore_find(store, id)->excluded);
	f = facts_new();
	facts_set(&f->space, SV("kube-system"), 64);
	put_pod(store, TAGSTORE_KUBELET, f);
	assert_true(tagstore_find(store, id)->excluded);
	tagstore_configure(store, CONFIG_TAGNAMES_LIVE, exclude("name:x"));
	assert_false(tagstore_find(store, id)->excluded);

	f = facts_new();
	f->pause = true;
	put(store, TAGSTORE_DOCKER, f);
	assert_true(tagstore_find(store, id)->excluded);
	tagstore_free(store);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exclusion),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
