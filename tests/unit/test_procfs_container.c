/* SPDX-License-Identifier: ISC
 *
 * The procfs engine on containers: which one a process is in, when that is
 * read, whose network it has, and how little is read where containers are
 * all that counts.
 */
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "collectord/cgroup_read.h"
#include "collectord/engine.h"
#include "collectord/parse_cgroup.h"
#include "collectord/procfs.h"
#include "common/log.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

#define ID1 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ID2 "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"

#define NET_DEV                                                  \
	"Inter-|   Receive  |  Transmit\n face |bytes  |bytes\n" \
	"    lo: 9 9 0 0 0 0 0 0 9 9 0 0 0 0 0 0\n"              \
	"  eth0: 1000 10 0 0 0 0 0 0 2000 20 0 0 0 0 0 0\n"

/* A stat line of process 50. */
#define STAT(state, start)                                              \
	"50 (name) " state " 1 48 47 0 -1 4194304 1 2 3 4 150 250 0 0 " \
	"20 -5 3 0 " start " 4096000 500 18446744073709551615 1 2 3 0 " \
	"0 0 0 0 0 0 0 0 17 1 0 0 0 0 0 1 2 3 4 5 6 7 0\n"

/* What a scan said of process 50, or of ourselves. */
static struct {
	int32_t pid;
	bool seen;
	struct engine_sample sample;
	bool told; /* about its container */
	char id[128];
	char path[128]; /* in the v2 hierarchy */
} found;

static void
copy(char out[128], const struct strview *text)
{
	snprintf(out, 128, "%.*s", (int)text->len, text->s);
}

static void
on_sample(const struct engine_sample *s, void *arg)
{
	(void)arg;
	if (s->pid != found.pid)
		return;
	found.seen = true;
	found.sample = *s;
	found.told = s->container != NULL;
	if (!found.told)
		return;
	copy(found.id, &s->container->id);
	copy(found.path, &s->container->path[CGROUP_UNIFIED]);
}

static void
scan(struct engine *engine, enum snapshot_kind kind, int32_t pid)
{
	struct rec_skipped skipped = { 0 };

	memset(&found, 0, sizeof(found));
	found.pid = pid;
	assert_int_equal(
	    engine->ops->scan(engine, kind, on_sample, NULL, &skipped), 0);
	assert_true(found.seen);
}

static char root[] = "/tmp/test_procfs_container.XXXXXX";

static void
put(const char *name, const char *text)
{
	char path[128];
	FILE *out;

	snprintf(path, sizeof(path), "%s/%s", root, name);
	out = fopen(path, "w");
	assert_non_null(out);
	fputs(text, out);
	fclose(out);
}

static void
put_dir(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", root, name);
	assert_int_equal(mkdir(path, 0755), 0);
}

/* A link, anew. */
static void
put_link(const char *name, const char *target)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", root, name);
	unlink(path);
	assert_int_equal(symlink(target, path), 0);
}

static void
take(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", root, name);
	assert_int_equal(unlink(path), 0);
}

static int
setup(void **state)
{
	(void)state;
	strcpy(strrchr(root, '.') + 1, "XXXXXX");
	if (mkdtemp(root) == NULL)
		return -1;
	put_dir("1");
	put_dir("1/ns");
	put_link("1/ns/net", "net:[100]");
	put_dir("50");
	put_dir("50/net");
	put_dir("50/ns");
	put("50/stat", STAT("S", "777"));
	put("50/cmdline", "a");
	put("50/cgroup", "4:memory:/docker/" ID1 "\n");
	put("50/net/dev", NET_DEV);
	put_link("50/ns/net", "net:[200]");
	return 0;
}

static int
teardown(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", root);
	return system(command);
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

/* Runs `body` where a cgroup namespace of our own hides paths; skips where
 * that cannot be made. */
static void
in_cgroup_namespace(void (*body)(void))
{
	int status;
	pid_t pid = fork();

	assert_int_not_equal(pid, -1);
	if (pid == 0) {
		if (unshare(CLONE_NEWCGROUP | CLONE_NEWNS) == -1 ||
		    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1)
			_exit(77);
		body();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
		print_message("skipped: no cgroup namespace can be made\n");
		skip();
	}
	assert_int_equal(status, 0);
}

/* What a scan of the tree finds for process 50, with the tree's sys. In a
 * child of ours, so a difference ends it. */
static void
want_hidden(const char *name, const char *want, const char *want_path)
{
	struct engine *engine = procfs_new(root, 100);
	char sys[128];

	snprintf(sys, sizeof(sys), "%s/sys", root);
	engine->tree = cgroup_tree_new(sys, 0);
	memset(&found, 0, sizeof(found));
	found.pid = 50;
	engine->ops->scan(
	    engine, SNAPSHOT_FULL, on_sample, NULL, &(struct rec_skipped){ 0 });
	if (strcmp(found.id, want) != 0 || strcmp(found.path, want_path) != 0) {
		fprintf(stderr,
		    "%s: got \"%s\" at \"%s\", want \"%s\" at "
		    "\"%s\"\n",
		    name, found.id, found.path, want, want_path);
		_exit(1);
	}
	cgroup_tree_free(engine->tree);
	engine->ops->free(engine);
}

#define DOCKER_ID(id)                                                      \
	"9 1 254:0 /docker/containers/" id "/hostname /etc/hostname rw - " \
	"ext4 /dev/vda rw\n"

static void
hidden_by_mounts(void)
{
	put("50/cgroup", "0::/\n");
	want_hidden("no mounts", "", "");
	put("50/mountinfo", DOCKER_ID(ID1));
	want_hidden("docker's host name", ID1, "");
	put("50/cgroup", "4:memory:/\n");
	want_hidden("cgroup v1", ID1, "");
	put("50/cgroup", "0::/../../init.scope\n");
	want_hidden("not below our own cgroup", "", "");
	put("50/cgroup", "0::/../" ID2 "\n");
	want_hidden("not hidden at all", ID2, "/../" ID2);
}

/* The tree's container, mounted as the root of what process 50 sees. */
static void
hidden_by_inode(void)
{
	char cgroup[128], seen[128];

	put_dir("sys");
	put_dir("sys/fs");
	put_dir("sys/fs/cgroup");
	put("sys/fs/cgroup/cgroup.controllers", "cpu memory\n");
	put_dir("sys/fs/cgroup/pod");
	put_dir("sys/fs/cgroup/pod/" ID2);
	put_dir("50/sys");
	put_dir("50/sys/fs");
	put_dir("50/sys/fs/cgroup");
	put_link("50/root", ".");
	put("50/cgroup", "0::/\n");
	want_hidden("another directory", "", "");
	snprintf(cgroup, sizeof(cgroup), "%s/sys/fs/cgroup/pod/" ID2, root);
	snprintf(seen, sizeof(seen), "%s/50/sys/fs/cgroup", root);
	if (mount(cgroup, seen, NULL, MS_BIND, NULL) == -1)
		_exit(77);
	want_hidden("its cgroup", ID2, "/pod/" ID2);
	put("50/mountinfo", DOCKER_ID(ID1));
	want_hidden("its cgroup before its mounts", ID2, "/pod/" ID2);

	umount(seen);
	put("50/mountinfo", "");
	snprintf(seen, sizeof(seen), "%s/50/sys/fs", root);
	put_link("50/sys/fs/link", cgroup);
	snprintf(cgroup, sizeof(cgroup), "%s/50/sys/fs/cgroup", root);
	if (rmdir(cgroup) == -1)
		_exit(1);
	put_link("50/sys/fs/cgroup", "link");
	want_hidden("a link that leads there", "", "");
}

static void
test_hidden_by_mounts(void **state)
{
	(void)state;
	in_cgroup_namespace(hidden_by_mounts);
}

static void
test_hidden_by_inode(void **state)
{
	(void)state;
	in_cgroup_namespace(hidden_by_inode);
}

/* A child, in a network namespace of its own where that can be made; it
 * waits to be killed. */
static pid_t
child(bool *apart)
{
	int ready[2];
	char byte = 0;
	pid_t pid;

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	pid = fork();
	assert_int_not_equal(pid, -1);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		byte = unshare(CLONE_NEWNET) == 0;
		if (write(ready[1], &byte, 1) == 1)
			for (;;)
				pause();
		_exit(1);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	close(ready[1]);
	*apart = byte != 0;
	return pid;
}

/* With a kept stat and without; and never of a process that has ended. */
static void
test_live_network(void **state)
{
	static const uint32_t fds[] = { 1000, 0 };

	(void)state;
	for (size_t i = 0; i < COUNT(fds); i++) {
		struct engine *engine = procfs_new("/proc", fds[i]);
		struct engine_network net = { 0 };
		uint64_t start;
		bool apart;
		pid_t pid = child(&apart);

		scan(engine, SNAPSHOT_FULL, pid);
		start = found.sample.start_ticks;
		if (apart) {
			assert_int_equal(
			    engine->ops->network(engine, pid, start, &net), 0);
			assert_false(net.host);
			assert_int_equal(net.received_bytes, 0);
			assert_int_equal(
			    engine->ops->network(engine, pid, start, &net), 0);
		}
		assert_int_equal(
		    engine->ops->network(engine, pid, start + 1, &net), -1);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		assert_int_equal(
		    engine->ops->network(engine, pid, start, &net), -1);
		assert_int_equal(net.namespace, 0);
		engine->ops->free(engine);
	}
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
		TEST(test_hidden_by_mounts),
		TEST(test_hidden_by_inode),
		cmocka_unit_test(test_live_network),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
