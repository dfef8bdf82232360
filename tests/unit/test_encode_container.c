/* SPDX-License-Identifier: ISC
 *
 * Containers into messages and back: every field where the intake expects
 * it, both scopes, processes beside their container.
 */
#include "encode_help.h"

static const struct rec_container_stat a_container_stat = { .id = BYTES(
								"c0ffee"),
	.state = CONTAINER_PAUSED,
	.health = HEALTH_UNHEALTHY,
	.total_pct = 1.5f,
	.user_pct = 2.5f,
	.system_pct = 3.5f,
	.cpu_usage_ns = 4.5f,
	.cpu_limit = 5.5f,
	.cpu_request = 6.5f,
	.mem_rss = 7,
	.mem_cache = 8,
	.mem_usage = 9,
	.mem_accounted = 10,
	.mem_limit = 11,
	.mem_request = 12,
	.read_bytes_rate = 13.5f,
	.write_bytes_rate = 14.5f,
	.net_received = 15.5f,
	.net_sent = 16.5f,
	.net_received_bytes = 17.5f,
	.net_sent_bytes = 18.5f,
	.started = 19,
	.threads = 20,
	.thread_limit = 21,
	.hidden = HIDDEN_CONTAINER_CPU };

static struct rec_address some_addresses[] = {
	{ .ip = BYTES("10.0.0.1"), .port = 80, .protocol = ADDRESS_UDP },
	{ .ip = BYTES("::1"), .port = 443, .protocol = ADDRESS_TCP },
};

static struct rec_container
a_container(void)
{
	return (struct rec_container){ .stat = a_container_stat,
		.type = BYTES("docker"),
		.created = 22,
		.name = BYTES("web"),
		.image = BYTES("nginx"),
		.repo_digest = BYTES("sha\xff"),
		.addresses = { some_addresses, 2 },
		.tags = { some_tags, 1 } };
}

/* The figures of both messages have the same names, but two. */
#define CHECK_FIGURES(w)                                  \
	do {                                              \
		assert_string_equal((w)->id, "c0ffee");   \
		assert_int_equal((w)->state, 4);          \
		assert_int_equal((w)->health, 3);         \
		assert_true((w)->totalpct == 1.5f);       \
		assert_true((w)->userpct == 2.5f);        \
		assert_true((w)->systempct == 3.5f);      \
		assert_true((w)->cpuusagens == 4.5f);     \
		assert_true((w)->cpulimit == 5.5f);       \
		assert_true((w)->cpurequest == 6.5f);     \
		assert_int_equal((w)->memrss, 7);         \
		assert_int_equal((w)->memcache, 8);       \
		assert_int_equal((w)->memusage, 9);       \
		assert_int_equal((w)->memaccounted, 10);  \
		assert_int_equal((w)->memoryrequest, 12); \
		assert_true((w)->rbps == 13.5f);          \
		assert_true((w)->wbps == 14.5f);          \
		assert_true((w)->netrcvdps == 15.5f);     \
		assert_true((w)->netsentps == 16.5f);     \
		assert_true((w)->netrcvdbps == 17.5f);    \
		assert_true((w)->netsentbps == 18.5f);    \
		assert_int_equal((w)->started, 19);       \
		assert_int_equal((w)->threadcount, 20);   \
		assert_int_equal((w)->threadlimit, 21);   \
	} while (0)

static void
check_container(const Agent__Container *w)
{
	CHECK_FIGURES(w);
	assert_int_equal(w->memorylimit, 11);
	assert_string_equal(w->type, "docker");
	assert_int_equal(w->created, 22);
	assert_string_equal(w->repodigest, "sha\xef\xbf\xbd");
	assert_int_equal(w->n_tags, 1);
	assert_string_equal(w->tags[0], "k:v");
	assert_int_equal(w->n_addresses, 2);
	assert_string_equal(w->addresses[0]->ip, "10.0.0.1");
	assert_int_equal(w->addresses[0]->port, 80);
	assert_int_equal(
	    w->addresses[0]->protocol, AGENT__CONNECTION_TYPE__udp);
	assert_string_equal(w->addresses[1]->ip, "::1");
	assert_int_equal(
	    w->addresses[1]->protocol, AGENT__CONNECTION_TYPE__tcp);
}

static void
check_container_stat(const Agent__ContainerStat *w)
{
	CHECK_FIGURES(w);
	assert_int_equal(w->memlimit, 11);
}

/* Adds all four kinds of record; the snapshot takes what is its own. */
static void
add_all(struct snapshot *s)
{
	struct encoder *enc = encoder_new();
	struct rec_container container = a_container();
	struct rec_process process = a_process();

	snapshot_add_container(s, enc, &container);
	snapshot_add_container_stat(s, enc, &a_container_stat);
	snapshot_add_process(s, enc, &process);
	snapshot_add_stat(s, enc, &a_stat);
	encoder_free(enc);
}

static void
test_container_full(void **state)
{
	struct snapshot *s = a_snapshot(SNAPSHOT_FULL);
	struct encode_host *host = a_host(2);
	struct payload **payloads;
	Agent__CollectorProc *m;

	(void)state;
	add_all(s);
	assert_int_equal(make(s, host, &payloads), 1);
	assert_int_equal(payloads[0]->containers, 1);
	m = open_full(payloads[0]);
	assert_non_null(m);
	assert_int_equal(m->n_containers, 1);
	check_container(m->containers[0]);
	assert_int_equal(m->n_processes, 1);
	assert_int_equal(m->processes[0]->pid, 1);
	agent__collector_proc__free_unpacked(m, NULL);
	free_payloads(payloads, 1);
	encode_host_free(host);
}

static void
test_container_real_time(void **state)
{
	struct snapshot *s = a_snapshot(SNAPSHOT_REALTIME);
	struct encode_host *host = a_host(2);
	struct payload **payloads;
	Agent__CollectorRealTime *m;

	(void)state;
	add_all(s);
	assert_int_equal(make(s, host, &payloads), 1);
	assert_int_equal(payloads[0]->containers, 1);
	m = open_real_time(payloads[0]);
	assert_non_null(m);
	assert_int_equal(m->n_containerstats, 1);
	check_container_stat(m->containerstats[0]);
	assert_int_equal(m->n_stats, 1);
	agent__collector_real_time__free_unpacked(m, NULL);
	free_payloads(payloads, 1);
	encode_host_free(host);
}

static void
test_containers_only(void **state)
{
	struct snapshot *s = a_snapshot_of(SNAPSHOT_FULL, SCOPE_CONTAINERS);
	struct encode_host *host = a_host(2);
	struct payload **payloads;
	Agent__CollectorContainer *m;

	(void)state;
	add_all(s);
	assert_int_equal(make(s, host, &payloads), 1);
	assert_int_equal(payloads[0]->type, PAYLOAD_CONTAINER);
	assert_int_equal(payloads[0]->containers, 1);
	m = agent__collector_container__unpack(NULL,
	    payloads[0]->len - PAYLOAD_HEADER,
	    (const uint8_t *)payloads[0]->data + PAYLOAD_HEADER);
	assert_non_null(m);
	assert_string_equal(m->hostname, "host.example");
	assert_int_equal(m->groupid, 77);
	assert_int_equal(m->groupsize, 1);
	assert_int_equal(
	    m->containerhosttype, AGENT__CONTAINER_HOST_TYPE__sidecar);
	check_info(m->info);
	assert_int_equal(m->n_containers, 1);
	check_container(m->containers[0]);
	agent__collector_container__free_unpacked(m, NULL);
	free_payloads(payloads, 1);
	encode_host_free(host);
}

static void
test_containers_only_real_time(void **state)
{
	struct snapshot *s = a_snapshot_of(SNAPSHOT_REALTIME, SCOPE_CONTAINERS);
	struct encode_host *host = a_host(2);
	struct payload **payloads;
	Agent__CollectorContainerRealTime *m;

	(void)state;
	add_all(s);
	assert_int_equal(make(s, host, &payloads), 1);
	assert_int_equal(payloads[0]->type, PAYLOAD_CONTAINER_REALTIME);
	m = agent__collector_container_real_time__unpack(NULL,
	    payloads[0]->len - PAYLOAD_HEADER,
	    (const uint8_t *)payloads[0]->data + PAYLOAD_HEADER);
	assert_non_null(m);
	assert_string_equal(m->hostname, "host.example");
	assert_int_equal(m->groupid, 77);
	assert_int_equal(m->groupsize, 1);
	assert_int_equal(m->numcpus, 2);
	assert_int_equal(m->totalmemory, 1 << 30);
	assert_int_equal(
	    m->containerhosttype, AGENT__CONTAINER_HOST_TYPE__sidecar);
	assert_int_equal(m->n_stats, 1);
	check_container_stat(m->stats[0]);
	agent__collector_container_real_time__free_unpacked(m, NULL);
	free_payloads(payloads, 1);
	encode_host_free(host);
}

/* Three containers whose processes come mixed, with one that nobody knows:
 * each container's are in its message, and the header counts what is there. */
static void
test_riding(void **state)
{
	static const char *const ids[] = { "zz", "aa", "mm", "unknown", "" };
	enum {
		CONTAINERS = 3,
		EACH = 60
	};
	struct encoder *enc = encoder_new();
	struct snapshot *s = a_snapshot(SNAPSHOT_FULL);
	struct encode_host *host = a_host(2);
	struct rec_container container = a_container();
	struct rec_process process = a_process();
	struct payload **payloads;
	uint32_t i, n, processes = 0, containers = 0;
	size_t j;

	(void)state;
	for (i = 0; i < CONTAINERS; i++) {
		container.stat.id = strview_of(ids[i]);
		snapshot_add_container(s, enc, &container);
	}
	for (i = 0; i < 5 * EACH; i++) {
		process.stat.pid = (int32_t)i;
		process.stat.container_id = strview_of(ids[i % 5]);
		snapshot_add_process(s, enc, &process);
	}
	n = make(s, host, &payloads);
	assert_int_equal(n, 3); /* 60 + 40 three times */
	for (i = 0; i < n; i++) {
		Agent__CollectorProc *m = open_full(payloads[i]);

		assert_non_null(m);
		assert_int_equal(m->groupsize, n);
		assert_int_equal(m->n_containers, 1);
		assert_int_equal(payloads[i]->containers, 1);
		assert_int_equal(m->n_processes, 100);
		for (j = 0; j < m->n_processes; j++) {
			const char *id = m->processes[j]->containerid;

			if (strlen(id) == 2)
				assert_string_equal(id, m->containers[0]->id);
		}
		containers += (uint32_t)m->n_containers;
		processes += (uint32_t)m->n_processes;
		agent__collector_proc__free_unpacked(m, NULL);
	}
	assert_int_equal(containers, CONTAINERS);
	assert_int_equal(processes, 5 * EACH);
	free_payloads(payloads, n);
	encode_host_free(host);
	encoder_free(enc);
}

/* The largest container that a frame can hold, of bytes that become three
 * each, fits into a message with room for a head. */
static void
test_huge_container(void **state)
{
	enum {
		TAGS = 64
	};
	struct strview tags[TAGS];
	const uint32_t each = schema_permit(MSG_container)->bytes / TAGS;
	struct rec_container container = a_container();
	struct encoder *enc = encoder_new();
	struct buf frame = { 0 }, out = { 0 };
	char *bad = malloc(each);
	uint32_t i, n;

	(void)state;
	memset(bad, 0xff, each);
	for (i = 0; i < TAGS; i++)
		tags[i] = (struct strview){ bad, each };
	container.tags = (struct strviews){ tags, TAGS };
	/* It does not even fit into its frame. */
	assert_int_equal(schema_encode(&frame, MSG_container, &container), -1);
	n = encode_container(enc, &out, SCOPE_ALL, &container);
	assert_int_equal(n, out.len);
	assert_in_range(
	    n, 3 * TAGS * each, LIMIT_CHUNK_BYTES - LIMIT_HEAD_BYTES);
	buf_free(&frame);
	buf_free(&out);
	encoder_free(enc);
	free(bad);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_container_full),
		cmocka_unit_test(test_container_real_time),
		cmocka_unit_test(test_containers_only),
		cmocka_unit_test(test_containers_only_real_time),
		cmocka_unit_test(test_riding),
		cmocka_unit_test(test_huge_container),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
