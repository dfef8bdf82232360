/* SPDX-License-Identifier: ISC
 *
 * What the tests of encoding share: a host, records, and the way from a
 * snapshot to messages and back.
 */
#ifndef TESTS_ENCODE_HELP_H
#define TESTS_ENCODE_HELP_H

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

static inline struct rec_process
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

static inline struct encode_host *
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
		.total_memory = 1 << 30,
		.container_host = HOST_SIDECAR };
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
static inline Agent__CollectorProc *
open_full(const struct payload *p)
{
	return agent__collector_proc__unpack(NULL, p->len - PAYLOAD_HEADER,
	    (const uint8_t *)p->data + PAYLOAD_HEADER);
}

static inline Agent__CollectorRealTime *
open_real_time(const struct payload *p)
{
	return agent__collector_real_time__unpack(NULL, p->len - PAYLOAD_HEADER,
	    (const uint8_t *)p->data + PAYLOAD_HEADER);
}

static inline struct snapshot *
a_snapshot_of(enum snapshot_kind kind, enum snapshot_scope scope)
{
	struct rec_snapshot_begin begin = {
		.kind = kind, .scope = scope, .scan = 3, .wall_ms = 1234
	};

	return snapshot_new(&begin);
}

static inline struct snapshot *
a_snapshot(enum snapshot_kind kind)
{
	return a_snapshot_of(kind, SCOPE_ALL);
}

/* Makes the payloads and frees the snapshot. */
static inline uint32_t
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

static inline void
free_payloads(struct payload **payloads, uint32_t n)
{
	while (n > 0)
		payload_unref(payloads[--n]);
	free(payloads);
}

static inline void
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

#endif
