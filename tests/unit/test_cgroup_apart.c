/* SPDX-License-Identifier: ISC
 *
 * The accounting of containers from this host's own cgroups, where only a
 * part of them is to be seen. Skipped where none may be made.
 */
#include "cgroup_live_help.h"

/* Runs a check in a process that may spoil its namespaces. It returns NULL,
 * or what went wrong; "" when it may not do that here. */
static void
run_apart(struct live *l, const char *(*check)(struct live *))
{
	const char *error;
	int status;
	pid_t pid;

	(void)fflush(NULL);
	pid = fork();
	assert_true(pid != -1);
	if (pid == 0) {
		error = check(l);
		if (error != NULL && error[0] != '\0')
			fprintf(stderr, "%s\n", error);
		_exit(error == NULL ? 0 : error[0] == '\0' ? 77 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77) {
		print_message("no namespace may be made here: skipped\n");
		skip();
	}
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* Whether the container of the text is read: with threads, where they are
 * counted. */
static bool
is_read(struct live *l, struct cgroup_tree *tree, const char *text)
{
	struct parse_cgroup container;
	struct cgroup_place *place;
	struct cgroup_sample got;
	bool ok;

	parse_cgroup(text, strlen(text), &container);
	place = cgroup_place_new(tree, &container);
	ok = cgroup_read(place, true, &got) == 0 && got.started > 0 &&
	    (l->point[CGROUP_PIDS][0] == '\0' || got.threads == 1);
	cgroup_place_free(place);
	return ok;
}

/* Our cgroup namespace begins beside the container: its path begins with
 * "/..", and so do the roots of the mounts. */
static const char *
check_beside(struct live *l)
{
	static char text[LIMIT_CGROUP_TEXT];
	struct live ours = *l;
	struct cgroup_tree *tree;
	const char *error = NULL;
	char path[64];

	ours.id[0] = 'f';
	make_dirs(&ours);
	if (!move_to(&ours, false) || unshare(CLONE_NEWCGROUP) == -1)
		error = "";
	if (error == NULL) {
		snprintf(path, sizeof(path), "/proc/%d/cgroup", (int)l->child);
		text[read_all(path, text, sizeof(text) - 1)] = '\0';
		tree = cgroup_tree_new("/sys", 100);
		if (strstr(text, ":/../ddtest-") == NULL)
			error = "the path is not hidden";
		else if (!is_read(l, tree, text))
			error = "not read from beside";
		cgroup_tree_free(tree);
	}
	(void)move_to(&ours, true);
	remove_dirs(&ours);
	return error;
}

static void
test_cgroup_namespace(void **state)
{
	struct live *l = *state;

	skip_without_cgroups(l);
	make_dirs(l);
	start_child(l);
	run_apart(l, check_beside);
}

/* Only a part of the hierarchy is mounted, as Docker does. */
static const char *
check_subtree(struct live *l)
{
	char host[] = "/tmp/test_cgroup.XXXXXX", sys[64], text[512];
	const char *error = NULL;
	struct cgroup_tree *tree;

	if (unshare(CLONE_NEWNS) == -1 ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1)
		return "";
	if (mkdtemp(host) == NULL)
		return "no directory";
	/* mountinfo has escapes for these. */
	snprintf(sys, sizeof(sys), "%s/a b\\\n\t\\040", host);
	if (mkdir(sys, 0755) == -1 ||
	    mount(dir_of(l, CGROUP_PIDS), sys, NULL, MS_BIND, NULL) == -1)
		error = "";
	if (error == NULL) {
		tree = cgroup_tree_new(host, 100);
		snprintf(text, sizeof(text), "1:pids:/ddtest-%s\n", l->id);
		if (!is_read(l, tree, text))
			error = "the root of a mount is not read";
		/* What is not below the mount is not taken from it. */
		snprintf(text, sizeof(text), "1:pids:/ddtest-%.63s%c\n", l->id,
		    l->id[63] == '0' ? '1' : '0');
		if (error == NULL && is_read(l, tree, text))
			error = "read from another's mount";
		(void)umount2(sys, MNT_DETACH);
		cgroup_tree_refresh(tree);
		cgroup_tree_describe(tree, text, sizeof(text));
		if (error == NULL && strncmp(text, "none", 4) != 0)
			error = "the end of a mount is not seen";
		cgroup_tree_free(tree);
	}
	rmdir(sys);
	rmdir(host);
	return error;
}

static void
test_mounted_in_part(void **state)
{
	struct live *l = *state;

	skip_without_cgroups(l);
	if (l->point[CGROUP_PIDS][0] == '\0') {
		print_message("no pids hierarchy of v1 here: skipped\n");
		skip();
	}
	make_dirs(l);
	start_child(l);
	run_apart(l, check_subtree);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    test_cgroup_namespace, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_mounted_in_part, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
