/* SPDX-License-Identifier: ISC
 *
 * Opening and reading the files of processes, and the descriptors that are
 * kept on them so that the next scan need not open them again. They are
 * spent where one saves most: first stat for every process (it also proves
 * that a pid still is who it was), then status, then io. Nothing is ever
 * opened for writing, and no link is followed.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/log.h"
#include "procfs_private.h"

#define OPEN_FLAGS (O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY)

const char *
procfs_name(struct place *place, const char *file)
{
	size_t len = strlen(file);

	if (len > sizeof(place->name) - 1 - place->prefix)
		len = sizeof(place->name) - 1 - place->prefix;
	memcpy(place->name + place->prefix, file, len);
	place->name[place->prefix + len] = '\0';
	return place->name;
}

void
procfs_place_by_path(const struct procfs *p, int32_t pid, struct place *place)
{
	char digits[12];
	size_t n = sizeof(digits);
	uint32_t left = (uint32_t)pid;

	digits[--n] = '/';
	do {
		digits[--n] = (char)('0' + left % 10);
		left /= 10;
	} while (left > 0);
	place->dirfd = p->fd;
	place->prefix = sizeof(digits) - n;
	memcpy(place->name, digits + n, place->prefix);
}

/* Closes kept descriptors, those that save least first. */
static void
give_back(struct procfs *p)
{
	uint32_t i;
	int which;

	p->budget = p->kept - (p->kept + 3) / 4;
	log_debug("out of descriptors: keeping at most %u", p->budget);
	for (which = KEPT_COUNT - 1; which >= 0; which--) {
		for (i = 0; i < p->nslots && p->kept > p->budget; i++)
			procfs_drop(p, &p->slots[i], (enum kept)which);
		for (i = 0; i < p->nnext && p->kept > p->budget; i++)
			procfs_drop(p, &p->next[i], (enum kept)which);
	}
}

int
procfs_open(struct procfs *p, struct place *place, const char *file, int flags)
{
	const char *name = procfs_name(place, file);
	struct stat st;
	int fd;

	fd = openat(place->dirfd, name, OPEN_FLAGS | flags);
	if (fd == -1 && (errno == EMFILE || errno == ENFILE) && p->kept > 0) {
		give_back(p);
		fd = openat(place->dirfd, name, OPEN_FLAGS | flags);
	}
	if (fd == -1 || p->real || (flags & O_DIRECTORY) != 0)
		return fd;
	/* A made-up tree may hold what would block or act when it is read. */
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		return fd;
	close(fd);
	errno = EINVAL;
	return -1;
}

int
procfs_place_open(struct procfs *p, int32_t pid, struct place *place)
{
	struct place parent;
	int fd;

	procfs_place_by_path(p, pid, &parent);
	parent.prefix--; /* behind a '/' a link would be followed */
	fd = procfs_open(p, &parent, "", O_PATH | O_DIRECTORY);
	if (fd == -1)
		return -1;
	place->dirfd = fd;
	place->prefix = 0;
	return 0;
}

ssize_t
procfs_read(int fd, struct text *text, size_t max)
{
	ssize_t n;

	for (;;) {
		n = pread(fd, text->s, text->size, 0);
		if (n == -1 || (size_t)n < text->size || text->size >= max)
			return n;
		text->size = text->size < max / 2 ? text->size * 2 : max;
		text->s = xrealloc(text->s, text->size);
	}
}

ssize_t
procfs_read_file(struct procfs *p, struct place *place, const char *file,
    struct text *text, size_t max)
{
	ssize_t n;
	int fd, error;

	fd = procfs_open(p, place, file, 0);
	if (fd == -1)
		return -1;
	n = procfs_read(fd, text, max);
	error = errno;
	close(fd);
	errno = error;
	return n;
}

static uint32_t
min_u32(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

void
procfs_set_quotas(struct procfs *p, uint32_t n)
{
	uint32_t left, i;

	/* Being out of descriptors may have been somebody else's doing. */
	p->budget = min_u32(p->max_fds, p->budget + p->max_fds / 16 + 1);
	left = p->budget - min_u32(p->budget, p->kernel_threads);
	n -= min_u32(n, p->kernel_threads);
	for (i = 0; i < KEPT_COUNT; i++) {
		p->quota[i] = min_u32(n, left);
		left -= p->quota[i];
	}
	p->rank = 0;
}

bool
procfs_may_keep(const struct procfs *p, enum kept which)
{
	return p->real && p->rank < p->quota[which] && p->kept < p->budget;
}

void
procfs_keep(struct procfs *p, struct slot *slot, enum kept which, int fd)
{
	if (fd == -1)
		return;
	slot->fd[which] = fd;
	p->kept++;
}

void
procfs_drop(struct procfs *p, struct slot *slot, enum kept which)
{
	if (slot->fd[which] == -1)
		return;
	close(slot->fd[which]);
	slot->fd[which] = -1;
	p->kept--;
}

void
procfs_forget(struct procfs *p, struct slot *slot)
{
	int which;

	for (which = 0; which < KEPT_COUNT; which++)
		procfs_drop(p, slot, (enum kept)which);
	slot->known = false;
	slot->kernel = false;
	slot->hidden = 0;
}
