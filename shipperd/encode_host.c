/* SPDX-License-Identifier: ISC
 *
 * The head of a message: who the host is and which group this is part of.
 * It is made once per message, from a copy of the last `host` record.
 */
#include <stdlib.h>
#include <string.h>

#include "encode.h"
#include "agent.pb-c.h"
#include "common/log.h"
#include "common/utf8.h"

static char *
text_new(struct strview s)
{
	char *p = xcalloc(1, 3 * (size_t)s.len + 1);

	utf8_clean(p, s.s, s.len);
	return p;
}

static void
fill_cpu(Agent__CPUInfo *w, const struct rec_cpu *cpu)
{
	agent__cpuinfo__init(w);
	w->number = cpu->number;
	w->vendor = text_new(cpu->vendor);
	w->family = text_new(cpu->family);
	w->model = text_new(cpu->model);
	w->physicalid = text_new(cpu->physical_id);
	w->coreid = text_new(cpu->core_id);
	w->cores = cpu->cores;
	w->mhz = cpu->mhz;
	w->cachesize = cpu->cache_size;
}

/* The result is protobuf-c's to free, like an unpacked message. */
static Agent__SystemInfo *
info_new(const struct rec_host *rec)
{
	Agent__SystemInfo *info = xcalloc(1, sizeof(*info));
	uint32_t i;

	agent__system_info__init(info);
	info->uuid = text_new(rec->uuid);
	info->totalmemory = rec->total_memory;
	info->os = xcalloc(1, sizeof(*info->os));
	agent__osinfo__init(info->os);
	info->os->name = text_new(rec->os_name);
	info->os->platform = text_new(rec->os_platform);
	info->os->family = text_new(rec->os_family);
	info->os->version = text_new(rec->os_version);
	info->os->kernelversion = text_new(rec->kernel_version);
	info->n_cpus = rec->cpus.n;
	if (rec->cpus.n > 0)
		info->cpus = xcalloc(rec->cpus.n, sizeof(Agent__CPUInfo *));
	for (i = 0; i < rec->cpus.n; i++) {
		info->cpus[i] = xcalloc(1, sizeof(**info->cpus));
		fill_cpu(info->cpus[i], &rec->cpus.v[i]);
	}
	return info;
}

static void
drop_cpus(Agent__SystemInfo *info)
{
	size_t i;

	for (i = 0; i < info->n_cpus; i++)
		agent__cpuinfo__free_unpacked(info->cpus[i], NULL);
	free(info->cpus);
	info->cpus = NULL;
	info->n_cpus = 0;
}

struct encode_host *
encode_host_new(const struct rec_host *rec)
{
	struct encode_host *host = xcalloc(1, sizeof(*host));

	host->hostname = text_new(rec->hostname);
	host->cpus = (int32_t)rec->cpus.n;
	host->total_memory = rec->total_memory;
	host->container_host = (enum container_host)rec->container_host;
	host->info = info_new(rec);
	/* The name and the numbers beside it take less than 1 KiB. */
	if (agent__system_info__get_packed_size(host->info) + 1024 >
	    LIMIT_HEAD_BYTES)
		drop_cpus(host->info);
	return host;
}

void
encode_host_free(struct encode_host *host)
{
	if (host == NULL)
		return;
	agent__system_info__free_unpacked(host->info, NULL);
	free(host->hostname);
	free(host);
}

static void
append_message(struct buf *out, const ProtobufCMessage *message)
{
	size_t size = protobuf_c_message_get_packed_size(message);
	uint8_t *packed = xcalloc(1, size + 1);

	protobuf_c_message_pack(message, packed);
	buf_append(out, packed, size);
	free(packed);
}

static Agent__ContainerHostType
wire_container_host(const struct encode_host *host)
{
	return host->container_host <= HOST_SIDECAR
	    ? (Agent__ContainerHostType)host->container_host
	    : AGENT__CONTAINER_HOST_TYPE__notSpecified;
}

static void
append_full(struct buf *out, const struct encode_host *host, int32_t group_id,
    int32_t group_size)
{
	Agent__CollectorProc w = AGENT__COLLECTOR_PROC__INIT;

	w.hostname = host->hostname;
	w.info = host->info;
	w.groupid = group_id;
	w.groupsize = group_size;
	w.containerhosttype = wire_container_host(host);
	append_message(out, &w.base);
}

static void
append_realtime(struct buf *out, const struct encode_host *host,
    int32_t group_id, int32_t group_size)
{
	Agent__CollectorRealTime w = AGENT__COLLECTOR_REAL_TIME__INIT;

	w.hostname = host->hostname;
	w.groupid = group_id;
	w.groupsize = group_size;
	w.numcpus = host->cpus;
	w.totalmemory = host->total_memory;
	w.containerhosttype = wire_container_host(host);
	append_message(out, &w.base);
}

static void
append_container(struct buf *out, const struct encode_host *host,
    int32_t group_id, int32_t group_size)
{
	Agent__CollectorContainer w = AGENT__COLLECTOR_CONTAINER__INIT;

	w.hostname = host->hostname;
	w.info = host->info;
	w.groupid = group_id;
	w.groupsize = group_size;
	w.containerhosttype = wire_container_host(host);
	append_message(out, &w.base);
}

static void
append_container_realtime(struct buf *out, const struct encode_host *host,
    int32_t group_id, int32_t group_size)
{
	Agent__CollectorContainerRealTime
	    w = AGENT__COLLECTOR_CONTAINER_REAL_TIME__INIT;

	w.hostname = host->hostname;
	w.groupid = group_id;
	w.groupsize = group_size;
	w.numcpus = host->cpus;
	w.totalmemory = host->total_memory;
	w.containerhosttype = wire_container_host(host);
	append_message(out, &w.base);
}

void
encode_head(struct buf *out, enum payload_type type,
    const struct encode_host *host, int32_t group_id, int32_t group_size)
{
	switch (type) {
	case PAYLOAD_PROC:
		append_full(out, host, group_id, group_size);
		return;
	case PAYLOAD_REALTIME:
		append_realtime(out, host, group_id, group_size);
		return;
	case PAYLOAD_CONTAINER:
		append_container(out, host, group_id, group_size);
		return;
	case PAYLOAD_CONTAINER_REALTIME:
		append_container_realtime(out, host, group_id, group_size);
		return;
	case PAYLOAD_RESPONSE:
		return;
	}
}
