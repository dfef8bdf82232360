/* SPDX-License-Identifier: ISC
 *
 * Records into messages and back: every field where the intake expects it,
 * strings cleaned, groups of the right size, no message too large.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent.pb-c.h"
#include "shipperd/snapshot.h"

#define BYTES(s) ((struct strview){ (s), sizeof(s) - 1 })

static const struct rec_process_stat a_stat = { .pid = 1,
	.create_time = 2,
	.state = STATE_SLEEPING,
	.rss = 4,
	.vms = 5,
	.swap = 6,
	.shared = 7,
	.text = 8,
	.lib = 9,
	.data = 10,
	.dirty = 11,
	.total_pct = 12.5f,
	.user_pct = 13.5f,
	.system_pct = 14.5f,
	.threads = 15,
	.nice = -16,
	.user_time = 17,
	.system_time = 18,
	.open_fds = -1,
	.read_rate = -1.0f,
	.write_rate = 21.5f,
	.read_bytes_rate = 22.5f,
	.write_bytes_rate = 23.5f,
	.voluntary_ctxt = 24,
	.involuntary_ctxt = 25,
	.container_id = BYTES("c0ffee") };

static struct strview some_args[] = { BYTES("a\xff"), BYTES(""),
	BYTES("-x\0y") };
static struct strview some_tags[] = { BYTES("k:v") };

static struct rec_process
a_process(void)
{
	return (struct rec_process){ .stat = a_stat,
		.args = { some_args, 3 },
		.comm = BYTES("comm"),
		.exe = BYTES("/exe\x80"),
		.cwd = BYTES("/cwd"),
		.root = BYTES("/"),
		.on_disk = true,
		.ppid = 30,
		.pgroup = 31,
		.uid = 32,
		.euid = 33,
		.suid = 34,
		.gid = 35,
		.egid = 36,
		.sgid = UINT32_MAX,
		.user = BYTES("joe"),
		.nspid = 37,
		.tags = { some_tags, 1 } };
}

static struct encode_host *
a_host(uint32_t n_cpus)
{
	struct rec_cpu *cpus = calloc(n_cpus + 1, sizeof(*cpus));
	struct rec_host rec = { .hostname = BYTES("host.example"),
		.uuid = BYTES("uuid"),
		.os_name = BYTES("linux"),
		.os_platform = BYTES("debian"),
		.os_family = BYTES("debian family"),
		.os_version = BYTES("12"),
		.kernel_version = BYTES("6.1"),
		.cpus = { cpus, n_cpus },
		.total_memory = 1 << 30 };
	struct encode_host *host;
	uint32_t i;

	for (i = 0; i < n_cpus; i++)
		cpus[i] = (struct rec_cpu){ .number = (int32_t)i,
			.vendor = BYTES("vendor"),
			.family = BYTES("6"),
			.model = BYTES("model\xfe"),
			.physical_id = BYTES("p"),
			.core_id = BYTES("c"),
			.cores = 1,
			.mhz = 3000,
			.cache_size = 512 };
	host = encode_host_new(&rec);
	free(cpus);
	return host;
}

/* The stored message, not compressed. */
static Agent__CollectorProc *
open_full(const struct payload *p)
{
	return agent__collector_proc__unpack(NULL, p->len - PAYLOAD_HEADER,
	    (const uint8_t *)p->data + PAYLOAD_HEADER);
}

static Agent__CollectorRealTime *
open_real_time(const struct payload *p)
{
	return agent__collector_real_time__unpack(NULL, p->len - PAYLOAD_HEADER,
	    (const uint8_t *)p->data + PAYLOAD_HEADER);
}

static struct snapshot *
a_snapshot(enum snapshot_kind kind)
{
	struct rec_snapshot_begin begin = {
		.kind = kind, .scan = 3, .wall_ms = 1234, .containers = 2
	};

	return snapshot_new(&begin);
}

/* Makes the payloads and frees the snapshot. */
static uint32_t
make(struct snapshot *s, const struct encode_host *host,
    struct payload ***payloads)
{
	struct payloader *payloader = payloader_new(PAYLOAD_PROTOBUF);
	uint32_t n = snapshot_make_payloads(
	    s, payloader, host, 77, 100, payloads);

	payloader_free(payloader);
	snapshot_free(s);
	return n;
}

static void
free_payloads(struct payload **payloads, uint32_t n)
{
	while (n > 0)
		payload_unref(payloads[--n]);
	free(payloads);
}

static void
check_numbers(const Agent__MemoryStat *m, const Agent__CPUStat *c,
    const Agent__IOStat *io)
{
	assert_int_equal(m->rss, 4);
	assert_int_equal(m->vms, 5);
	assert_int_equal(m->swap, 6);
	assert_int_equal(m->shared, 7);
	assert_int_equal(m->text, 8);
	assert_int_equal(m->lib, 9);
	assert_int_equal(m->data, 10);
	assert_int_equal(m->dirty, 11);
	assert_true(c->totalpct == 12.5f);
	assert_true(c->userpct == 13.5f);
	assert_true(c->systempct == 14.5f);
	assert_int_equal(c->numthreads, 15);
	assert_int_equal(c->nice, -16);
	assert_int_equal(c->usertime, 17);
	assert_int_equal(c->systemtime, 18);
	assert_true(io->readrate == -1.0f);
	assert_true(io->writerate == 21.5f);
	assert_true(io->readbytesrate == 22.5f);
	assert_true(io->writebytesrate == 23.5f);
}

static void
check_command(const Agent__Command *c)
{
	assert_int_equal(c->n_args, 3);
	assert_string_equal(c->args[0], "a\xef\xbf\xbd");
	assert_string_equal(c->args[1], "");
	assert_string_equal(c->args[2], "-x\xef\xbf\xbdy");
	assert_string_equal(c->comm, "comm");
	assert_string_equal(c->exe, "/exe\xef\xbf\xbd");
	assert_string_equal(c->cwd, "/cwd");
	assert_string_equal(c->root, "/");
	assert_true(c->ondisk);
	assert_int_equal(c->ppid, 30);
	assert_int_equal(c->pgroup, 31);
}

static void
check_process(const Agent__Process *p)
{
	assert_int_equal(p->pid, 1);
	assert_int_equal(p->createtime, 2);
	assert_int_equal(p->state, AGENT__PROCESS_STATE__S);
	assert_int_equal(p->openfdcount, -1);
	assert_string_equal(p->containerid, "c0ffee");
	assert_int_equal(p->voluntaryctxswitches, 24);
	assert_int_equal(p->involuntaryctxswitches, 25);
	assert_int_equal(p->nspid, 37);
	assert_int_equal(p->n_tags, 1);
	assert_string_equal(p->tags[0], "k:v");
	check_numbers(p->memory, p->cpu, p->iostat);
	check_command(p->command);
	assert_string_equal(p->user->name, "joe");
	assert_int_equal(p->user->uid, 32);
	assert_int_equal(p->user->euid, 33);
	assert_int_equal(p->user->suid, 34);
	assert_int_equal(p->user->gid, 35);
	assert_int_equal(p->user->egid, 36);
	assert_int_equal(p->user->sgid, -1);
}

static void
check_info(const Agent__SystemInfo *info)
{
	assert_string_equal(info->uuid, "uuid");
	assert_string_equal(info->os->name, "linux");
	assert_string_equal(info->os->platform, "debian");
	assert_string_equal(info->os->family, "debian family");
	assert_string_equal(info->os->version, "12");
	assert_string_equal(info->os->kernelversion, "6.1");
	assert_int_equal(info->totalmemory, 1 << 30);
	assert_int_equal(info->n_cpus, 2);
	assert_int_equal(info->cpus[1]->number, 1);
	assert_string_equal(info->cpus[1]->model, "model\xef\xbf\xbd");
	assert_int_equal(info->cpus[1]->mhz, 3000);
}

static void
test_full(void **state)
{
	struct encoder *enc = encoder_new();
	struct snapshot *s = a_snapshot(SNAPSHOT_FULL);
	struct encode_host *host = a_host(2);
	struct rec_process process = a_process();
	struct payload **payloads;
	Agent__CollectorProc *m;

	(void)state;
	snapshot_add_process(s, enc, &process);
	snapshot_add_stat(s, enc, &a_stat); /* not in a full one */
	assert_int_equal(make(s, host, &payloads), 1);
	assert_int_equal(payloads[0]->wall_ms, 1234);
	assert_int_equal(payloads[0]->containers, 2);
	m = open_full(payloads[0]);
	assert_non_null(m);
	assert_string_equal(m->hostname, "host.example");
	assert_int_equal(m->groupid, 77);
	assert_int_equal(m->groupsize, 1);
	assert_int_equal(m->n_processes, 1);
	check_process(m->processes[0]);
	check_info(m->info);
	agent__collector_proc__free_unpacked(m, NULL);
	free_payloads(payloads, 1);
	encode_host_free(host);
	encoder_free(enc);
}

static void
test_real_time(void **state)
{
	struct encoder *enc = encoder_new();
	struct snapshot *s = a_snapshot(SNAPSHOT_REALTIME);
	struct encode_host *host = a_host(2);
	struct rec_process process = a_process();
	struct payload **payloads;
	Agent__CollectorRealTime *m;
	Agent__ProcessStat *stat;

	(void)state;
	snapshot_add_stat(s, enc, &a_stat);
	snapshot_add_process(s, enc, &process); /* not in real time */
	assert_int_equal(make(s, host, &payloads), 1);
	m = open_real_time(payloads[0]);
	assert_non_null(m);
	assert_string_equal(m->hostname, "host.example");
	assert_int_equal(m->numcpus, 2);
	assert_int_equal(m->totalmemory, 1 << 30);
	assert_int_equal(m->groupid, 77);
	assert_int_equal(m->groupsize, 1);
	assert_int_equal(m->n_stats, 1);
	stat = m->stats[0];
	assert_int_equal(stat->pid, 1);
	assert_int_equal(stat->createtime, 2);
	assert_int_equal(stat->nice, -16);
	assert_int_equal(stat->threads, 15);
	assert_int_equal(stat->openfdcount, -1);
	assert_string_equal(stat->containerid, "c0ffee");
	assert_int_equal(stat->processstate, AGENT__PROCESS_STATE__S);
	assert_int_equal(stat->voluntaryctxswitches, 24);
	assert_int_equal(stat->involuntaryctxswitches, 25);
	check_numbers(stat->memory, stat->cpu, stat->iostat);
	agent__collector_real_time__free_unpacked(m, NULL);
	free_payloads(payloads, 1);
	encode_host_free(host);
	encoder_free(enc);
}

/* Every message says how many there are, and together they hold every
 * process once, in order. */
static void
check_group(uint32_t processes, uint32_t want)
{
	struct encoder *enc = encoder_new();
	struct snapshot *s = a_snapshot(SNAPSHOT_FULL);
	struct encode_host *host = a_host(2);
	struct rec_process process = a_process();
	struct payload **payloads;
	uint32_t i, n, seen = 0;
	size_t j;

	for (i = 0; i < processes; i++) {
		process.stat.pid = (int32_t)i;
		snapshot_add_process(s, enc, &process);
	}
	n = make(s, host, &payloads);
	if (n != want)
		fail_msg("%u processes: got %u messages, want %u", processes, n,
		    want);
	for (i = 0; i < n; i++) {
		Agent__CollectorProc *m = open_full(payloads[i]);

		assert_non_null(m);
		assert_int_equal(m->groupid, 77);
		assert_int_equal(m->groupsize, n);
		check_info(m->info);
		for (j = 0; j < m->n_processes; j++)
			assert_int_equal(m->processes[j]->pid, seen++);
		agent__collector_proc__free_unpacked(m, NULL);
	}
	assert_int_equal(seen, processes);
	free_payloads(payloads, n);
	encode_host_free(host);
	encoder_free(enc);
}

static void
test_groups(void **state)
{
	(void)state;
	check_group(0, 0);
	check_group(1, 1);
	check_group(99, 1);
	check_group(100, 1);
	check_group(101, 2);
	check_group(200, 2);
	check_group(1000, 10);
}

/* Arguments of nothing but bad bytes, three times as long on the wire. */
static void
test_huge(void **state)
{
	enum {
		ARGS = 4096,
		BYTES_EACH = 250
	};
	static struct strview args[ARGS];
	struct encoder *enc = encoder_new();
	struct snapshot *s = a_snapshot(SNAPSHOT_FULL);
	struct encode_host *host = a_host(4000);
	struct rec_process process = a_process();
	char *bad = malloc(BYTES_EACH);
	struct payload **payloads;
	uint32_t i, n;

	(void)state;
	memset(bad, 0xff, BYTES_EACH);
	for (i = 0; i < ARGS; i++)
		args[i] = (struct strview){ bad, BYTES_EACH };
	process.args = (struct strviews){ args, ARGS };
	for (i = 0; i < 3; i++)
		snapshot_add_process(s, enc, &process);
	n = make(s, host, &payloads);
	assert_int_equal(n, 3);
	for (i = 0; i < n; i++) {
		Agent__CollectorProc *m = open_full(payloads[i]);
		Agent__Command *c;

		assert_in_range(payloads[i]->len, LIMIT_CHUNK_BYTES / 2,
		    PAYLOAD_HEADER + LIMIT_CHUNK_BYTES);
		assert_non_null(m);
		assert_int_equal(m->n_processes, 1);
		assert_int_equal(m->info->n_cpus, 4000);
		c = m->processes[0]->command;
		assert_in_range(c->n_args, 500, ARGS - 1);
		assert_string_equal(c->args[c->n_args - 1], "\xe2\x80\xa6");
		agent__collector_proc__free_unpacked(m, NULL);
	}
	free_payloads(payloads, n);
	encode_host_free(host);
	encoder_free(enc);
	free(bad);
}

/* Tags that no honest taggerd makes, larger than all room together. */
static void
test_huge_tags(void **state)
{
	enum {
		TAGS = 30,
		BYTES_EACH = 30000
	};
	static struct strview tags[TAGS];
	struct encoder *enc = encoder_new();
	struct rec_process process = a_process();
	char *bad = malloc(BYTES_EACH);
	struct buf out = { 0 };
	uint32_t i, n;

	(void)state;
	memset(bad, 0xff, BYTES_EACH);
	for (i = 0; i < TAGS; i++)
		tags[i] = (struct strview){ bad, BYTES_EACH };
	process.tags = (struct strviews){ tags, TAGS };
	n = encode_process(enc, &out, &process);
	assert_int_equal(n, out.len);
	assert_in_range(n, 1, LIMIT_CHUNK_BYTES - LIMIT_HEAD_BYTES);
	process.args.n = 0;
	n = encode_process(enc, &out, &process);
	assert_in_range(n, 1, LIMIT_CHUNK_BYTES - LIMIT_HEAD_BYTES);
	buf_free(&out);
	encoder_free(enc);
	free(bad);
}

static void
test_odd_input(void **state)
{
	struct rec_snapshot_begin unknown = { .kind = 3 };
	struct rec_process nobody = { .stat = { .state = 99 } };
	struct encoder *enc = encoder_new();
	struct snapshot *s = a_snapshot(SNAPSHOT_FULL);
	struct encode_host *host = a_host(0);
	struct payload **payloads;
	Agent__CollectorProc *m;

	(void)state;
	assert_null(snapshot_new(&unknown));
	snapshot_add_process(s, enc, &nobody);
	assert_int_equal(make(s, host, &payloads), 1);
	m = open_full(payloads[0]);
	assert_non_null(m);
	assert_int_equal(m->n_processes, 1);
	assert_int_equal(m->processes[0]->state, AGENT__PROCESS_STATE__U);
	assert_int_equal(m->processes[0]->command->n_args, 0);
	agent__collector_proc__free_unpacked(m, NULL);
	free_payloads(payloads, 1);
	encode_host_free(host);
	encoder_free(enc);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_real_time),
		cmocka_unit_test(test_groups),
		cmocka_unit_test(test_huge),
		cmocka_unit_test(test_huge_tags),
		cmocka_unit_test(test_odd_input),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
