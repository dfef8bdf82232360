/* SPDX-License-Identifier: ISC
 *
 * The engine that reads /proc, or a tree that stands for it.
 */
#ifndef COLLECTORD_PROCFS_H
#define COLLECTORD_PROCFS_H

#include <stdint.h>

struct engine;

/*
 * Opens the tree at `path`. `max_fds` is the most descriptors it may hold
 * between scans (0 is fine, and slower); none are held on a tree that is no
 * proc file system. Returns an owned engine, or NULL with errno set.
 */
struct engine *procfs_new(const char *path, uint32_t max_fds);

#endif
