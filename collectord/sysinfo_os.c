/* SPDX-License-Identifier: ISC
 *
 * Which distribution this is. os-release tells too little for some of them
 * ("12" where the host runs 12.11), so their own files are asked first. No
 * program is run to find out.
 */
#include <ctype.h>
#include <string.h>

#include "common/limits.h"
#include "parse.h"
#include "sysinfo_private.h"

static bool
equals(struct strview sv, const char *text)
{
	return sv.len == strlen(text) && memcmp(sv.s, text, sv.len) == 0;
}

static struct strview
family_of(struct strview platform)
{
	static const struct {
		const char *platform;
		struct strview family;
	} families[] = {
		{ "debian", { "debian", 6 } },
		{ "ubuntu", { "debian", 6 } },
		{ "linuxmint", { "debian", 6 } },
		{ "raspbian", { "debian", 6 } },
		{ "fedora", { "fedora", 6 } },
		{ "oracle", { "rhel", 4 } },
		{ "centos", { "rhel", 4 } },
		{ "redhat", { "rhel", 4 } },
		{ "scientific", { "rhel", 4 } },
		{ "amazon", { "rhel", 4 } },
		{ "xenserver", { "rhel", 4 } },
		{ "cloudlinux", { "rhel", 4 } },
		{ "rocky", { "rhel", 4 } },
		{ "almalinux", { "rhel", 4 } },
		{ "suse", { "suse", 4 } },
		{ "opensuse", { "suse", 4 } },
		{ "opensuse-leap", { "suse", 4 } },
		{ "opensuse-tumbleweed", { "suse", 4 } },
		{ "sles", { "suse", 4 } },
		{ "sled", { "suse", 4 } },
		{ "gentoo", { "gentoo", 6 } },
		{ "slackware", { "slackware", 9 } },
		{ "arch", { "arch", 4 } },
		{ "alpine", { "alpine", 6 } },
		{ "coreos", { "coreos", 6 } },
		{ "solus", { "solus", 5 } },
	};
	size_t i;

	for (i = 0; i < sizeof(families) / sizeof(families[0]); i++)
		if (equals(platform, families[i].platform))
			return families[i].family;
	return SV("");
}

/* The version in "Rocky Linux release 8.5 (Green Obsidian)", lower case. */
static struct strview
redhat_version(const char *text, size_t len)
{
	static const char word[] = "release ";
	const char *p = memmem(text, len, word, sizeof(word) - 1), *end;

	if (memmem(text, len, "rawhide", 7) != NULL)
		return SV("rawhide");
	if (p == NULL)
		return SV("");
	p += sizeof(word) - 1;
	for (end = p; end < text + len; end++)
		if (!isdigit((unsigned char)*end) && *end != '.')
			break;
	return (struct strview){ p, (uint32_t)(end - p) };
}

/* "Red Hat Enterprise Linux release 8.9 (Ootpa)": redhat; else the first
 * word, in lower case. */
static struct strview
redhat_platform(const char *text, size_t len)
{
	const char *end = memchr(text, ' ', len);

	if (memmem(text, len, "red hat", 7) != NULL)
		return SV("redhat");
	return (struct strview){ text,
		(uint32_t)(end == NULL ? len : (size_t)(end - text)) };
}

/* One line in etc/name says both, on the Red Hat side of the world.
 * Returns whether it is there. */
static bool
read_redhat(struct sysinfo_host *info, const char *etc, const char *name,
    const char *platform)
{
	struct sysinfo_file file;
	struct strview line, found;
	char text[LIMIT_HOST_STRING];
	uint32_t i;

	if (sysinfo_read_file(etc, name, &file) == -1)
		return false;
	line = sysinfo_first_line(&file);
	if (line.len > sizeof(text))
		line.len = sizeof(text);
	for (i = 0; i < line.len; i++)
		text[i] = (char)tolower((unsigned char)line.s[i]);
	sysinfo_free_file(&file);
	if (line.len == 0)
		return false;

	found = redhat_platform(text, line.len);
	if (platform != NULL)
		found = (struct strview){ platform,
			(uint32_t)strlen(platform) };
	info->host.os_platform = sysinfo_keep(info, found);
	info->host.os_version = sysinfo_keep(
	    info, redhat_version(text, line.len));
	return true;
}

/* Debian itself numbers its point releases in a file of its own, which its
 * offspring carry too; those have a full number in os-release. */
static bool
read_debian(struct sysinfo_host *info, const char *etc)
{
	struct strview id = info->host.os_platform, line;
	struct sysinfo_file file;

	if (sysinfo_read_file(etc, "debian_version", &file) == -1)
		return false;
	line = sysinfo_first_line(&file);
	if (line.len > 0 && !equals(id, "ubuntu") && !equals(id, "linuxmint")) {
		if (!equals(id, "raspbian"))
			info->host.os_platform = SV("debian");
		info->host.os_version = sysinfo_keep(info, line);
	}
	sysinfo_free_file(&file);
	return line.len > 0;
}

static void
read_os_release(struct sysinfo_host *info, const char *etc)
{
	struct parse_os_release release;
	struct sysinfo_file file;

	if (sysinfo_read_file(etc, "os-release", &file) == -1)
		return;
	parse_os_release(file.text, file.len, &release);
	info->host.os_platform = sysinfo_keep(info, release.id);
	info->host.os_version = sysinfo_keep(info, release.version_id);
	sysinfo_free_file(&file);
}

void
sysinfo_read_os(struct sysinfo_host *info, const char *etc)
{
	info->host.os_name = SV("linux");
	read_os_release(info, etc);
	if (!read_redhat(info, etc, "oracle-release", "oracle") &&
	    !read_debian(info, etc) &&
	    !read_redhat(info, etc, "redhat-release", NULL))
		(void)read_redhat(info, etc, "system-release", NULL);
	info->host.os_family = family_of(info->host.os_platform);
}
