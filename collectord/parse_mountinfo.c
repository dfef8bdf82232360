/* SPDX-License-Identifier: ISC
 *
 * "36 35 98:0 /root /point rw,noatime master:1 - ext4 /dev/sda rw": six
 * fields, some optional ones, a dash, three fields.
 */
#include <string.h>

#include "common/limits.h"
#include "parse_mountinfo.h"

/* bytes: the schema's, twice a UUID */
#define POD_UID_MAX 64

/* The next field of the line. Returns false at its end. */
static bool
next_field(struct cursor *line, struct strview *out)
{
	const char *end;

	if (line->p == line->end)
		return false;
	end = memchr(line->p, ' ', (size_t)(line->end - line->p));
	if (end == NULL)
		end = line->end;
	*out = (struct strview){ line->p, (uint32_t)(end - line->p) };
	line->p = end == line->end ? end : end + 1;
	return true;
}

static bool
equals(struct strview text, const char *with)
{
	return strview_equal(text, strview_of(with));
}

static bool
parse_line(struct cursor *line, struct parse_mount *out)
{
	struct strview skipped;
	int i;

	for (i = 0; i < 3; i++) /* mount, parent, device */
		if (!next_field(line, &skipped))
			return false;
	if (!next_field(line, &out->root) || !next_field(line, &out->point))
		return false;
	do {
		if (!next_field(line, &skipped))
			return false;
	} while (!equals(skipped, "-"));
	return next_field(line, &out->fstype) && next_field(line, &skipped) &&
	    next_field(line, &out->options);
}

bool
parse_mountinfo_next(struct cursor *text, struct parse_mount *out)
{
	struct cursor line;

	while (scan_line(text, &line))
		if (parse_line(&line, out))
			return true;
	return false;
}

static bool
is_octal(char c)
{
	return c >= '0' && c <= '7';
}

int
parse_mountinfo_path(struct strview escaped, char *out, size_t size)
{
	const char *p = escaped.s, *end = p + escaped.len;
	size_t n = 0;

	while (p < end) {
		char c = *p++;

		if (c == '\\' && end - p >= 3 && p[0] <= '3' &&
		    is_octal(p[0]) && is_octal(p[1]) && is_octal(p[2])) {
			c = (char)((p[0] - '0') << 6 | (p[1] - '0') << 3 |
			    (p[2] - '0'));
			p += 3;
		}
		if (c == '\0' || n + 1 >= size)
			return -1;
		out[n++] = c;
	}
	out[n] = '\0';
	return 0;
}

/* Whether the path is `prefix` or below it. */
static bool
is_below(const char *path, const char *prefix)
{
	size_t len = strlen(prefix);

	while (len > 0 && prefix[len - 1] == '/')
		len--;
	return strncmp(path, prefix, len) == 0 &&
	    (path[len] == '\0' || path[len] == '/');
}

static void
keep_shorter(
    const struct parse_mount *mount, struct parse_cgroup_mount *candidate)
{
	if (candidate->point.len > 0 &&
	    candidate->point.len <= mount->point.len)
		return;
	candidate->root = mount->root;
	candidate->point = mount->point;
}

void
parse_mountinfo_cgroups(const char *text, size_t len, const char *prefix,
    struct parse_cgroup_mount out[CGROUP_CONTROLLERS])
{
	struct cursor c = { text, text + len };
	struct parse_mount mount;
	char path[LIMIT_PATH];

	memset(out, 0, sizeof(*out) * CGROUP_CONTROLLERS);
	while (parse_mountinfo_next(&c, &mount)) {
		bool v2 = equals(mount.fstype, "cgroup2");
		enum cgroup_controller controller;

		if ((!v2 && !equals(mount.fstype, "cgroup")) ||
		    mount.point.len == 0 ||
		    parse_mountinfo_path(mount.point, path, sizeof(path)) ==
			-1 ||
		    !is_below(path, prefix))
			continue;
		if (v2) {
			keep_shorter(&mount, &out[CGROUP_UNIFIED]);
			continue;
		}
		while ((controller = parse_cgroup_next_controller(
			    &mount.options)) != CGROUP_CONTROLLERS)
			keep_shorter(&mount, &out[controller]);
	}
}

/* The component before p, which is a slash or the path's end; p moves to the
 * slash before it. Returns false at the path's start. */
static bool
previous_component(const char *start, const char **p, struct strview *out)
{
	const char *end = *p;

	if (end == start)
		return false;
	do
		(*p)--;
	while (*p > start && **p != '/');
	if (**p != '/')
		return false;
	*out = (struct strview){ *p + 1, (uint32_t)(end - *p - 1) };
	return true;
}

/* Whether it may name a pod or a container: who makes mounts of his own can
 * write anything there. */
static bool
is_name(struct strview text, size_t max)
{
	size_t i;

	for (i = 0; i < text.len; i++) {
		char c = text.s[i];

		if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' &&
		    c != '.')
			return false;
	}
	return text.len > 0 && text.len <= max;
}

/* ".../pods/UID/containers/NAME/HASH": the kubelet's file for a container's
 * last words. */
static void
read_termination_log(struct strview root, struct parse_mountinfo_container *out)
{
	const char *p = root.s + root.len;
	struct strview hash, name, containers, uid, pods;

	if (!previous_component(root.s, &p, &hash) ||
	    !previous_component(root.s, &p, &name) ||
	    !previous_component(root.s, &p, &containers) ||
	    !previous_component(root.s, &p, &uid) ||
	    !previous_component(root.s, &p, &pods) ||
	    !equals(containers, "containers") || !equals(pods, "pods") ||
	    !is_name(uid, POD_UID_MAX) || !is_name(name, LIMIT_CONTAINER_NAME))
		return;
	out->cgroup.pod_uid = uid;
	out->name = name;
}

/* ".../containers/ID/hostname", Docker's; *id as it is elsewhere. */
static void
read_hostname(struct strview root, struct strview *id)
{
	const char *p = root.s + root.len;
	struct strview file, found, containers;
	struct parse_cgroup parsed;

	if (!previous_component(root.s, &p, &file) ||
	    !previous_component(root.s, &p, &found) ||
	    !previous_component(root.s, &p, &containers) ||
	    !equals(file, "hostname") || !equals(containers, "containers"))
		return;
	if (parse_cgroup_path(found, &parsed) && parsed.id.len == found.len)
		*id = found;
}

/* Whether it is a hierarchy, where runtimes put it. */
static bool
is_hierarchy(const struct parse_mount *mount)
{
	static const char dir[] = "/sys/fs/cgroup";
	size_t len = sizeof(dir) - 1;

	return (equals(mount->fstype, "cgroup") ||
		   equals(mount->fstype, "cgroup2")) &&
	    mount->point.len >= len && memcmp(mount->point.s, dir, len) == 0;
}

void
parse_mountinfo_container(
    const char *text, size_t len, struct parse_mountinfo_container *out)
{
	struct cursor c = { text, text + len };
	struct strview docker = { NULL, 0 };
	struct parse_cgroup by_path;
	struct parse_mount mount;

	memset(out, 0, sizeof(*out));
	memset(&by_path, 0, sizeof(by_path));
	by_path.type = "";
	while (parse_mountinfo_next(&c, &mount)) {
		if (equals(mount.point, "/etc/hostname"))
			read_hostname(mount.root, &docker);
		else if (equals(mount.point, "/dev/termination-log"))
			read_termination_log(mount.root, out);
		else if (by_path.id.len == 0 && is_hierarchy(&mount))
			(void)parse_cgroup_path(mount.root, &by_path);
	}
	/* In a pod that file is the sandbox's, which all containers share. */
	if (by_path.id.len == 0 && out->cgroup.pod_uid.len == 0 &&
	    docker.len > 0) {
		by_path.id = docker;
		by_path.type = "docker";
	}
	if (out->cgroup.pod_uid.len > 0)
		by_path.pod_uid = out->cgroup.pod_uid;
	out->cgroup = by_path;
}
