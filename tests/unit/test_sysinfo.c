/* SPDX-License-Identifier: ISC
 *
 * The host record, from made-up trees (tests/fixtures/hosts) of several
 * distributions, of nonsense and of nothing, and from a machine with more
 * CPUs than the record holds. Run from the top of the source tree.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "collectord/sysinfo.h"
#include "common/limits.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define HOSTS    "tests/fixtures/hosts/"

static int bad;

static void
check_text(const char *what, const char *want, struct strview got)
{
	if (got.len == strlen(want) &&
	    (got.len == 0 || memcmp(got.s, want, got.len) == 0))
		return;
	print_message(
	    "%s: want [%s], got [%.*s]\n", what, want, (int)got.len, got.s);
	bad++;
}

static struct sysinfo_host *
read_host(const char *dir)
{
	char proc[128], sys[128], etc[128];

	snprintf(proc, sizeof(proc), "%s/proc", dir);
	snprintf(sys, sizeof(sys), "%s/sys", dir);
	snprintf(etc, sizeof(etc), "%s/etc", dir);
	return sysinfo_new(proc, sys, etc);
}

static void
test_os(void **state)
{
	static const struct {
		const char *dir, *uuid, *platform, *family, *version;
	} table[] = {
		{ "debian", "4c4c4544-0042-3510-8052-b4c04f4d4d32", "debian",
		    "debian", "12.11" },
		{ "ubuntu", "01234567-89ab-cdef-0123-456789abcdef", "ubuntu",
		    "debian", "22.04" },
		{ "rocky", "11111111-2222-3333-4444-55555555555a", "rocky",
		    "rhel", "8.9" },
		{ "rhel", "", "redhat", "rhel", "7.9" },
		{ "oracle", "", "oracle", "rhel", "8.7" },
		{ "amazon", "", "amazon", "rhel", "2" },
		{ "rawhide", "", "fedora", "fedora", "rawhide" },
		{ "suse", "", "opensuse-leap", "suse", "15.5" },
		{ "raspbian", "", "raspbian", "debian", "11.7" },
		{ "nonsense", "", "", "", "" },
		{ "no-such-host", "", "", "", "" },
	};
	size_t i;

	(void)state;
	bad = 0;
	for (i = 0; i < COUNT(table); i++) {
		char dir[64];
		struct sysinfo_host *info;

		snprintf(dir, sizeof(dir), HOSTS "%s", table[i].dir);
		info = read_host(dir);
		check_text(dir, table[i].uuid, info->host.uuid);
		check_text(dir, "linux", info->host.os_name);
		check_text(dir, table[i].platform, info->host.os_platform);
		check_text(dir, table[i].family, info->host.os_family);
		check_text(dir, table[i].version, info->host.os_version);
		sysinfo_free(info);
	}
	assert_int_equal(bad, 0);
}

static void
test_debian(void **state)
{
	struct sysinfo_host *info = read_host(HOSTS "debian");
	const struct rec_cpu *cpu = info->host.cpus.v;

	(void)state;
	bad = 0;
	check_text("kernel", "6.1.0-38-amd64", info->host.kernel_version);
	assert_int_equal(info->host.total_memory, 16318480LL * 1024);
	assert_int_equal(info->boot_ms, 1700000000000);
	assert_int_equal(info->host.cpus.n, 2);
	check_text("vendor", "GenuineIntel", cpu[0].vendor);
	check_text("family", "6", cpu[0].family);
	check_text("model", "85", cpu[0].model);
	check_text("physical id", "0", cpu[1].physical_id);
	check_text("core id", "0", cpu[0].core_id);
	check_text("core id", "1", cpu[1].core_id);
	assert_int_equal(cpu[0].mhz, 3500); /* the most, from /sys */
	assert_int_equal(cpu[1].mhz, 1200);
	assert_int_equal(cpu[1].number, 1);
	assert_int_equal(cpu[1].cores, 1);
	assert_int_equal(cpu[1].cache_size, 33792);
	assert_int_equal(bad, 0);
	sysinfo_free(info);
}

static void
test_arm(void **state)
{
	struct sysinfo_host *info = read_host(HOSTS "ubuntu");

	(void)state;
	bad = 0;
	assert_int_equal(info->host.cpus.n, 1);
	check_text("vendor", "ARM", info->host.cpus.v[0].vendor);
	check_text("model", "0xd0c", info->host.cpus.v[0].model);
	check_text("core id", "12", info->host.cpus.v[0].core_id);
	assert_int_equal(bad, 0);
	sysinfo_free(info);
}

static void
test_nonsense(void **state)
{
	struct sysinfo_host *info = read_host(HOSTS "nonsense");
	struct utsname uts;

	(void)state;
	bad = 0;
	assert_int_equal(uname(&uts), 0);
	check_text("kernel", uts.release, info->host.kernel_version);
	assert_int_equal(info->host.total_memory, 0);
	assert_int_equal(info->boot_ms, 0);
	assert_int_equal(bad, 0);
	sysinfo_free(info);
	sysinfo_free(NULL);
}

static void
write_file(const char *dir, const char *name, const char *text)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

/* No btime: the clock less the uptime. More CPUs than the record has. */
static void
test_made(void **state)
{
	char dir[] = "/tmp/test_sysinfo.XXXXXX", path[256];
	struct sysinfo_host *info;
	int64_t want;
	FILE *f;
	int i;

	(void)state;
	assert_non_null(mkdtemp(dir));
	write_file(dir, "uptime", "1000.50 1.0\n");
	snprintf(path, sizeof(path), "%s/cpuinfo", dir);
	f = fopen(path, "w");
	assert_non_null(f);
	for (i = 0; i < LIMIT_CPUS + 10; i++)
		fprintf(f,
		    "processor\t: %d\nvendor_id\t: %.*s\n"
		    "core id\t: %d\n\n",
		    i, 500,
		    "AuthenticAMD-AuthenticAMD-AuthenticAMD-AuthenticAMD-"
		    "AuthenticAMD-AuthenticAMD-AuthenticAMD-AuthenticAMD-"
		    "AuthenticAMD-AuthenticAMD-AuthenticAMD",
		    i / 2);
	fclose(f);

	info = sysinfo_new(dir, dir, dir);
	want = (int64_t)time(NULL) * 1000 - 1000500;
	assert_true(llabs(info->boot_ms - want) < 10000);
	assert_int_equal(info->host.cpus.n, LIMIT_CPUS);
	assert_int_equal(info->host.cpus.v[0].vendor.len, LIMIT_HOST_STRING);
	assert_ptr_equal(info->host.cpus.v[0].vendor.s,
	    info->host.cpus.v[LIMIT_CPUS - 1].vendor.s);
	bad = 0;
	check_text(
	    "core id", "2047", info->host.cpus.v[LIMIT_CPUS - 1].core_id);
	assert_int_equal(bad, 0);
	sysinfo_free(info);

	unlink(path);
	snprintf(path, sizeof(path), "%s/uptime", dir);
	unlink(path);
	rmdir(dir);
}

/* This machine, whatever it is. */
static void
test_here(void **state)
{
	struct sysinfo_host *info = sysinfo_new("/proc", "/sys", "/etc");

	(void)state;
	assert_true(info->host.cpus.n >= 1);
	assert_true(info->host.total_memory > 0);
	assert_true(info->boot_ms > 0);
	assert_true(info->host.kernel_version.len > 0);
	sysinfo_free(info);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_os),
		cmocka_unit_test(test_debian),
		cmocka_unit_test(test_arm),
		cmocka_unit_test(test_nonsense),
		cmocka_unit_test(test_made),
		cmocka_unit_test(test_here),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
