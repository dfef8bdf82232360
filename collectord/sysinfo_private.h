/* SPDX-License-Identifier: ISC
 *
 * What the two files of sysinfo share: reading a small file whole, and
 * keeping strings for as long as the host record lives.
 */
#ifndef COLLECTORD_SYSINFO_PRIVATE_H
#define COLLECTORD_SYSINFO_PRIVATE_H

#include <stddef.h>

#include "common/strview.h"
#include "sysinfo.h"

/* A file's bytes; no terminating NUL. */
struct sysinfo_file {
	char *text; /* owned */
	size_t len;
};

/* Reads dir/name, at most LIMIT_HOST_FILE bytes of it. Returns 0, or -1 (no
 * such file, not readable) with *out empty. */
int sysinfo_read_file(
    const char *dir, const char *name, struct sysinfo_file *out);
void sysinfo_free_file(struct sysinfo_file *file);

/* The first line without blanks around it; borrowed from the file. */
struct strview sysinfo_first_line(const struct sysinfo_file *file);

/* A copy, cut at LIMIT_HOST_STRING, that lives as long as info. */
struct strview sysinfo_keep(struct sysinfo_host *info, struct strview sv);

/* Fills the os_ members of info->host but the kernel's version. */
void sysinfo_read_os(struct sysinfo_host *info, const char *etc);

#endif
