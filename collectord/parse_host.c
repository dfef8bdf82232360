/* SPDX-License-Identifier: ISC
 *
 * Parsers of what the kernel and the distribution tell about the host. They
 * run once, on text that is root's, but a made-up tree may hold anything:
 * unknown lines are passed over and nonsense is empty or 0.
 */
#include <string.h>

#include "parse.h"
#include "parse_scan.h"

/* Takes the next line, without its newline. Returns false at the end. */
static bool
next_line(struct cursor *text, struct cursor *line)
{
	const char *eol;

	if (text->p == text->end)
		return false;
	eol = memchr(text->p, '\n', (size_t)(text->end - text->p));
	line->p = text->p;
	line->end = eol == NULL ? text->end : eol;
	text->p = eol == NULL ? text->end : eol + 1;
	return true;
}

/* Steps over `name` if the line starts with it. */
static bool
take_name(struct cursor *line, const char *name)
{
	size_t len = strlen(name);

	if ((size_t)(line->end - line->p) < len ||
	    memcmp(line->p, name, len) != 0)
		return false;
	line->p += len;
	return true;
}

int
parse_number(const char *buf, size_t len, uint64_t *out)
{
	struct cursor c = { buf, buf + len };

	skip_blanks(&c);
	return scan_u64(&c, out) ? 0 : -1;
}

int
parse_btime(const char *buf, size_t len, int64_t *out)
{
	struct cursor text = { buf, buf + len }, line;
	uint64_t v;

	while (next_line(&text, &line)) {
		if (!take_name(&line, "btime "))
			continue;
		/* Past year 9999 it is no time, and its ms overflow later. */
		if (!scan_u64(&line, &v) || v > 253402300799u)
			return -1;
		*out = (int64_t)v;
		return 0;
	}
	return -1;
}

int
parse_uptime(const char *buf, size_t len, uint64_t *out)
{
	struct cursor c = { buf, buf + len };
	uint64_t s, fraction = 0, unit = 100;

	if (!scan_u64(&c, &s) || s > UINT32_MAX)
		return -1;
	if (c.p < c.end && *c.p == '.') {
		for (c.p++; c.p < c.end && *c.p >= '0' && *c.p <= '9'; c.p++) {
			fraction += (uint64_t)(*c.p - '0') * unit;
			unit /= 10;
		}
	}
	*out = s * 1000 + fraction;
	return 0;
}

int
parse_memtotal(const char *buf, size_t len, uint64_t *out)
{
	struct cursor text = { buf, buf + len }, line;

	while (next_line(&text, &line)) {
		if (!take_name(&line, "MemTotal:"))
			continue;
		*out = scan_kilobytes(&line);
		return *out > 0 ? 0 : -1;
	}
	return -1;
}

static struct strview
trimmed(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	while (p < end && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	return (struct strview){ p, clamp_u32((uint64_t)(end - p)) };
}

static bool
is_text(const struct strview *sv, const char *text)
{
	size_t len = strlen(text);

	return sv->len == len && memcmp(sv->s, text, len) == 0;
}

static uint64_t
view_number(const struct strview *sv)
{
	struct cursor c = { sv->s, sv->s + sv->len };

	return scan_number(&c);
}

/* Who makes an arm CPU, by the code that its cpuinfo shows ("0x41"). */
static struct strview
arm_vendor(const struct strview *code)
{
	static const struct {
		const char *code;
		struct strview name;
	} vendors[] = {
		{ "0x41", { "ARM", 3 } },
		{ "0x42", { "Broadcom", 8 } },
		{ "0x43", { "Cavium", 6 } },
		{ "0x46", { "Fujitsu", 7 } },
		{ "0x48", { "HiSilicon", 9 } },
		{ "0x4e", { "NVIDIA", 6 } },
		{ "0x50", { "APM", 3 } },
		{ "0x51", { "Qualcomm", 8 } },
		{ "0x56", { "Marvell", 7 } },
		{ "0x61", { "Apple", 5 } },
		{ "0x69", { "Intel", 5 } },
		{ "0xc0", { "Ampere", 6 } },
	};
	size_t i;

	for (i = 0; i < sizeof(vendors) / sizeof(vendors[0]); i++)
		if (is_text(code, vendors[i].code))
			return vendors[i].name;
	return *code;
}

/* POWER says all in one: "cpu : POWER9 (architected), altivec supported". */
static void
fill_power(const struct strview *value, struct rec_cpu *cpu)
{
	const char *space;

	if (value->len < 5 || memcmp(value->s, "POWER", 5) != 0)
		return;
	space = memchr(value->s, ' ', value->len);
	cpu->vendor = SV("IBM");
	cpu->family = SV("POWER");
	cpu->model = *value;
	if (space != NULL)
		cpu->model.len = (uint32_t)(space - value->s);
}

static void
fill_cpu(
    const struct strview *key, const struct strview *value, struct rec_cpu *cpu)
{
	if (is_text(key, "vendor_id"))
		cpu->vendor = *value;
	else if (is_text(key, "CPU implementer"))
		cpu->vendor = arm_vendor(value);
	else if (is_text(key, "cpu family"))
		cpu->family = *value;
	else if (is_text(key, "model") || is_text(key, "CPU part"))
		cpu->model = *value;
	else if (is_text(key, "cpu"))
		fill_power(value, cpu);
	else if (is_text(key, "physical id"))
		cpu->physical_id = *value;
	else if (is_text(key, "core id"))
		cpu->core_id = *value;
	else if (is_text(key, "cpu MHz") || is_text(key, "clock") ||
	    is_text(key, "cpu MHz static"))
		cpu->mhz = clamp_i32(view_number(value));
	else if (is_text(key, "cache size"))
		cpu->cache_size = clamp_i32(view_number(value));
}

/* s390: "processor 0: version = FF,  identification = ..., machine = 2964" */
static void
fill_s390(const struct strview *value, struct rec_cpu *cpu)
{
	static const char name[] = "machine = ";
	const char *machine = memmem(
	    value->s, value->len, name, sizeof(name) - 1);

	if (machine != NULL)
		cpu->model = trimmed(
		    machine + sizeof(name) - 1, value->s + value->len);
}

/*
 * Starts a CPU when the line does that, and returns it; otherwise returns
 * the CPU that the line is about, NULL for none. s390 lists all its CPUs in
 * a line each and comes back to them later.
 */
static struct rec_cpu *
pick_cpu(const struct strview *key, const struct strview *value,
    struct rec_cpu *cpus, uint32_t *n, uint32_t max, struct rec_cpu *current)
{
	struct strview number = *value;
	uint32_t i;

	if (is_text(key, "cpu number")) {
		for (i = 0; i < *n; i++)
			if (cpus[i].number == clamp_i32(view_number(value)))
				return &cpus[i];
		return NULL;
	}
	if (!is_text(key, "processor") &&
	    (key->len < 10 || memcmp(key->s, "processor ", 10) != 0))
		return current;
	if (key->len > 9)
		number = (struct strview){ key->s + 9, key->len - 9 };
	if (*n == max)
		return NULL;
	current = &cpus[(*n)++];
	memset(current, 0, sizeof(*current));
	current->number = clamp_i32(view_number(&number));
	/* A record is one logical CPU, so that their sum is the host's. */
	current->cores = 1;
	if (key->len > 9)
		fill_s390(value, current);
	return current;
}

uint32_t
parse_cpuinfo(const char *buf, size_t len, struct rec_cpu *cpus, uint32_t max)
{
	struct cursor text = { buf, buf + len }, line;
	struct rec_cpu *cpu, all = { 0 }; /* said before the first CPU */
	uint32_t n = 0, i;

	cpu = &all;
	while (next_line(&text, &line)) {
		const char *colon = memchr(
		    line.p, ':', (size_t)(line.end - line.p));
		struct strview key, value;

		if (colon == NULL)
			continue;
		key = trimmed(line.p, colon);
		value = trimmed(colon + 1, line.end);
		cpu = pick_cpu(&key, &value, cpus, &n, max, cpu);
		if (cpu != NULL)
			fill_cpu(&key, &value, cpu);
	}
	for (i = 0; i < n; i++)
		if (cpus[i].vendor.len == 0)
			cpus[i].vendor = all.vendor;
	return n;
}

static struct strview
unquoted(const char *p, const char *end)
{
	struct strview sv = trimmed(p, end);

	if (sv.len >= 2 && (sv.s[0] == '"' || sv.s[0] == '\'') &&
	    sv.s[sv.len - 1] == sv.s[0])
		return (struct strview){ sv.s + 1, sv.len - 2 };
	return sv;
}

void
parse_os_release(const char *buf, size_t len, struct parse_os_release *out)
{
	struct cursor text = { buf, buf + len }, line;

	memset(out, 0, sizeof(*out));
	while (next_line(&text, &line)) {
		skip_blanks(&line);
		if (take_name(&line, "ID="))
			out->id = unquoted(line.p, line.end);
		else if (take_name(&line, "VERSION_ID="))
			out->version_id = unquoted(line.p, line.end);
	}
}
