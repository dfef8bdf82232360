/* SPDX-License-Identifier: ISC
 *
 * Where a container is: the paths that /proc gave, seen from each mount. A
 * path is text that others may have made up, so nothing in it leads out of
 * the mount.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cgroup_private.h"
#include "common/log.h"

/* Whether a component of the path is "." or "..". */
static bool
has_dots(const char *path)
{
	const char *end;

	for (; *path != '\0'; path = *end == '\0' ? end : end + 1) {
		end = strchrnul(path, '/');
		if ((end - path == 1 && path[0] == '.') ||
		    (end - path == 2 && memcmp(path, "..", 2) == 0))
			return true;
	}
	return false;
}

/* The path seen from the mount, or NULL when it is not in it. */
static const char *
path_below(const struct cgroup_mount *mount, const char *path)
{
	size_t len = strlen(mount->root);

	if (strncmp(path, mount->root, len) != 0 ||
	    (path[len] != '\0' && path[len] != '/'))
		return NULL;
	path += len;
	while (*path == '/')
		path++;
	return has_dots(path) ? NULL : path;
}

static bool
resolve_in(struct cgroup_place *place, enum cgroup_controller which,
    enum cgroup_controller mount, const char *path)
{
	const struct cgroup_mount *m = &place->tree->mount[mount];

	if (m->fd == -1 || path == NULL)
		return false;
	place->dir[which].path = path_below(m, path);
	if (place->dir[which].path == NULL)
		return false;
	place->dir[which].mount = mount;
	return true;
}

/* A hierarchy of v1 goes before v2, which has what is in none of them. */
static bool
resolve(struct cgroup_place *place)
{
	bool any = false;
	size_t i;

	for (i = 0; i < CGROUP_UNIFIED; i++) {
		const char *path = place->path[i];

		if (i == CGROUP_CPU && path == NULL)
			path = place->path[CGROUP_CPUACCT];
		any |= resolve_in(place, (enum cgroup_controller)i,
			   (enum cgroup_controller)i, path) ||
		    resolve_in(place, (enum cgroup_controller)i, CGROUP_UNIFIED,
			place->path[CGROUP_UNIFIED]);
	}
	return any;
}

/* In one hierarchy by the id; runtimes use the same path in the others. */
static void
search(struct cgroup_place *place)
{
	struct cgroup_tree *tree = place->tree;
	size_t i, mount = CGROUP_MEMORY;

	for (i = 0; i < CGROUP_CONTROLLERS && tree->mount[mount].fd == -1; i++)
		mount = i;
	place->found = cgroup_walk_find(
	    tree, (enum cgroup_controller)mount, place->id);
	for (i = 0; place->found != NULL && i < CGROUP_UNIFIED; i++) {
		mount = tree->mount[i].fd != -1 ? i : CGROUP_UNIFIED;
		if (tree->mount[mount].fd == -1)
			continue;
		place->dir[i].mount = (enum cgroup_controller)mount;
		place->dir[i].path = place->found;
	}
}

void
cgroup_place_resolve(struct cgroup_place *place)
{
	size_t i;

	if (place->generation == place->tree->generation)
		return;
	place->generation = place->tree->generation;
	cgroup_place_drop_fds(place);
	free(place->found);
	place->found = NULL;
	for (i = 0; i < CGROUP_UNIFIED; i++)
		place->dir[i].mount = CGROUP_CONTROLLERS;
	if (!resolve(place) && place->id.len > 0)
		search(place);
}

bool
cgroup_place_look(struct cgroup_place *place)
{
	const struct cgroup_tree *tree = place->tree;
	bool any = false, there = false;
	struct stat st;
	size_t i;
	int fd;

	for (i = 0; i < CGROUP_UNIFIED; i++) {
		const struct cgroup_dir *dir = &place->dir[i];

		if (dir->mount == CGROUP_CONTROLLERS)
			continue;
		any = true;
		fd = cgroup_open(place->tree, tree->mount[dir->mount].fd,
		    dir->path, O_PATH | O_DIRECTORY);
		if (fd == -1) {
			there |= errno != ENOENT;
			continue;
		}
		there = true;
		/* Its owner may set that to any time. */
		if (fstat(fd, &st) == 0 && st.st_mtime > 0 &&
		    (place->started == 0 || st.st_mtime < place->started))
			place->started = st.st_mtime;
		close(fd);
	}
	return there || !any;
}

/* Copies text to *at, which moves behind it and its NUL. */
static const char *
copy(char **at, struct strview text)
{
	char *start = *at;

	memcpy(start, text.s, text.len);
	start[text.len] = '\0';
	*at = start + text.len + 1;
	return start;
}

struct cgroup_place *
cgroup_place_new(struct cgroup_tree *tree, const struct parse_cgroup *container)
{
	struct cgroup_place *place = calloc(1, sizeof(*place));
	size_t size = container->id.len + 1, i, k;
	char *at;

	for (i = 0; i < CGROUP_CONTROLLERS; i++)
		size += container->path[i].len + 1;
	if (place == NULL || (place->text = malloc(size)) == NULL)
		fatal("cgroups");
	at = place->text;
	if (container->id.len > 0)
		place->id = (struct strview){ copy(&at, container->id),
			container->id.len };
	for (i = 0; i < CGROUP_CONTROLLERS; i++) {
		if (container->path[i].len == 0)
			continue;
		/* Mostly they are all the same. */
		for (k = 0; k < i; k++)
			if (strview_equal(
				container->path[i], container->path[k]))
				break;
		place->path[i] = k < i ? place->path[k]
				       : copy(&at, container->path[i]);
	}
	for (i = 0; i < CGROUP_FILES; i++)
		place->fd[i] = -1;
	place->tree = tree;
	tree->places++;
	place->generation = tree->generation - 1;
	cgroup_place_resolve(place);
	return place;
}

void
cgroup_place_drop_fds(struct cgroup_place *place)
{
	size_t i;

	for (i = 0; i < CGROUP_FILES; i++) {
		if (place->fd[i] == -1)
			continue;
		close(place->fd[i]);
		place->fd[i] = -1;
		place->tree->kept--;
		place->tree->kept_limits -= i >= CGROUP_FILE_QUOTA;
	}
}

void
cgroup_place_free(struct cgroup_place *place)
{
	if (place == NULL)
		return;
	cgroup_place_drop_fds(place);
	place->tree->places--;
	free(place->found);
	free(place->text);
	free(place);
}
