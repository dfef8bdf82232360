/* SPDX-License-Identifier: ISC
 *
 * The procfs engine on containers: which one a process is in, when that is
 * read, whose network it has, and how little is read where containers are
 * all that counts.
 */
#include "procfs_container_help.h"

static void
take(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", root, name);
	assert_int_equal(unlink(path), 0);
}

static void
test_which(void **state)
{
	static const struct {
		const char *cgroup;
		const char *want;
	} cases[] = {
		{ "0::/system.slice/docker-" ID2 ".scope\n", ID2 },
		{ "0::/\n", "" },
		{ "", "" },
		{ "no kernel's", "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct engine *engine = procfs_new(root, 100);

		put("50/cgroup", cases[i].cgroup);
		scan(engine, SNAPSHOT_FULL, 50);
		assert_true(found.told);
		assert_string_equal(found.id, cases[i].want);
		engine->ops->free(engine);
	}
}

/* New, after an exec, and when it is asked for; never in between. */
static void
test_when(void **state)
{
	struct engine *engine = procfs_new(root, 100);

	(void)state;
	scan(engine, SNAPSHOT_REALTIME, 50);
	assert_string_equal(found.id, ID1);
	put("50/cgroup", "4:memory:/docker/" ID2 "\n");
	scan(engine, SNAPSHOT_FULL, 50);
	assert_false(found.told);
	scan(engine, SNAPSHOT_REALTIME, 50);
	assert_false(found.told);
	engine->refresh = true;
	scan(engine, SNAPSHOT_REALTIME, 50);
	assert_string_equal(found.id, ID2);

	put("50/cgroup", "4:memory:/docker/" ID1 "\n");
	put("50/stat", STAT("S", "778")); /* the pid is another process's */
	scan(engine, SNAPSHOT_REALTIME, 50);
	assert_string_equal(found.id, ID1);

	/* What a zombie's file says is no news. */
	put("50/cgroup", "4:memory:/\n");
	put("50/stat", STAT("Z", "778"));
	scan(engine, SNAPSHOT_REALTIME, 50);
	assert_false(found.told);
	engine->refresh = true;
	scan(engine, SNAPSHOT_FULL, 50);
	assert_false(found.told);
	engine->ops->free(engine);
}

static void
test_not_there(void **state)
{
	struct engine *engine = procfs_new(root, 100);

	(void)state;
	take("50/cgroup");
	scan(engine, SNAPSHOT_FULL, 50);
	assert_false(found.told);
	/* It is not asked for each time. */
	put("50/cgroup", "4:memory:/docker/" ID2 "\n");
	scan(engine, SNAPSHOT_FULL, 50);
	assert_false(found.told);
	engine->ops->free(engine);
}

static void
test_containers_only(void **state)
{
	struct engine *engine = procfs_new(root, 100);

	(void)state;
	put("50/status", "Uid:\t1\t1\t1\t1\n");
	engine->containers_only = true;
	scan(engine, SNAPSHOT_FULL, 50);
	assert_string_equal(found.id, ID1);
	assert_int_equal(found.sample.parts, ENGINE_CONTAINER);
	assert_int_equal(found.sample.cmdline.len, 0);
	assert_int_equal(found.sample.hidden, 0);
	scan(engine, SNAPSHOT_FULL, 50);
	assert_int_equal(found.sample.parts, 0);

	engine->containers_only = false;
	engine->refresh = true;
	scan(engine, SNAPSHOT_FULL, 50);
	assert_true(found.sample.parts & ENGINE_CMDLINE);
	assert_int_equal(found.sample.cmdline.len, 1);
	engine->ops->free(engine);
}

/* Each case is the tree as it is with one thing changed. */
static void
test_network(void **state)
{
	static const struct {
		const char *name;
		const char *link; /* of process 50 */
		const char *dev;
		uint64_t start, known;
		int rc;
		uint64_t namespace;
		bool host;
		uint64_t received_bytes;
	} cases[] = {
		{ "its own", "net:[200]", NET_DEV, 777, 0, 0, 200, false,
		    1000 },
		{ "the host's", "net:[100]", NET_DEV, 777, 0, 0, 100, true, 0 },
		{ "known", "no link", NET_DEV, 777, 200, 0, 200, false, 1000 },
		{ "no namespace", "no link", NET_DEV, 777, 0, -1, 0, false, 0 },
		{ "another process", "net:[200]", NET_DEV, 778, 0, -1, 0, false,
		    0 },
		{ "not the kernel's", "net:[200]", "eth0", 777, 0, -1, 0, false,
		    0 },
	};
	struct engine *engine = procfs_new(root, 100);

	(void)state;
	scan(engine, SNAPSHOT_FULL, 50);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct engine_network got = { .namespace = cases[i].known };
		int rc;

		put_link("50/ns/net", cases[i].link);
		put("50/net/dev", cases[i].dev);
		rc = engine->ops->network(engine, 50, cases[i].start, &got);
		if (rc != cases[i].rc || got.namespace != cases[i].namespace ||
		    got.host != cases[i].host ||
		    got.received_bytes != cases[i].received_bytes)
			fail_msg("%s: got %d %llu %d %llu", cases[i].name, rc,
			    (unsigned long long)got.namespace, got.host,
			    (unsigned long long)got.received_bytes);
		if (rc == 0 && !got.host) {
			assert_int_equal(got.received_packets, 10);
			assert_int_equal(got.sent_bytes, 2000);
			assert_int_equal(got.sent_packets, 20);
		}
	}
	/* Whose the host's is, nobody can say. */
	put_link("50/ns/net", "net:[200]");
	take("1/ns/net");
	assert_int_equal(engine->ops->network(
			     engine, 50, 777, &(struct engine_network){ 0 }),
	    -1);
	assert_int_equal(engine->ops->network(
			     engine, 60, 777, &(struct engine_network){ 0 }),
	    -1);
	engine->ops->free(engine);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(test_which),
		TEST(test_when),
		TEST(test_not_there),
		TEST(test_containers_only),
		TEST(test_network),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
