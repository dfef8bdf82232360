/* SPDX-License-Identifier: ISC
 *
 * mountinfo: where cgroups are mounted, and which container a process is in
 * by its own mounts. Texts are parsed from memory that ends where they end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "collectord/parse_mountinfo.h"
#include "shared_fixtures.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

#define A "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define B "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
#define P "3d274242-8ee0-11e9-a8a6-1e68d864ef1a"
#define Q "3d274242_8ee0_11e9_a8a6_1e68d864ef1a"

#define MOUNT(root, point, fstype, options) \
	"1 2 0:3 " root " " point " rw - " fstype " source " options "\n"
#define V1(root, point, controllers) \
	MOUNT(root, point, "cgroup", "rw," controllers)
#define V2(root, point)    MOUNT(root, point, "cgroup2", "rw")
#define FILE_(root, point) MOUNT(root, point, "ext4", "rw")

static char *
exact(const char *text, size_t len)
{
	char *copy = malloc(len == 0 ? 1 : len);

	assert_non_null(copy);
	if (len > 0)
		memcpy(copy, text, len);
	return copy;
}

static int
differs(
    const char *test, const char *what, const char *want, struct strview got)
{
	if (strview_equal(got, strview_of(want)))
		return 0;
	print_message("%s: %s: want [%s], got [%.*s]\n", test, what, want,
	    (int)got.len, got.len == 0 ? "" : got.s);
	return 1;
}

static void
test_lines(void **state)
{
	static const struct {
		const char *text;
		const char *root; /* of the first mount; NULL: none */
		const char *point;
		const char *fstype;
		const char *options;
	} table[] = {
		{ "36 35 98:0 /r /p rw,noatime master:1 - ext4 /dev/sda rw\n",
		    "/r", "/p", "ext4", "rw" },
		{ "36 35 98:0 / / rw - tmpfs none rw,mode=755", "/", "/",
		    "tmpfs", "rw,mode=755" },
		{ "1 2 3 4 5 6 a:1 b:2 c - f s o\n", "4", "5", "f", "o" },
		{ "bad\n\n1 2 3 4 5 6 - f s o\n", "4", "5", "f", "o" },
		{ "1 2 3 4 5 6 - f s\n", NULL, NULL, NULL, NULL },
		{ "1 2 3 4 5 6 f s o\n", NULL, NULL, NULL, NULL },
		{ "1 2 3 4\n", NULL, NULL, NULL, NULL },
		{ "-", NULL, NULL, NULL, NULL },
		{ "", NULL, NULL, NULL, NULL },
	};
	int bad = 0;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(table); i++) {
		const char *name = table[i].text;
		size_t len = strlen(name);
		char *text = exact(name, len);
		struct cursor c = { text, text + len };
		struct parse_mount got;
		bool found = parse_mountinfo_next(&c, &got);

		if (found != (table[i].root != NULL)) {
			print_message("%s: got %d\n", name, found);
			bad++;
		} else if (found) {
			bad += differs(name, "root", table[i].root, got.root);
			bad += differs(
			    name, "point", table[i].point, got.point);
			bad += differs(
			    name, "fstype", table[i].fstype, got.fstype);
			bad += differs(
			    name, "options", table[i].options, got.options);
		}
		free(text);
	}
	assert_int_equal(bad, 0);
}

static void
test_path(void **state)
{
	static const struct {
		const char *escaped;
		const char *want; /* NULL: refused */
	} table[] = {
		{ "/a", "/a" },
		{ "/a\\040b\\011c\\012\\134", "/a b\tc\n\\" },
		{ "/\\303\\251", "/\303\251" },
		{ "/\\04", "/\\04" },
		{ "/\\", "/\\" },
		{ "/\\400", "/\\400" },
		{ "/\\089", "/\\089" },
		{ "/\\000", NULL },
		{ "/234567890123456", "/234567890123456" },
		{ "/2345678901234567", NULL },
		{ "", "" },
	};
	char got[17];
	int bad = 0;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(table); i++) {
		int rc = parse_mountinfo_path(
		    strview_of(table[i].escaped), got, sizeof(got));

		if (rc != (table[i].want == NULL ? -1 : 0) ||
		    (rc == 0 && strcmp(got, table[i].want) != 0)) {
			print_message("[%s]: want [%s], got %d [%s]\n",
			    table[i].escaped,
			    table[i].want == NULL ? "-1" : table[i].want, rc,
			    rc == 0 ? got : "");
			bad++;
		}
	}
	assert_int_equal(bad, 0);
}

static void
test_cgroups(void **state)
{
	static const struct {
		const char *text;
		const char *prefix;
		const char *cpu, *cpuacct, *memory, *unified; /* points */
	} table[] = {
		{ V1("/", "/sys/fs/cgroup/cpu,cpuacct", "cpu,cpuacct")
			V1("/", "/sys/fs/cgroup/memory", "memory"),
		    "/sys", "/sys/fs/cgroup/cpu,cpuacct",
		    "/sys/fs/cgroup/cpu,cpuacct", "/sys/fs/cgroup/memory", "" },
		{ V2("/", "/sys/fs/cgroup"), "/sys", "", "", "",
		    "/sys/fs/cgroup" },
		/* Side by side. */
		{ V1("/", "/sys/fs/cgroup/memory", "memory")
			V2("/", "/sys/fs/cgroup/unified"),
		    "/sys/", "", "", "/sys/fs/cgroup/memory",
		    "/sys/fs/cgroup/unified" },
		/* The shortest path, and only below the prefix. */
		{ V1("/", "/sys/fs/cgroup/memory/long", "memory")
			V1("/x", "/host/sys/fs/cgroup/memory", "memory")
			    V1("/", "/sys/fs/cgroup/m", "memory")
				V1("/", "/sys/fs/cgroup/memory", "memory"),
		    "/sys", "", "", "/sys/fs/cgroup/m", "" },
		{ V1("/", "/sys/fs/cgroup/memory", "memory")
			V1("/", "/host/sys/fs/cgroup/memory", "memory"),
		    "/host/sys", "", "", "/host/sys/fs/cgroup/memory", "" },
		{ V2("/", "/system/cgroup"), "/sys", "", "", "", "" },
		{ V2("/", "/sys"), "/sys", "", "", "", "/sys" },
		{ V2("/", "/a\\040b/c"), "/a b", "", "", "", "/a\\040b/c" },
		{ V2("/", "/x"), "/", "", "", "", "/x" },
		/* No cgroups, and a controller's name where none is meant. */
		{ MOUNT("/", "/sys/fs/cgroup", "tmpfs", "rw,cpu"), "/sys", "",
		    "", "", "" },
		{ V1("/", "/sys/fs/cgroup/systemd", "xattr,name=cpu"), "/sys",
		    "", "", "", "" },
		{ "", "/sys", "", "", "", "" },
	};
	int bad = 0;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(table); i++) {
		const char *name = table[i].text;
		size_t len = strlen(name);
		char *text = exact(name, len);
		struct parse_cgroup_mount got[CGROUP_CONTROLLERS];

		parse_mountinfo_cgroups(text, len, table[i].prefix, got);
		bad += differs(
		    name, "cpu", table[i].cpu, got[CGROUP_CPU].point);
		bad += differs(name, "cpuacct", table[i].cpuacct,
		    got[CGROUP_CPUACCT].point);
		bad += differs(
		    name, "memory", table[i].memory, got[CGROUP_MEMORY].point);
		bad += differs(name, "unified", table[i].unified,
		    got[CGROUP_UNIFIED].point);
		free(text);
	}
	assert_int_equal(bad, 0);
}

#define TERMINATION(uid, name)                                        \
	FILE_("/var/lib/kubelet/pods/" uid "/containers/" name "/1f", \
	    "/dev/termination-log")
#define HOSTNAME(root) FILE_(root, "/etc/hostname")

static void
test_container(void **state)
{
	static const struct {
		const char *text;
		const char *id;
		const char *type;
		const char *pod;
		const char *name;
	} table[] = {
		{ HOSTNAME("/var/lib/docker/containers/" A "/hostname"), A,
		    "docker", "", "" },
		{ V2("/../docker-" A ".scope", "/sys/fs/cgroup"), A, "docker",
		    "", "" },
		{ V1("/docker/" A, "/sys/fs/cgroup/memory", "memory"), A,
		    "docker", "", "" },
		/* A pod: the host's name is the sandbox's. */
		{ TERMINATION(P, "web")
			HOSTNAME("/var/lib/docker/containers/" B "/hostname"),
		    "", "", P, "web" },
		{ HOSTNAME("/var/lib/docker/containers/" B "/hostname")
			TERMINATION(P, "web"),
		    "", "", P, "web" },
		{ HOSTNAME("/c/sandboxes/" B "/hostname"), "", "", "", "" },
		{ HOSTNAME("/x-containers/" B "/userdata/hostname"), "", "", "",
		    "" },
		/* In either order, the pod's uid as the kubelet writes it. */
		{ TERMINATION(P, "web") V2("/kubepods-pod" Q
					   ".slice/cri-containerd-" A ".scope",
		      "/sys/fs/cgroup"),
		    A, "containerd", P, "web" },
		{ V2("/kubepods-pod" Q ".slice/cri-containerd-" A ".scope",
		      "/sys/fs/cgroup") TERMINATION(P, "web"),
		    A, "containerd", P, "web" },
		{ V2("/kubepods-pod" Q ".slice/cri-containerd-" A ".scope",
		      "/sys/fs/cgroup"),
		    A, "containerd", Q, "" },
		/* Others' ids. */
		{ FILE_("/docker/volumes/" B "/_data", "/data"), "", "", "",
		    "" },
		{ FILE_("/docker/containers/" B "/hostname", "/etc/other"), "",
		    "", "", "" },
		{ FILE_("/x/" B, "/sys/fs/cgroup"), "", "", "", "" },
		{ V2("/docker/" A, "/elsewhere"), "", "", "", "" },
		{ HOSTNAME("/containers/" A "0/hostname"), "", "", "", "" },
		{ HOSTNAME("/containers/x" A "/hostname"), "", "", "", "" },
		{ HOSTNAME("containers/" A "/hostname"), "", "", "", "" },
		{ HOSTNAME("/hostname"), "", "", "", "" },
		/* Names that no kubelet gives. */
		{ TERMINATION("A b", "web"), "", "", "", "" },
		{ TERMINATION("../x", "web"), "", "", "", "" },
		{ TERMINATION(A "0", "web"), "", "", "", "" },
		{ TERMINATION(P, "\\033"), "", "", "", "" },
		{ TERMINATION("", ""), "", "", "", "" },
		{ "", "", "", "", "" },
	};
	int bad = 0;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(table); i++) {
		const char *name = table[i].text;
		size_t len = strlen(name);
		char *text = exact(name, len);
		struct parse_mountinfo_container got;

		parse_mountinfo_container(text, len, &got);
		bad += differs(name, "id", table[i].id, got.cgroup.id);
		bad += differs(
		    name, "type", table[i].type, strview_of(got.cgroup.type));
		bad += differs(name, "pod", table[i].pod, got.cgroup.pod_uid);
		bad += differs(name, "name", table[i].name, got.name);
		free(text);
	}
	assert_int_equal(bad, 0);
}

static void
test_shared_cases(void **state)
{
	json_t *file = shared_fixture("proc/mountinfo_cases.json"), *item;
	int bad = 0;
	size_t i;

	(void)state;
	json_array_foreach(json_object_get(file, "cases"), i, item) {
		const char *name = json_string_value(
		    json_object_get(item, "name"));
		const json_t *content = json_object_get(item, "content");
		size_t len = json_string_length(content);
		char *text = exact(json_string_value(content), len);
		struct parse_mountinfo_container got;

		parse_mountinfo_container(text, len, &got);
		bad += differs(name, "id", shared_expect(item, "container_id"),
		    got.cgroup.id);
		bad += differs(name, "pod", shared_expect(item, "pod_uid"),
		    got.cgroup.pod_uid);
		bad += differs(name, "name",
		    shared_expect(item, "k8s_container"), got.name);
		free(text);
	}
	assert_true(i > 0);
	json_decref(file);
	assert_int_equal(bad, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_path),
		cmocka_unit_test(test_cgroups),
		cmocka_unit_test(test_container),
		cmocka_unit_test(test_shared_cases),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
