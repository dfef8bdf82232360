/* SPDX-License-Identifier: ISC
 *
 * Records into messages and back: every field where the intake expects it,
 * strings cleaned, groups of the right size, no message too large.
 */
#include "encode_help.h"

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
	assert_int_equal(payloads[0]->containers, 0);
	assert_int_equal(payloads[0]->type, PAYLOAD_PROC);
	m = open_full(payloads[0]);
	assert_non_null(m);
	assert_string_equal(m->hostname, "host.example");
	assert_int_equal(m->groupid, 77);
	assert_int_equal(m->groupsize, 1);
	assert_int_equal(
	    m->containerhosttype, AGENT__CONTAINER_HOST_TYPE__sidecar);
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
	assert_int_equal(
	    m->containerhosttype, AGENT__CONTAINER_HOST_TYPE__sidecar);
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
	struct rec_snapshot_begin nowhere = { .kind = SNAPSHOT_FULL,
		.scope = 2 };
	struct rec_container odd = { .stat = { .state = 99, .health = 99 } };
	struct rec_process nobody = { .stat = { .state = 99 } };
	struct encoder *enc = encoder_new();
	struct snapshot *s = a_snapshot(SNAPSHOT_FULL);
	struct encode_host *host = a_host(0);
	struct payload **payloads;
	Agent__CollectorProc *m;

	(void)state;
	assert_null(snapshot_new(&unknown));
	assert_null(snapshot_new(&nowhere));
	snapshot_add_container(s, enc, &odd);
	snapshot_add_process(s, enc, &nobody);
	assert_int_equal(make(s, host, &payloads), 1);
	m = open_full(payloads[0]);
	assert_non_null(m);
	assert_int_equal(m->n_processes, 1);
	assert_int_equal(m->processes[0]->state, AGENT__PROCESS_STATE__U);
	assert_int_equal(m->processes[0]->command->n_args, 0);
	assert_int_equal(m->n_containers, 1);
	assert_int_equal(m->containers[0]->state, 0);
	assert_int_equal(m->containers[0]->health, 0);
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
