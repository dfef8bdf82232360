/* SPDX-License-Identifier: ISC
 *
 * The procfs engine on containers that only namespaces tell: whose cgroup is
 * hidden, and a real network of its own.
 */
#include "procfs_container_help.h"

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
		TEST(test_hidden_by_mounts),
		TEST(test_hidden_by_inode),
		cmocka_unit_test(test_live_network),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
