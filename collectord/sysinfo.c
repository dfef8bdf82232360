/* SPDX-License-Identifier: ISC
 *
 * Reads what the host is, once, and keeps it. The answers are those that
 * other programs which feed the same service give (machine ids, one record
 * per logical CPU), so that one host does not look like two.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "common/limits.h"
#include "common/log.h"
#include "parse.h"
#include "sysinfo.h"
#include "sysinfo_private.h"

/* A piece of the memory that holds the strings. */
struct sysinfo_chunk {
	struct sysinfo_chunk *next;
	size_t used;
	char bytes[2048];
};

int
sysinfo_read_file(const char *dir, const char *name, struct sysinfo_file *out)
{
	char path[LIMIT_PATH];
	size_t size = 0;
	ssize_t n;
	int fd;

	memset(out, 0, sizeof(*out));
	if (snprintf(path, sizeof(path), "%s/%s", dir, name) >=
	    (int)sizeof(path))
		return -1;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd == -1)
		return -1;
	do {
		if (out->len == size) {
			size = size == 0 ? 4096 : size * 2;
			out->text = xrealloc(out->text, size);
		}
		n = read(fd, out->text + out->len, size - out->len);
		if (n > 0)
			out->len += (size_t)n;
	} while ((n > 0 && out->len < LIMIT_HOST_FILE) ||
	    (n == -1 && errno == EINTR));
	close(fd);
	if (n >= 0)
		return 0;
	sysinfo_free_file(out);
	return -1;
}

void
sysinfo_free_file(struct sysinfo_file *file)
{
	free(file->text);
	memset(file, 0, sizeof(*file));
}

struct strview
sysinfo_first_line(const struct sysinfo_file *file)
{
	const char *p = file->text, *end;

	if (file->len == 0)
		return SV("");
	end = memchr(p, '\n', file->len);
	if (end == NULL)
		end = p + file->len;
	while (p < end && isspace((unsigned char)*p))
		p++;
	while (p < end && isspace((unsigned char)end[-1]))
		end--;
	return (struct strview){ p, (uint32_t)(end - p) };
}

struct strview
sysinfo_keep(struct sysinfo_host *info, struct strview sv)
{
	struct sysinfo_chunk *chunk = info->chunks;
	char *bytes;

	if (sv.len > LIMIT_HOST_STRING)
		sv.len = LIMIT_HOST_STRING;
	if (sv.len == 0)
		return SV("");
	if (chunk == NULL || sizeof(chunk->bytes) - chunk->used < sv.len) {
		chunk = xcalloc(1, sizeof(*chunk));
		chunk->next = info->chunks;
		info->chunks = chunk;
	}
	bytes = chunk->bytes + chunk->used;
	memcpy(bytes, sv.s, sv.len);
	chunk->used += sv.len;
	return (struct strview){ bytes, sv.len };
}

/* The first line of dir/name, kept; empty when there is none. */
static struct strview
keep_line(struct sysinfo_host *info, const char *dir, const char *name)
{
	struct sysinfo_file file;
	struct strview line;

	if (sysinfo_read_file(dir, name, &file) == -1)
		return SV("");
	line = sysinfo_keep(info, sysinfo_first_line(&file));
	sysinfo_free_file(&file);
	return line;
}

/* A systemd machine id in the form of a UUID: 8-4-4-4-12. */
static struct strview
keep_machine_id(struct sysinfo_host *info, const char *etc)
{
	struct strview id = keep_line(info, etc, "machine-id");
	char text[37];

	if (id.len != 32)
		return SV("");
	snprintf(text, sizeof(text), "%.8s-%.4s-%.4s-%.4s-%.12s", id.s,
	    id.s + 8, id.s + 12, id.s + 16, id.s + 20);
	return sysinfo_keep(
	    info, (struct strview){ text, (uint32_t)strlen(text) });
}

/* The board's id needs privilege; the boot's is only better than nothing. */
static void
read_uuid(struct sysinfo_host *info, const char *proc, const char *sys,
    const char *etc)
{
	struct strview id = keep_line(info, sys, "class/dmi/id/product_uuid");
	char text[LIMIT_HOST_STRING];
	uint32_t i;

	if (id.len == 0)
		id = keep_machine_id(info, etc);
	if (id.len == 0)
		id = keep_line(info, proc, "sys/kernel/random/boot_id");
	for (i = 0; i < id.len; i++)
		text[i] = (char)tolower((unsigned char)id.s[i]);
	info->host.uuid = sysinfo_keep(info, (struct strview){ text, id.len });
}

static void
read_kernel(struct sysinfo_host *info, const char *proc)
{
	struct utsname uts;

	info->host.kernel_version = keep_line(
	    info, proc, "sys/kernel/osrelease");
	if (info->host.kernel_version.len == 0 && uname(&uts) == 0)
		info->host.kernel_version = sysinfo_keep(info,
		    (struct strview){
			uts.release, (uint32_t)strlen(uts.release) });
}

/* What a file of one number says; 0 when it does not. */
static uint64_t
read_number(const char *dir, const char *name)
{
	struct sysinfo_file file;
	uint64_t v = 0;

	if (sysinfo_read_file(dir, name, &file) == -1)
		return 0;
	(void)parse_number(file.text, file.len, &v);
	sysinfo_free_file(&file);
	return v;
}

/* What cpuinfo does not tell, or tells as it is at the moment: MHz is the
 * most that the CPU can do. */
static void
complete_cpu(struct sysinfo_host *info, struct rec_cpu *cpu, const char *sys)
{
	char name[96];
	uint64_t khz;

	if (cpu->core_id.len == 0) {
		snprintf(name, sizeof(name),
		    "devices/system/cpu/cpu%d/topology/core_id", cpu->number);
		cpu->core_id = keep_line(info, sys, name);
	}
	snprintf(name, sizeof(name),
	    "devices/system/cpu/cpu%d/cpufreq/cpuinfo_max_freq", cpu->number);
	khz = read_number(sys, name);
	if (khz >= 1000 && khz <= UINT32_MAX)
		cpu->mhz = (int64_t)(khz / 1000);
}

/* Keeps sv, or takes what was kept for the CPU before when it is the same:
 * a thousand CPUs have one vendor. */
static struct strview
keep_once(
    struct sysinfo_host *info, struct strview sv, const struct strview *before)
{
	if (sv.len > LIMIT_HOST_STRING)
		sv.len = LIMIT_HOST_STRING;
	if (before != NULL && before->len == sv.len &&
	    (sv.len == 0 || memcmp(before->s, sv.s, sv.len) == 0))
		return *before;
	return sysinfo_keep(info, sv);
}

static void
read_cpus(struct sysinfo_host *info, const char *proc, const char *sys)
{
	struct rec_cpu *cpus, *before = NULL;
	struct sysinfo_file file;
	uint32_t n, i;

	if (sysinfo_read_file(proc, "cpuinfo", &file) == -1)
		return;
	cpus = xcalloc(LIMIT_CPUS, sizeof(*cpus));
	n = parse_cpuinfo(file.text, file.len, cpus, LIMIT_CPUS);
	for (i = 0; i < n; i++) {
		struct rec_cpu *cpu = &cpus[i];

		cpu->vendor = keep_once(
		    info, cpu->vendor, before ? &before->vendor : NULL);
		cpu->family = keep_once(
		    info, cpu->family, before ? &before->family : NULL);
		cpu->model = keep_once(
		    info, cpu->model, before ? &before->model : NULL);
		cpu->physical_id = keep_once(info, cpu->physical_id,
		    before ? &before->physical_id : NULL);
		cpu->core_id = keep_once(
		    info, cpu->core_id, before ? &before->core_id : NULL);
		complete_cpu(info, cpu, sys);
		before = cpu;
	}
	sysinfo_free_file(&file);
	info->host.cpus.v = xrealloc(cpus, (n + (size_t)1) * sizeof(*cpus));
	info->host.cpus.n = n;
}

static void
read_memory(struct sysinfo_host *info, const char *proc)
{
	struct sysinfo_file file;
	uint64_t bytes;

	if (sysinfo_read_file(proc, "meminfo", &file) == -1)
		return;
	if (parse_memtotal(file.text, file.len, &bytes) == 0 &&
	    bytes <= INT64_MAX)
		info->host.total_memory = (int64_t)bytes;
	sysinfo_free_file(&file);
}

/* The kernel's btime, else the clock less the time since boot. */
static void
read_boot_time(struct sysinfo_host *info, const char *proc)
{
	struct sysinfo_file file;
	struct timespec now;
	uint64_t up_ms;
	int64_t s;
	int rc = -1;

	if (sysinfo_read_file(proc, "stat", &file) == 0) {
		rc = parse_btime(file.text, file.len, &s);
		sysinfo_free_file(&file);
	}
	if (rc == 0) {
		info->boot_ms = s * 1000;
		return;
	}
	if (sysinfo_read_file(proc, "uptime", &file) == -1)
		return;
	if (parse_uptime(file.text, file.len, &up_ms) == 0 &&
	    clock_gettime(CLOCK_REALTIME, &now) == 0)
		info->boot_ms = (int64_t)now.tv_sec * 1000 +
		    now.tv_nsec / 1000000 - (int64_t)up_ms;
	sysinfo_free_file(&file);
}

struct sysinfo_host *
sysinfo_new(const char *proc, const char *sys, const char *etc)
{
	struct sysinfo_host *info = xcalloc(1, sizeof(*info));

	read_uuid(info, proc, sys, etc);
	sysinfo_read_os(info, etc);
	read_kernel(info, proc);
	read_cpus(info, proc, sys);
	read_memory(info, proc);
	read_boot_time(info, proc);
	return info;
}

void
sysinfo_free(struct sysinfo_host *info)
{
	struct sysinfo_chunk *chunk, *next;

	if (info == NULL)
		return;
	for (chunk = info->chunks; chunk != NULL; chunk = next) {
		next = chunk->next;
		free(chunk);
	}
	free(info->host.cpus.v);
	free(info);
}
