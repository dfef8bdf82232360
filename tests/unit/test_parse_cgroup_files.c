/* SPDX-License-Identifier: ISC
 *
 * The files of a cgroup, and the interfaces of a network namespace. Texts
 * are parsed from memory that ends where they end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "collectord/parse_cgroup_files.h"
#include "collectord/parse_netdev.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define VALUES       4

/* Each parser's results as numbers in a row. */
typedef int parser(const char *buf, size_t len, uint64_t v[VALUES]);

static int
cpuacct(const char *buf, size_t len, uint64_t v[VALUES])
{
	return parse_cgroup_cpuacct(buf, len, &v[0], &v[1]);
}

static int
cpu_stat(const char *buf, size_t len, uint64_t v[VALUES])
{
	struct parse_cgroup_cpu cpu;
	int rc = parse_cgroup_cpu_stat(buf, len, &cpu);

	v[0] = cpu.usage;
	v[1] = cpu.user;
	v[2] = cpu.system;
	return rc;
}

static int
cpu_max(const char *buf, size_t len, uint64_t v[VALUES])
{
	return parse_cgroup_cpu_max(buf, len, &v[0], &v[1]);
}

static int
limit(const char *buf, size_t len, uint64_t v[VALUES])
{
	return parse_cgroup_limit(buf, len, &v[0]);
}

static int
memory_v1(const char *buf, size_t len, uint64_t v[VALUES])
{
	struct parse_cgroup_memory memory;
	int rc = parse_cgroup_memory_v1(buf, len, &memory);

	v[0] = memory.rss;
	v[1] = memory.cache;
	v[2] = memory.inactive;
	return rc;
}

static int
memory_v2(const char *buf, size_t len, uint64_t v[VALUES])
{
	struct parse_cgroup_memory memory;
	int rc = parse_cgroup_memory_v2(buf, len, &memory);

	v[0] = memory.rss;
	v[1] = memory.cache;
	v[2] = memory.inactive;
	return rc;
}

static int
blkio(const char *buf, size_t len, uint64_t v[VALUES])
{
	struct parse_cgroup_io io;

	parse_cgroup_blkio(buf, len, &io);
	v[0] = io.read;
	v[1] = io.write;
	return 0;
}

static int
io_stat(const char *buf, size_t len, uint64_t v[VALUES])
{
	struct parse_cgroup_io io;

	parse_cgroup_io_stat(buf, len, &io);
	v[0] = io.read;
	v[1] = io.write;
	return 0;
}

static int
cpus(const char *buf, size_t len, uint64_t v[VALUES])
{
	uint32_t count;
	int rc = parse_cgroup_cpus(buf, len, &count);

	v[0] = count;
	return rc;
}

static int
netdev(const char *buf, size_t len, uint64_t v[VALUES])
{
	struct parse_netdev net;
	int rc = parse_netdev(buf, len, &net);

	v[0] = net.received_bytes;
	v[1] = net.received;
	v[2] = net.sent_bytes;
	v[3] = net.sent;
	return rc;
}

#define HUGE "18446744073709551615"
#define NET_HEAD                                                   \
	"Inter-|   Receive                    |  Transmit\n"       \
	" face |bytes    packets errs drop fifo frame compressed " \
	"multicast|bytes    packets errs drop fifo colls carrier compressed\n"
#define NET_LO "    lo: 7 7 0 0 0 0 0 0 7 7 0 0 0 0 0 0\n"

static const struct test {
	const char *name;
	parser *parse;
	const char *text;
	int rc;
	uint64_t want[VALUES]; /* when rc is 0 */
} table[] = {
	{ "ticks", cpuacct, "user 6195\nsystem 773\n", 0, { 6195, 773 } },
	{ "ticks, no newline", cpuacct, "user 1\nsystem 2", 0, { 1, 2 } },
	{ "ticks, other lines", cpuacct, "x 9\nsystem 2\nuser 1\n", 0,
	    { 1, 2 } },
	{ "ticks, half", cpuacct, "user 1\n", -1, { 0 } },
	{ "ticks, no number", cpuacct, "user x\nsystem 2\n", -1, { 0 } },
	{ "ticks, longer name", cpuacct, "user_x 1\nsystem 2\n", -1, { 0 } },
	{ "ticks, empty", cpuacct, "", -1, { 0 } },

	{ "v2 CPU", cpu_stat,
	    "usage_usec 30\nuser_usec 20\nsystem_usec 10\nnice_usec 0\n", 0,
	    { 30, 20, 10 } },
	{ "v2 CPU, with periods", cpu_stat,
	    "usage_usec 3\nuser_usec 2\nsystem_usec 1\nnr_periods 5\n"
	    "nr_throttled 1\nthrottled_usec 9\n",
	    0, { 3, 2, 1 } },
	{ "v1's cpu.stat", cpu_stat,
	    "nr_periods 0\nnr_throttled 0\nthrottled_time 0\n", -1, { 0 } },

	{ "quota", cpu_max, "50000 100000\n", 0, { 50000, 100000 } },
	{ "no quota", cpu_max, "max 100000\n", 0, { 0, 100000 } },
	{ "quota alone", cpu_max, "50000\n", -1, { 0 } },
	{ "period 0", cpu_max, "50000 0\n", -1, { 0 } },
	{ "no number", cpu_max, "x 100000\n", -1, { 0 } },

	{ "bound", limit, "2147483648\n", 0, { 2147483648 } },
	{ "largest bound", limit, "1152921504606846976\n", 0,
	    { UINT64_C(1) << 60 } },
	{ "bound past 2^60", limit, "1152921504606846977\n", 0, { 0 } },
	{ "v1's none", limit, "9223372036854771712\n", 0, { 0 } },
	{ "bound that wraps", limit, "99999999999999999999999\n", 0, { 0 } },
	{ "negative", limit, "-1\n", 0, { 0 } },
	{ "max", limit, "max\n", 0, { 0 } },
	{ "zero", limit, "0\n", 0, { 0 } },
	{ "minus alone", limit, "-\n", -1, { 0 } },
	{ "empty", limit, "", -1, { 0 } },
	{ "text", limit, "none\n", -1, { 0 } },

	{ "v1 memory", memory_v1,
	    "cache 1\nrss 2\ninactive_file 3\ntotal_cache 10\ntotal_rss 20\n"
	    "total_inactive_file 30\n",
	    0, { 20, 10, 30 } },
	{ "v1 memory, own only", memory_v1,
	    "cache 1\nrss 2\nrss_huge 9\ninactive_file 3\n", 0, { 2, 1, 3 } },
	{ "v1 memory, below zero", memory_v1,
	    "total_cache 1\ntotal_rss 18446744073709547520\n", 0, { 0, 1 } },
	{ "v1 memory, no rss", memory_v1, "cache 1\n", -1, { 0 } },
	{ "v1 memory, v2's text", memory_v1, "anon 1\nfile 2\n", -1, { 0 } },

	{ "v2 memory", memory_v2,
	    "anon 20\nfile 10\nkernel 1\nfile_mapped 9\ninactive_file 5\n", 0,
	    { 20, 10, 5 } },
	{ "v2 memory, no file", memory_v2, "anon 20\nfile_x 10\n", -1, { 0 } },

	{ "v1 I/O", blkio,
	    "8:16 Read 1\n8:16 Write 2\n8:16 Sync 4\n8:16 Total 3\n"
	    "8:0 Read 10\n8:0 Write 20\n8:0 Total 30\nTotal 33\n",
	    0, { 11, 22 } },
	{ "v1 I/O, none", blkio, "Total 0\n", 0, { 0, 0 } },
	{ "v1 I/O, empty", blkio, "", 0, { 0, 0 } },
	{ "v1 I/O, sum too large", blkio,
	    "8:0 Read " HUGE "\n8:1 Read " HUGE "\n8:1 Write 1\n", 0,
	    { UINT64_MAX, 1 } },
	{ "v1 I/O, no numbers", blkio, "8:0 Read x\n8: Read 1\nRead 1\n", 0,
	    { 0, 0 } },

	{ "v2 I/O", io_stat,
	    "8:16 rbytes=1 wbytes=2 rios=8 wios=8 dbytes=8 dios=8\n"
	    "8:0 rbytes=10 wbytes=20 rios=8\n",
	    0, { 11, 22 } },
	{ "v2 I/O, device without figures", io_stat,
	    "7:0 \n7:1 8:0 rbytes=3 wbytes=4 rios=1\n", 0, { 3, 4 } },
	{ "v2 I/O, other names", io_stat,
	    "8:0 xrbytes=1 cost.usage=5 rbytes=2\n", 0, { 2, 0 } },
	{ "v2 I/O, empty", io_stat, "", 0, { 0, 0 } },

	{ "CPUs", cpus, "0-3,7\n", 0, { 5 } },
	{ "one CPU", cpus, "0\n", 0, { 1 } },
	{ "CPUs, no newline", cpus, "0,2,4", 0, { 3 } },
	{ "no CPUs", cpus, "\n", -1, { 0 } },
	{ "CPUs backwards", cpus, "3-1\n", -1, { 0 } },
	{ "half a range", cpus, "0-\n", -1, { 0 } },
	{ "half a list", cpus, "0,\n", -1, { 0 } },
	{ "CPUs and more", cpus, "0 1\n", -1, { 0 } },
	{ "all CPUs of all worlds", cpus, "0-18446744073709551615\n", -1,
	    { 0 } },

	{ "interfaces", netdev,
	    NET_HEAD NET_LO "  eth0: 100 10 1 1 1 1 1 1 200 20 1 1 1 1 1 1\n"
			    "  eth1: 1 2 0 0 0 0 0 0 3 4 0 0 0 0 0 0\n",
	    0, { 101, 12, 203, 24 } },
	{ "no blank behind the colon", netdev,
	    NET_HEAD "eth0:100 10 0 0 0 0 0 0 200 20 0 0 0 0 0 0\n", 0,
	    { 100, 10, 200, 20 } },
	{ "lo alone", netdev, NET_HEAD NET_LO, 0, { 0 } },
	{ "lo's neighbours", netdev,
	    "lo0: 1 2 0 0 0 0 0 0 3 4\nl: 1 2 0 0 0 0 0 0 3 4\n", 0,
	    { 2, 4, 6, 8 } },
	{ "short line", netdev, NET_LO "eth0: 1 2 3\n", 0, { 0 } },
	{ "sum too large", netdev,
	    "a: " HUGE " 1 0 0 0 0 0 0 1 1\nb: 5 1 0 0 0 0 0 0 1 1\n", 0,
	    { UINT64_MAX, 2, 2, 2 } },
	{ "headings alone", netdev, NET_HEAD, -1, { 0 } },
	{ "no text", netdev, "", -1, { 0 } },
};

static void
test_files(void **state)
{
	int bad = 0;
	size_t i, k;

	(void)state;
	for (i = 0; i < COUNT(table); i++) {
		const struct test *t = &table[i];
		size_t len = strlen(t->text);
		char *text = malloc(len == 0 ? 1 : len);
		uint64_t got[VALUES] = { 0 };
		int rc;

		assert_non_null(text);
		memcpy(text, t->text, len);
		rc = t->parse(text, len, got);
		if (rc != t->rc) {
			print_message(
			    "%s: want %d, got %d\n", t->name, t->rc, rc);
			bad++;
		}
		for (k = 0; rc == 0 && k < VALUES; k++)
			if (got[k] != t->want[k]) {
				print_message("%s: number %zu: want %" PRIu64
					      ", got %" PRIu64 "\n",
				    t->name, k, t->want[k], got[k]);
				bad++;
			}
		free(text);
	}
	assert_int_equal(bad, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_files) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
