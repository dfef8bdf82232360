/* SPDX-License-Identifier: ISC
 *
 * The forms of cgroup paths that runtimes make. An id may stand in any
 * component; runtimes nest, so the last one is the process's container. Who
 * may make cgroups can name them as he likes: what comes out is a claim, of
 * bounded length and of hex digits, and nothing more.
 */
#include <string.h>

#include "common/limits.h"
#include "parse_cgroup.h"
#include "parse_scan.h"

/* Bytes of the three forms of ids, and of a pod's uid with dashes. */
#define ID_LEN     64
#define ID_FARGATE 32 /* before a dash and digits */
#define ID_GARDEN  28
#define UID_LEN    36
/* Digits of Fargate's that are an id: they are ten. */
#define FARGATE_DIGITS 20

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_lower_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f');
}

/* Of either case: what may not stand beside an id. */
static bool
is_hex(char c)
{
	return is_lower_hex(c) || (c >= 'A' && c <= 'F');
}

static size_t
hex_run(const char *p, const char *end)
{
	const char *at = p;

	while (at < end && is_lower_hex(*at))
		at++;
	return (size_t)(at - p);
}

/* Whether groups of hex digits stand at p, with dashes (or what systemd makes
 * of them) between. */
static bool
is_grouped(const char *p, const char *end, const uint8_t *groups, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (i > 0 && (p == end || (*p != '-' && *p != '_')))
			return false;
		p += i > 0;
		if (hex_run(p, end) < groups[i])
			return false;
		p += groups[i];
	}
	return true;
}

static bool
is_uuid(const char *p, const char *end)
{
	static const uint8_t groups[] = { 8, 4, 4, 4, 12 };

	return is_grouped(p, end, groups, sizeof(groups)) &&
	    (end - p == UID_LEN || !is_hex(p[UID_LEN]));
}

/* The length of the id at p, 0 without one. `last`: nothing of the path
 * follows the component. */
static size_t
id_at(const char *p, const char *end, bool last)
{
	static const uint8_t garden[] = { 8, 4, 4, 4, 4 };
	size_t run = hex_run(p, end);
	const char *q = p + run;

	if (run == ID_LEN)
		return q < end && is_hex(*q) ? 0 : run;
	if (run == ID_FARGATE && q + 1 < end && *q == '-' && is_digit(q[1])) {
		for (q++; q < end && is_digit(*q);)
			q++;
		if ((q < end && is_hex(*q)) ||
		    q - p > ID_FARGATE + 1 + FARGATE_DIGITS)
			return 0;
		return (size_t)(q - p);
	}
	if (last && run == garden[0] && end - p == ID_GARDEN &&
	    memchr(p, '_', ID_GARDEN) == NULL &&
	    is_grouped(p, end, garden, sizeof(garden)))
		return ID_GARDEN;
	return 0;
}

static bool
begins(struct strview text, const char *with)
{
	size_t len = strlen(with);

	return text.len >= len && memcmp(text.s, with, len) == 0;
}

static bool
ends(struct strview text, const char *with)
{
	size_t len = strlen(with);

	return text.len >= len &&
	    memcmp(text.s + text.len - len, with, len) == 0;
}

/* Whether ids in the component are of no container: a mount's unit, the
 * monitor beside a container. */
static bool
is_rejected(struct strview component)
{
	return ends(component, ".mount") || begins(component, "crio-conmon-") ||
	    begins(component, "libpod-conmon-");
}

/* The last id in the component. Returns whether there is one. */
static bool
find_id(struct strview component, bool last, struct strview *id)
{
	const char *p = component.s, *end = p + component.len;
	bool found = false;
	size_t len;

	if (is_rejected(component))
		return false;
	while (p < end) {
		if (!is_lower_hex(*p) || (p > component.s && is_hex(p[-1]))) {
			p++;
			continue;
		}
		len = id_at(p, end, last);
		if (len == 0) {
			p += hex_run(p, end);
			continue;
		}
		*id = (struct strview){ p, (uint32_t)len };
		found = true;
		p += len;
	}
	return found;
}

/* Moves to the next component, past slashes. Returns false at the end. */
static bool
next_component(struct cursor *c, struct strview *component)
{
	const char *slash;

	while (c->p < c->end && *c->p == '/')
		c->p++;
	if (c->p == c->end)
		return false;
	slash = memchr(c->p, '/', (size_t)(c->end - c->p));
	if (slash == NULL)
		slash = c->end;
	*component = (struct strview){ c->p, (uint32_t)(slash - c->p) };
	c->p = slash;
	return true;
}

/* Which runtime names its cgroups so. `prefix` is what stands before the id
 * in its component, `parent` the component above. */
static const char *
type_of(struct strview id, struct strview prefix, struct strview parent)
{
	static const struct {
		const char *name; /* of a prefix's start, or of the parent */
		const char *type;
		bool prefix;
	} forms[] = {
		{ "docker-", "docker", true },
		{ "crio-", "cri-o", true },
		{ "libpod-", "podman", true },
		{ "nerdctl-", "containerd", true },
		{ "docker", "docker", false },
		/* The id is Docker's: its driver for LXC, up to 1.1. */
		{ "lxc", "docker", false },
		{ "libpod_parent", "podman", false },
		{ "garden", "garden", false },
	};
	size_t i;

	if (id.len == ID_GARDEN)
		return "garden";
	if (id.len != ID_LEN)
		return "ecs";
	/* Also behind a slice's name: "SLICE:cri-containerd:ID". */
	if (ends(prefix, "cri-containerd-") || ends(prefix, "cri-containerd:"))
		return "containerd";
	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct strview name = strview_of(forms[i].name);

		if (forms[i].prefix
			? begins(prefix, forms[i].name)
			: prefix.len == 0 && strview_equal(parent, name))
			return forms[i].type;
	}
	return "";
}

/* "podUID", alone or behind a dash, where the uid is a UUID or, for a pod of
 * the node's own, a hash of 32 digits. Returns len 0 without one. */
static struct strview
find_pod_uid(struct strview component)
{
	struct cursor c = { component.s, component.s + component.len };
	const char *start = c.p;

	for (; c.p < c.end; c.p++) {
		const char *uid = c.p + 3;

		if ((c.p > start && c.p[-1] != '-') ||
		    c.end - c.p < 3 + ID_FARGATE || memcmp(c.p, "pod", 3) != 0)
			continue;
		if (is_uuid(uid, c.end))
			return (struct strview){ uid, UID_LEN };
		if (hex_run(uid, c.end) == ID_FARGATE)
			return (struct strview){ uid, ID_FARGATE };
	}
	return (struct strview){ NULL, 0 };
}

/* "/ecs/TASK/ID", "/ecs/CLUSTER/TASK/ID" and "ecstasks-TASK.slice/...". */
static struct strview
find_ecs_task(struct strview parent, bool below_ecs)
{
	static const char slice[] = "ecstasks-";
	const size_t skip = sizeof(slice) - 1;

	if (begins(parent, slice) && ends(parent, ".slice") &&
	    hex_run(parent.s + skip, parent.s + parent.len) == ID_FARGATE)
		return (struct strview){ parent.s + skip, ID_FARGATE };
	if (below_ecs && parent.len == UID_LEN &&
	    is_uuid(parent.s, parent.s + parent.len))
		return parent;
	if (below_ecs && parent.len == ID_FARGATE &&
	    hex_run(parent.s, parent.s + parent.len) == ID_FARGATE)
		return parent;
	return (struct strview){ NULL, 0 };
}

bool
parse_cgroup_path(struct strview path, struct parse_cgroup *out)
{
	struct cursor c = { path.s, path.s + path.len };
	struct strview component, parent = { NULL, 0 }, pod = { NULL, 0 };
	struct strview uid, id;
	bool below_ecs = false, found = false;

	if (path.len == 0 || path.len > LIMIT_PATH)
		return false;
	while (next_component(&c, &component)) {
		uid = find_pod_uid(component);
		if (uid.len > 0)
			pod = uid;
		if (find_id(component, c.p == c.end, &id)) {
			struct strview prefix = { component.s,
				(uint32_t)(id.s - component.s) };

			out->id = id;
			out->pod_uid = pod;
			out->ecs_task = find_ecs_task(parent, below_ecs);
			out->type = type_of(id, prefix, parent);
			found = true;
		}
		below_ecs |= strview_equal(component, SV("ecs"));
		parent = component;
	}
	return found;
}

struct strview
parse_cgroup_own_path(struct strview path, struct strview id)
{
	struct cursor c = { path.s, path.s + path.len };
	struct strview component, got;

	if (path.len == 0 || path.len > LIMIT_PATH)
		return (struct strview){ NULL, 0 };
	while (next_component(&c, &component))
		if (find_id(component, c.p == c.end, &got) &&
		    strview_equal(got, id))
			return (
			    struct strview){ path.s, (uint32_t)(c.p - path.s) };
	return (struct strview){ NULL, 0 };
}

static enum cgroup_controller
controller_of(struct strview name)
{
	static const char *const names[] = { [CGROUP_CPU] = "cpu",
		[CGROUP_CPUACCT] = "cpuacct",
		[CGROUP_CPUSET] = "cpuset",
		[CGROUP_MEMORY] = "memory",
		[CGROUP_BLKIO] = "blkio",
		[CGROUP_PIDS] = "pids" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strview_equal(name, strview_of(names[i])))
			return (enum cgroup_controller)i;
	return CGROUP_CONTROLLERS;
}

enum cgroup_controller
parse_cgroup_next_controller(struct strview *list)
{
	enum cgroup_controller found = CGROUP_CONTROLLERS;

	while (list->len > 0 && found == CGROUP_CONTROLLERS) {
		const char *comma = memchr(list->s, ',', list->len);
		struct strview name = *list;

		if (comma != NULL)
			name.len = (uint32_t)(comma - list->s);
		found = controller_of(name);
		list->s += name.len + (comma != NULL);
		list->len -= name.len + (comma != NULL);
	}
	return found;
}

/* One line, split at its first two colons: a path may hold more of them. */
struct line {
	struct strview hierarchy;
	struct strview controllers; /* a list with commas */
	struct strview path;
};

static bool
split_line(struct cursor c, struct line *out)
{
	const char *a = memchr(c.p, ':', (size_t)(c.end - c.p)), *b;

	if (a == NULL)
		return false;
	b = memchr(a + 1, ':', (size_t)(c.end - a - 1));
	if (b == NULL || b + 1 == c.end || b[1] != '/' ||
	    c.end - b - 1 > LIMIT_PATH)
		return false;
	out->hierarchy = (struct strview){ c.p, (uint32_t)(a - c.p) };
	out->controllers = (struct strview){ a + 1, (uint32_t)(b - a - 1) };
	out->path = (struct strview){ b + 1, (uint32_t)(c.end - b - 1) };
	return true;
}

static bool
is_unified(const struct line *line)
{
	return line->controllers.len == 0 &&
	    strview_equal(line->hierarchy, SV("0"));
}

/* Notes the container's path for each controller of the line. */
static void
fill_paths(const struct line *line, struct parse_cgroup *out)
{
	struct strview own = parse_cgroup_own_path(line->path, out->id);
	struct strview list = line->controllers;
	enum cgroup_controller controller;

	if (own.len == 0)
		return;
	if (is_unified(line))
		out->path[CGROUP_UNIFIED] = own;
	while ((controller = parse_cgroup_next_controller(&list)) !=
	    CGROUP_CONTROLLERS)
		out->path[controller] = own;
}

void
parse_cgroup(const char *text, size_t len, struct parse_cgroup *out)
{
	struct cursor all = { text, text + len }, c = all, at;
	struct line line;

	memset(out, 0, sizeof(*out));
	out->type = "";
	while (scan_line(&c, &at)) {
		if (!split_line(at, &line))
			continue;
		if (is_unified(&line))
			out->unified = line.path;
		if (out->id.len == 0)
			(void)parse_cgroup_path(line.path, out);
	}
	if (out->id.len == 0)
		return;
	for (c = all; scan_line(&c, &at);)
		if (split_line(at, &line))
			fill_paths(&line, out);
}
