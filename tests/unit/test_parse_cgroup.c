/* SPDX-License-Identifier: ISC
 *
 * From /proc/PID/cgroup to a container: every form of path that a runtime is
 * known to make, and those that only look like one. Texts are parsed from
 * memory that ends where they end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "collectord/parse_cgroup.h"
#include "common/limits.h"
#include "shared_fixtures.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

#define A "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define B "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
#define H "0123456789abcdef0123456789abcdef"
#define T "55091c13-b8cf-4801-b527-f4601742204d"
#define P "3d274242-8ee0-11e9-a8a6-1e68d864ef1a"
#define Q "3d274242_8ee0_11e9_a8a6_1e68d864ef1a"
#define G "0123abcd-0123-abcd-0123-abcd"

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
test_path(void **state)
{
	static const struct {
		const char *path;
		const char *id;
		const char *type;
		const char *pod;
		const char *task;
	} table[] = {
		{ "/docker/" A, A, "docker", "", "" },
		{ "/" A, A, "", "", "" },
		{ "/custom/" A, A, "", "", "" },
		{ "/lxc/" A, A, "docker", "", "" },
		{ "/docker/" A "/docker/" B, B, "docker", "", "" },
		{ "/docker/" A "/kube-proxy", A, "docker", "", "" },
		{ "/docker/" A "/system.slice/x.service", A, "docker", "", "" },
		{ "/system.slice/docker-" A ".scope", A, "docker", "", "" },
		{ "/../../system.slice/docker-" A ".scope", A, "docker", "",
		    "" },
		{ "/machine.slice/libpod-" A ".scope", A, "podman", "", "" },
		{ "/user.slice/user-1000.slice/user@1000.service/user.slice/"
		  "libpod-" A ".scope/container",
		    A, "podman", "", "" },
		{ "/libpod_parent/libpod-" A, A, "podman", "", "" },
		{ "/kubepods/besteffort/pod" P "/" A, A, "", P, "" },
		{ "/kubepods/pod" H "/" A, A, "", H, "" },
		{ "/kubepods/pod" P "/crio-" A, A, "cri-o", P, "" },
		{ "/kubepods.slice/kubepods-pod" Q ".slice/cri-containerd-" A
		  ".scope",
		    A, "containerd", Q, "" },
		{ "/kubepods.slice/kubepods-burstable-pod" H ".slice/crio-" A
		  ".scope",
		    A, "cri-o", H, "" },
		{ "/system.slice/containerd.service/kubepods-pod" Q
		  ".slice:cri-containerd:" A,
		    A, "containerd", Q, "" },
		{ "/system.slice/nerdctl-" A ".scope", A, "containerd", "",
		    "" },
		/* Docker in a pod: the pod's container, then its own. */
		{ "/kubepods/pod" P "/" A "/docker/" B, B, "docker", P, "" },
		{ "/ecs/" H "/" A, A, "", "", H },
		{ "/ecs/" T "/" A, A, "", "", T },
		{ "/ecs/cluster/" H "/" A, A, "", "", H },
		{ "/ecs/" H "/" H "-4015103728", H "-4015103728", "ecs", "",
		    H },
		{ "/ecs/" H "-123", H "-123", "ecs", "", "" },
		{ "/ecstasks.slice/ecstasks-" H ".slice/docker-" A ".scope", A,
		    "docker", "", H },
		{ "/garden/" G, G, "garden", "", "" },
		{ "/system.slice/garden.service/garden/" G, G, "garden", "",
		    "" },

		/* Not at the end, or not that form. */
		{ "/garden/" G "/init", "", "", "", "" },
		{ "/garden/x" G, G, "garden", "", "" },
		{ "/garden/a" G, "", "", "", "" },
		{ "/garden/0123abcd_0123_abcd_0123_abcd", "", "", "", "" },
		{ "/garden/" T, "", "", "", "" },
		/* 63 and 65 digits, upper case, other letters. */
		{ "/docker/" H "0123456789abcdef0123456789abcde", "", "", "",
		    "" },
		{ "/docker/" A "0", "", "", "", "" },
		{ "/docker/" A "F", "", "", "", "" },
		{ "/docker/F" A, "", "", "", "" },
		{ "/docker/x" A, A, "", "", "" },
		{ "/docker/" A "x", A, "docker", "", "" },
		{ "/docker/" H "0123456789ABCDEF0123456789ABCDEF", "", "", "",
		    "" },
		{ "/docker/" H "-", "", "", "", "" },
		{ "/docker/" H "-x", "", "", "", "" },
		{ "/docker/" H "-12a", "", "", "", "" },
		{ "/ecs/" H "-12345678901234567890", H "-12345678901234567890",
		    "ecs", "", "" },
		{ "/ecs/" H "-123456789012345678901", "", "", "", "" },
		{ "/docker/123", "", "", "", "" },
		/* Beside a container, not in it. */
		{ "/kubepods.slice/crio-conmon-" A ".scope", "", "", "", "" },
		{ "/machine.slice/libpod-conmon-" A ".scope", "", "", "", "" },
		{ "/system.slice/var-lib-docker-containers-" A "-shm.mount", "",
		    "", "", "" },
		{ "/docker/" A "/x-" B ".mount", A, "docker", "", "" },
		{ "/kubepods/pod" P, "", "", "", "" },
		{ "/", "", "", "", "" },
		{ "", "", "", "", "" },
	};
	int bad = 0;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(table); i++) {
		size_t len = strlen(table[i].path);
		char *path = exact(table[i].path, len);
		struct parse_cgroup got;
		bool found;

		memset(&got, 0, sizeof(got));
		got.type = "";
		found = parse_cgroup_path(
		    (struct strview){ path, (uint32_t)len }, &got);
		if (found != (table[i].id[0] != '\0')) {
			print_message("%s: got %d\n", table[i].path, found);
			bad++;
		}
		bad += differs(table[i].path, "id", table[i].id, got.id);
		bad += differs(
		    table[i].path, "type", table[i].type, strview_of(got.type));
		bad += differs(table[i].path, "pod", table[i].pod, got.pod_uid);
		bad += differs(
		    table[i].path, "task", table[i].task, got.ecs_task);
		free(path);
	}
	assert_int_equal(bad, 0);
}

static void
test_lines(void **state)
{
	static const struct {
		const char *text;
		const char *id;
		const char *path[CGROUP_CONTROLLERS];
		const char *unified;
	} table[] = {
		{ "5:cpu,cpuacct:/docker/" A "\n4:memory:/docker/" A "\n", A,
		    { [CGROUP_CPU] = "/docker/" A,
			[CGROUP_CPUACCT] = "/docker/" A,
			[CGROUP_MEMORY] = "/docker/" A },
		    "" },
		{ "0::/system.slice/docker-" A ".scope/init\n", A,
		    { [CGROUP_UNIFIED] = "/system.slice/docker-" A ".scope" },
		    "/system.slice/docker-" A ".scope/init" },
		/* The first line with an id wins; a line with another one, or
		 * with none, accounts for somebody else. */
		{ "9:cpu:/\n8:memory:/docker/" A "\n7:pids:/docker/" B
		  "\n6:blkio:/x\n0::/\n",
		    A, { [CGROUP_MEMORY] = "/docker/" A }, "/" },
		/* Up to the outermost that is the same container. */
		{ "9:name=systemd:/docker/" A "\n8:memory:/docker/" A
		  "/docker/" B "\n",
		    A, { [CGROUP_MEMORY] = "/docker/" A }, "" },
		{ "9:name=systemd:/docker/" A "\n8:cpuset:/x/" A "/y\n", A,
		    { [CGROUP_CPUSET] = "/x/" A }, "" },
		/* Colons in paths. */
		{ "2:pids:/a:b:c/" A ":d\n", A,
		    { [CGROUP_PIDS] = "/a:b:c/" A ":d" }, "" },
		/* Our namespace hides what is above. */
		{ "0::/../" A "\n", A, { [CGROUP_UNIFIED] = "/../" A },
		    "/../" A },
		{ "0::/..\n", "", { NULL }, "/.." },
		/* Without a newline at the end; lines that are none. */
		{ "1:pids:/" A, A, { [CGROUP_PIDS] = "/" A }, "" },
		{ "1:pids\n:\n::\n\n1:pids:" A "\n", "", { NULL }, "" },
		{ "1::/" A "\n", A, { NULL }, "" },
		{ "", "", { NULL }, "" },
	};
	int bad = 0;
	size_t i, c;

	(void)state;
	for (i = 0; i < COUNT(table); i++) {
		size_t len = strlen(table[i].text);
		char *text = exact(table[i].text, len), what[32];
		struct parse_cgroup got;

		parse_cgroup(text, len, &got);
		bad += differs(table[i].text, "id", table[i].id, got.id);
		for (c = 0; c < CGROUP_CONTROLLERS; c++) {
			const char *want = table[i].path[c];

			snprintf(what, sizeof(what), "path %zu", c);
			bad += differs(table[i].text, what,
			    want == NULL ? "" : want, got.path[c]);
		}
		bad += differs(
		    table[i].text, "unified", table[i].unified, got.unified);
		free(text);
	}
	assert_int_equal(bad, 0);
}

/* A path longer than the kernel's is none. */
static void
test_long_path(void **state)
{
	size_t len = LIMIT_PATH + 1 + sizeof("1:pids:") - 1, i;
	char *text = malloc(len);
	struct parse_cgroup got;

	(void)state;
	assert_non_null(text);
	for (i = 0; i < len; i++)
		text[i] = '/';
	memcpy(text, "1:pids:", sizeof("1:pids:") - 1);
	memcpy(text + len - sizeof(A) + 1, A, sizeof(A) - 1);
	parse_cgroup(text, len, &got);
	assert_int_equal(got.id.len, 0);
	text[sizeof("1:pids:") - 2] = '1';
	text[sizeof("1:pids:") - 1] = ':';
	parse_cgroup(text, len, &got);
	assert_int_equal(got.id.len, sizeof(A) - 1);
	assert_int_equal(got.path[CGROUP_PIDS].len, 0); /* "pids1" */
	free(text);
}

static void
test_shared_cases(void **state)
{
	json_t *file = shared_fixture("proc/cgroup_cases.json"), *item;
	int bad = 0;
	size_t i;

	(void)state;
	json_array_foreach(json_object_get(file, "cases"), i, item) {
		const char *name = json_string_value(
		    json_object_get(item, "name"));
		const json_t *content = json_object_get(item, "content");
		size_t len = json_string_length(content);
		char *text = exact(json_string_value(content), len);
		char uid[64] = "";
		struct parse_cgroup got;
		size_t k;

		parse_cgroup(text, len, &got);
		bad += differs(
		    name, "id", shared_expect(item, "container_id"), got.id);
		snprintf(uid, sizeof(uid), "%.*s", (int)got.pod_uid.len,
		    got.pod_uid.len == 0 ? "" : got.pod_uid.s);
		for (k = 0; uid[k] != '\0'; k++)
			if (uid[k] == '_')
				uid[k] = '-';
		bad += differs(name, "pod", shared_expect(item, "pod_uid"),
		    strview_of(uid));
		if (shared_expect(item, "ecs_task_id")[0] != '\0')
			bad += differs(name, "task",
			    shared_expect(item, "ecs_task_id"), got.ecs_task);
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
		cmocka_unit_test(test_path),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_long_path),
		cmocka_unit_test(test_shared_cases),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
