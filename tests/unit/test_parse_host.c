/* SPDX-License-Identifier: ISC
 *
 * The parsers of command lines, of links of open files and of what tells
 * about the host. Texts are parsed from memory that ends where they end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "collectord/parse.h"

#define COUNT(a)      (sizeof(a) / sizeof((a)[0]))
#define TEXT(literal) (literal), sizeof(literal) - 1

/* A copy with nothing readable behind it. Owned by the caller. */
static char *
exact(const char *text, size_t len)
{
	char *copy = malloc(len == 0 ? 1 : len);

	if (len > 0)
		memcpy(copy, text, len);
	return copy;
}

static int
differs(const char *what, const char *want, struct strview got)
{
	if (got.len == strlen(want) &&
	    (got.len == 0 || memcmp(got.s, want, got.len) == 0))
		return 0;
	print_message(
	    "%s: want [%s], got [%.*s]\n", what, want, (int)got.len, got.s);
	return 1;
}

static void
test_cmdline(void **state)
{
	static const struct {
		const char *text;
		size_t len;
		uint32_t n;
		const char *want[4];
	} table[] = {
		{ TEXT(""), 0, { NULL } },
		{ TEXT("\0"), 0, { NULL } },
		{ TEXT("\0\0\0\0"), 0, { NULL } },
		{ TEXT("a\0"), 1, { "a" } },
		{ TEXT("a"), 1, { "a" } },
		{ TEXT("a\0b\0"), 2, { "a", "b" } },
		{ TEXT("a\0b"), 2, { "a", "b" } },
		{ TEXT("a\0\0b\0"), 3, { "a", "", "b" } },
		{ TEXT("\0a\0"), 2, { "", "a" } },
		{ TEXT("nginx: worker process\0\0\0\0\0"), 1,
		    { "nginx: worker process" } },
		{ TEXT("a\xff\n\0b c\0"), 2, { "a\xff\n", "b c" } },
	};
	struct parse_cmdline *out = malloc(sizeof(*out));
	int bad = 0;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(table); i++) {
		char *text = exact(table[i].text, table[i].len);
		uint32_t a;

		parse_cmdline(text, table[i].len, out);
		if (out->n != table[i].n) {
			print_message("[%s]: want %u arguments, got %u\n",
			    table[i].text, table[i].n, out->n);
			bad++;
		}
		for (a = 0; a < table[i].n && a < out->n; a++)
			bad += differs(
			    table[i].text, table[i].want[a], out->v[a]);
		assert_false(out->cut);
		free(text);
	}
	assert_int_equal(bad, 0);
	free(out);
}

static void
test_cmdline_bounds(void **state)
{
	struct parse_cmdline *out = malloc(sizeof(*out));
	size_t len = LIMIT_CMDLINE + 1, i;
	char *text = malloc(len);

	(void)state;
	/* One long argument: as much as may be, then one byte more. */
	memset(text, 'a', len);
	parse_cmdline(text, len - 1, out);
	assert_int_equal(out->n, 1);
	assert_int_equal(out->v[0].len, LIMIT_CMDLINE);
	assert_false(out->cut);
	parse_cmdline(text, len, out);
	assert_int_equal(out->v[0].len, LIMIT_CMDLINE);
	assert_true(out->cut);

	/* Its NUL is not part of it, and padding is not either. */
	text[len - 1] = '\0';
	parse_cmdline(text, len, out);
	assert_int_equal(out->v[0].len, LIMIT_CMDLINE);
	assert_false(out->cut);
	memset(text + 1, '\0', len - 1);
	parse_cmdline(text, len, out);
	assert_int_equal(out->n, 1);
	assert_int_equal(out->v[0].len, 1);
	assert_false(out->cut);

	/* LIMIT_ARGS are kept apart, one more is joined to the last. */
	for (i = 0; i < len; i++)
		text[i] = i % 2 == 0 ? 'a' : '\0';
	parse_cmdline(text, LIMIT_ARGS * 2, out);
	assert_int_equal(out->n, LIMIT_ARGS);
	assert_int_equal(out->v[LIMIT_ARGS - 1].len, 1);
	parse_cmdline(text, LIMIT_ARGS * 2 + 2, out);
	assert_int_equal(out->n, LIMIT_ARGS);
	assert_int_equal(out->v[LIMIT_ARGS - 1].len, 3);
	assert_memory_equal(out->v[LIMIT_ARGS - 1].s, "a\0a", 3);
	free(text);
	free(out);
}

static void
test_net_namespace(void **state)
{
	static const struct {
		const char *text;
		uint64_t want;
	} table[] = {
		{ "net:[4026531840]", 4026531840 },
		{ "net:[1]", 1 },
		{ "net:[]", 0 },
		{ "net:[12", 0 },
		{ "net:[12]x", 0 },
		{ "net:[-1]", 0 },
		{ "mnt:[4026531840]", 0 },
		{ "net:", 0 },
		{ "net", 0 },
		{ "", 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(table); i++) {
		size_t len = strlen(table[i].text);
		char *text = exact(table[i].text, len);
		uint64_t got = parse_net_namespace(text, len);

		free(text);
		if (got != table[i].want)
			fail_msg("%s: got %llu, want %llu", table[i].text,
			    (unsigned long long)got,
			    (unsigned long long)table[i].want);
	}
}

static void
test_file_kind(void **state)
{
	static const struct {
		const char *text;
		enum file_kind want;
	} table[] = {
		{ "/etc/passwd", FILE_KIND_PATH },
		{ "/", FILE_KIND_PATH },
		{ "/dev/pts/0", FILE_KIND_PATH },
		{ "/tmp/socket:[1]", FILE_KIND_PATH },
		{ "/tmp/x (deleted)", FILE_KIND_DELETED },
		{ "/memfd:x (deleted)", FILE_KIND_DELETED },
		{ "/tmp/ (deleted) x", FILE_KIND_PATH },
		{ "socket:[12345]", FILE_KIND_SOCKET },
		{ "pipe:[12345]", FILE_KIND_PIPE },
		{ "anon_inode:[eventfd]", FILE_KIND_ANON },
		{ "anon_inode:inotify", FILE_KIND_ANON },
		{ "net:[4026531840]", FILE_KIND_OTHER },
		{ "socket:", FILE_KIND_OTHER },
		{ "", FILE_KIND_OTHER },
	};
	int bad = 0;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(table); i++) {
		size_t len = strlen(table[i].text);
		char *text = exact(table[i].text, len);
		enum file_kind got = parse_file_kind(text, len);

		if (got != table[i].want) {
			print_message("[%s]: want %d, got %d\n", table[i].text,
			    (int)table[i].want, (int)got);
			bad++;
		}
		free(text);
	}
	assert_int_equal(bad, 0);
}

static int
btime(const char *buf, size_t len, uint64_t *out)
{
	int64_t v = 0;
	int rc = parse_btime(buf, len, &v);

	*out = (uint64_t)v;
	return rc;
}

static void
test_numbers(void **state)
{
	static const struct {
		int (*parse)(const char *, size_t, uint64_t *);
		const char *text;
		int rc;
		uint64_t want;
	} table[] = {
		{ btime, "cpu  1 2 3\nintr 9 9\nctxt 1\nbtime 1700000000\n", 0,
		    1700000000 },
		{ btime, "btime 1700000000", 0, 1700000000 },
		{ btime, "xbtime 1\n", -1, 0 },
		{ btime, "btime \n", -1, 0 },
		{ btime, "btime 99999999999999999999\n", -1, 0 },
		{ btime, "", -1, 0 },
		{ parse_uptime, "12345.67 9.9\n", 0, 12345670 },
		{ parse_uptime, "0.00 0.00\n", 0, 0 },
		{ parse_uptime, "5", 0, 5000 },
		{ parse_uptime, "5.123456789", 0, 5123 },
		{ parse_uptime, "99999999999.0 1\n", -1, 0 },
		{ parse_uptime, "x", -1, 0 },
		{ parse_uptime, "", -1, 0 },
		{ parse_memtotal, "MemTotal:   16384 kB\nMemFree: 1 kB\n", 0,
		    16384 * 1024 },
		{ parse_memtotal, "MemFree: 1 kB\nMemTotal: 2 kB", 0, 2048 },
		{ parse_memtotal, "MemTotal: x kB\n", -1, 0 },
		{ parse_memtotal, "SMemTotal: 1 kB\n", -1, 0 },
		{ parse_memtotal, "", -1, 0 },
		{ parse_number, "3600000\n", 0, 3600000 },
		{ parse_number, " 7", 0, 7 },
		{ parse_number, "max\n", -1, 0 },
		{ parse_number, "", -1, 0 },
	};
	int bad = 0;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(table); i++) {
		size_t len = strlen(table[i].text);
		char *text = exact(table[i].text, len);
		uint64_t got = 0;
		int rc = table[i].parse(text, len, &got);

		if (rc != table[i].rc || (rc == 0 && got != table[i].want)) {
			print_message("[%s]: want %d %llu, got %d %llu\n",
			    table[i].text, table[i].rc,
			    (unsigned long long)table[i].want, rc,
			    (unsigned long long)got);
			bad++;
		}
		free(text);
	}
	assert_int_equal(bad, 0);
}

#define X86(number, core)                                                   \
	"processor\t: " number "\nvendor_id\t: GenuineIntel\n"              \
	"cpu family\t: 6\nmodel\t\t: 85\nmodel name\t: Intel(R) Xeon\n"     \
	"cpu MHz\t\t: 2596.098\ncache size\t: 33792 KB\nphysical id\t: 1\n" \
	"core id\t\t: " core "\ncpu cores\t: 16\nflags\t\t: fpu vme\n\n"

static void
test_cpuinfo(void **state)
{
	/* The last CPU of each text. */
	static const struct {
		const char *text;
		uint32_t n;
		const char *vendor, *family, *model, *physical_id, *core_id;
		int32_t number, cores, cache_size;
		int64_t mhz;
	} table[] = {
		{ X86("0", "3"), 1, "GenuineIntel", "6", "85", "1", "3", 0, 1,
		    33792, 2596 },
		{ X86("0", "3") X86("7", "4"), 2, "GenuineIntel", "6", "85",
		    "1", "4", 7, 1, 33792, 2596 },
		{ "processor\t: 2\nBogoMIPS\t: 50.00\nFeatures\t: fp asimd\n"
		  "CPU implementer\t: 0x41\nCPU architecture: 8\n"
		  "CPU variant\t: 0x3\nCPU part\t: 0xd0c\nCPU revision\t: 1\n",
		    1, "ARM", "", "0xd0c", "", "", 2, 1, 0, 0 },
		{ "processor\t: 0\nCPU implementer\t: 0x99\n", 1, "0x99", "",
		    "", "", "", 0, 1, 0, 0 },
		{ "vendor_id       : IBM/S390\n# processors    : 2\n"
		  "bogomips per cpu: 3241.00\nmax thread id   : 0\n"
		  "processor 0: version = 00,  identification = 2733E8,  "
		  "machine = 2964\n"
		  "processor 1: version = 00,  identification = 2733E9,  "
		  "machine = 2964\n\n"
		  "cpu number      : 0\nphysical id     : 2\n\n"
		  "cpu number      : 1\nphysical id     : 3\ncore id : 4\n"
		  "cpu MHz dynamic : 5000\ncpu MHz static  : 5200\n"
		  "cpu number      : 9\nphysical id     : 7\n",
		    2, "IBM/S390", "", "2964", "3", "4", 1, 1, 0, 5200 },
		{ "processor\t: 8\ncpu\t\t: POWER9 (architected), altivec\n"
		  "clock\t\t: 2300.000000MHz\n",
		    1, "IBM", "POWER", "POWER9", "", "", 8, 1, 0, 2300 },
		{ "processor\t: 99999999999\nvendor_id:\ncpu MHz : -1\n", 1, "",
		    "", "", "", "", INT32_MAX, 1, 0, 0 },
	};
	struct rec_cpu cpus[4];
	int bad = 0;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(table); i++) {
		size_t len = strlen(table[i].text);
		char *text = exact(table[i].text, len);
		uint32_t n = parse_cpuinfo(text, len, cpus, COUNT(cpus));
		struct rec_cpu *cpu = &cpus[n - 1];

		assert_int_equal(n, table[i].n);
		bad += differs("vendor", table[i].vendor, cpu->vendor);
		bad += differs("family", table[i].family, cpu->family);
		bad += differs("model", table[i].model, cpu->model);
		bad += differs("core id", table[i].core_id, cpu->core_id);
		bad += differs(
		    "physical id", table[i].physical_id, cpu->physical_id);
		assert_int_equal(cpu->number, table[i].number);
		assert_int_equal(cpu->cores, table[i].cores);
		assert_int_equal(cpu->cache_size, table[i].cache_size);
		assert_int_equal(cpu->mhz, table[i].mhz);
		free(text);
	}
	assert_int_equal(bad, 0);
	assert_int_equal(parse_cpuinfo("", 0, cpus, COUNT(cpus)), 0);
	assert_int_equal(
	    parse_cpuinfo(TEXT(X86("0", "0") X86("1", "1")), cpus, 1), 1);
}

static void
test_os_release(void **state)
{
	static const struct {
		const char *text, *id, *version;
	} table[] = {
		{ "ID=debian\nVERSION_ID=\"12\"\n", "debian", "12" },
		{ "PRETTY_NAME=\"x\"\nVERSION_ID='22.04'\nID=\"ubuntu\"",
		    "ubuntu", "22.04" },
		{ "VARIANT_ID=x\nID_LIKE=y\nID=arch\n", "arch", "" },
		{ "ID=\"\nVERSION_ID=\"\"\n", "\"", "" },
		{ "#ID=a\n\n=\n", "", "" },
		{ "", "", "" },
	};
	struct parse_os_release os;
	int bad = 0;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(table); i++) {
		size_t len = strlen(table[i].text);
		char *text = exact(table[i].text, len);

		parse_os_release(text, len, &os);
		bad += differs(table[i].text, table[i].id, os.id);
		bad += differs(table[i].text, table[i].version, os.version_id);
		free(text);
	}
	assert_int_equal(bad, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cmdline),
		cmocka_unit_test(test_cmdline_bounds),
		cmocka_unit_test(test_file_kind),
		cmocka_unit_test(test_net_namespace),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_cpuinfo),
		cmocka_unit_test(test_os_release),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
