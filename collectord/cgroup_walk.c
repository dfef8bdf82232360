/* SPDX-License-Identifier: ISC
 *
 * Searching a hierarchy, for containers whose path our own cgroup namespace
 * hides. All its directories are read once and remembered until the next
 * refresh, so many searches cost one walk.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cgroup_private.h"
#include "common/limits.h"
#include "common/log.h"

struct cgroup_node {
	uint64_t inode;
	uint32_t hash;   /* of the id in its name; NO_ID */
	uint32_t parent; /* its place; the root is its own */
	uint32_t name;   /* where in `names` */
};

#define NO_ID 0

/* Never NO_ID. */
static uint32_t
hash_id(struct strview id)
{
	uint32_t hash = strview_hash(id);

	return hash == NO_ID ? 1 : hash;
}

/* An array with room for `want` elements, of which *size says there is room
 * now. */
static void *
reserve(void *array, size_t *size, size_t want, size_t element)
{
	size_t more = *size == 0 ? 256 : *size;

	if (want <= *size)
		return array;
	while (more < want)
		more *= 2;
	array = reallocarray(array, more, element);
	if (array == NULL)
		fatal("cgroups");
	*size = more;
	return array;
}

static void
add_node(struct cgroup_index *index, uint32_t parent, const char *name,
    uint64_t inode)
{
	size_t len = strlen(name) + 1;
	struct parse_cgroup parsed;
	uint32_t hash = NO_ID;

	if (index->n >= LIMIT_CGROUP_WALK)
		return;
	index->nodes = reserve(
	    index->nodes, &index->size, index->n + 1u, sizeof(*index->nodes));
	index->names = reserve(
	    index->names, &index->names_size, index->names_len + len, 1);
	memcpy(index->names + index->names_len, name, len);
	if (parse_cgroup_path(strview_of(name), &parsed))
		hash = hash_id(parsed.id);
	index->nodes[index->n++] = (struct cgroup_node){ inode, hash, parent,
		(uint32_t)index->names_len };
	index->names_len += len;
}

/* The node's path from the root, "" for that itself, at the end of the
 * buffer; NULL when it is too long. */
static const char *
path_of(const struct cgroup_index *index, uint32_t node, char buf[LIMIT_PATH])
{
	size_t at = LIMIT_PATH - 1, len;

	buf[at] = '\0';
	for (; node != 0; node = index->nodes[node].parent) {
		const char *name = index->names + index->nodes[node].name;

		len = strlen(name);
		if (len + 1 > at)
			return NULL;
		if (buf[at] != '\0')
			buf[--at] = '/';
		at -= len;
		memcpy(buf + at, name, len);
	}
	return buf + at;
}

static void
read_directory(struct cgroup_index *index, uint32_t node, int fd)
{
	_Alignas(8) char entries[32u << 10];
	ssize_t len;

	while (index->n < LIMIT_CGROUP_WALK &&
	    (len = getdents64(fd, entries, sizeof(entries))) > 0) {
		size_t at = 0;

		while (at < (size_t)len) {
			const struct dirent64 *entry = (const void *)(entries +
			    at);

			at += entry->d_reclen;
			if (entry->d_type == DT_DIR &&
			    strcmp(entry->d_name, ".") != 0 &&
			    strcmp(entry->d_name, "..") != 0)
				add_node(
				    index, node, entry->d_name, entry->d_ino);
		}
	}
}

/* The index of that mount, made now if there is none yet. NULL without the
 * mount. */
static const struct cgroup_index *
get_index(struct cgroup_tree *tree, enum cgroup_controller mount)
{
	struct cgroup_index *index = tree->index[mount];
	char buf[LIMIT_PATH];
	const char *path;
	uint32_t i;
	int fd;

	if (index != NULL || tree->mount[mount].fd == -1)
		return index;
	index = calloc(1, sizeof(*index));
	if (index == NULL)
		fatal("cgroups");
	tree->index[mount] = index;
	add_node(index, 0, "", tree->mount[mount].inode);
	for (i = 0; i < index->n; i++) {
		path = path_of(index, i, buf);
		if (path == NULL)
			continue;
		fd = cgroup_open(
		    tree, tree->mount[mount].fd, path, O_RDONLY | O_DIRECTORY);
		if (fd == -1)
			continue; /* gone meanwhile */
		read_directory(index, i, fd);
		close(fd);
	}
	return index;
}

char *
cgroup_walk_find(
    struct cgroup_tree *tree, enum cgroup_controller mount, struct strview id)
{
	const struct cgroup_index *index = get_index(tree, mount);
	char buf[LIMIT_PATH], *found;
	uint32_t hash = hash_id(id), i;
	const char *path;

	for (i = 0; index != NULL && i < index->n; i++) {
		struct strview name = strview_of(
		    index->names + index->nodes[i].name);

		if (index->nodes[i].hash != hash ||
		    parse_cgroup_own_path(name, id).len == 0)
			continue;
		path = path_of(index, i, buf);
		if (path == NULL)
			continue;
		found = strdup(path);
		if (found == NULL)
			fatal("cgroups");
		return found;
	}
	return NULL;
}

bool
cgroup_tree_find_inode(struct cgroup_tree *tree, dev_t device, uint64_t inode,
    char *out, size_t size)
{
	const struct cgroup_index *index = get_index(tree, CGROUP_UNIFIED);
	const char *root = tree->mount[CGROUP_UNIFIED].root, *path;
	char buf[LIMIT_PATH];
	uint32_t i;

	if (index == NULL || tree->mount[CGROUP_UNIFIED].dev != device)
		return false;
	for (i = 0; i < index->n; i++) {
		if (index->nodes[i].inode != inode)
			continue;
		path = path_of(index, i, buf);
		if (path == NULL || strlen(root) + strlen(path) + 2 > size)
			return false;
		stpcpy(stpcpy(stpcpy(out, root), "/"), path);
		return true;
	}
	return false;
}

void
cgroup_walk_forget(struct cgroup_tree *tree)
{
	size_t i;

	for (i = 0; i < CGROUP_CONTROLLERS; i++) {
		if (tree->index[i] == NULL)
			continue;
		free(tree->index[i]->nodes);
		free(tree->index[i]->names);
		free(tree->index[i]);
		tree->index[i] = NULL;
	}
}
