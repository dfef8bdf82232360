/* SPDX-License-Identifier: ISC
 *
 * uid to name. The file's table is replaced as a whole; what NSS said is
 * cached by uid, found names for LIMIT_USER_TTL, misses for
 * LIMIT_USER_MISS_TTL. A name past its time is used until the new answer
 * is there. Bounded by LIMIT_USERS: past it the cache starts anew.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/limits.h"
#include "common/log.h"
#include "passwd.h"
#include "users.h"

#define TAG_PREFIX "user:"

/* One uid that the file does not name. */
struct cached {
	char *name;      /* owned; NULL: a miss, or not answered yet */
	uint64_t ask_at; /* ns of CLOCK_MONOTONIC: ask (again) from then on */
	uint32_t uid;
	bool used;
	bool asked; /* the answer is still to come */
};

struct users {
	char *path; /* owned */
	users_ask *ask;
	void *ask_arg; /* borrowed */
	uint64_t now;  /* ns of CLOCK_MONOTONIC */

	struct passwd_table passwd; /* borrows from text */
	char *text;                 /* owned */
	struct stat seen;           /* of the file the table came from */
	int error; /* errno of the last try, 0 if it was read */

	struct cached *cache; /* open addressing, size a power of two */
	uint32_t size;
	uint32_t count;
	uint32_t named;   /* of these: with a name */
	uint32_t waiting; /* questions without an answer yet */

	char tag[sizeof(TAG_PREFIX) + LIMIT_USER_NAME];
};

struct users *
users_new(const char *path, users_ask *ask, void *arg)
{
	struct users *users = xcalloc(1, sizeof(*users));

	users->path = xstrdup(path);
	users->ask = ask;
	users->ask_arg = arg;
	return users;
}

static void
clear_cache(struct users *users)
{
	uint32_t i;

	for (i = 0; i < users->size; i++)
		free(users->cache[i].name);
	free(users->cache);
	users->cache = NULL;
	users->size = users->count = users->named = users->waiting = 0;
}

void
users_free(struct users *users)
{
	if (users == NULL)
		return;
	clear_cache(users);
	passwd_clear(&users->passwd);
	free(users->text);
	free(users->path);
	free(users);
}

/* Reads fd to its end. Returns owned bytes, or NULL with errno set. */
static char *
read_whole(int fd, size_t *len)
{
	struct stat st;
	char *text;
	ssize_t n;

	if (fstat(fd, &st) == -1)
		return NULL;
	if (!S_ISREG(st.st_mode) || st.st_size > LIMIT_PASSWD_FILE) {
		errno = S_ISREG(st.st_mode) ? EFBIG : EINVAL;
		return NULL;
	}
	text = xcalloc(1, (size_t)st.st_size + 1);
	for (*len = 0; *len < (size_t)st.st_size; *len += (size_t)n) {
		n = read(fd, text + *len, (size_t)st.st_size - *len);
		if (n == -1 && errno == EINTR)
			n = 0;
		else if (n == -1) {
			free(text);
			return NULL;
		} else if (n == 0)
			break;
	}
	return text;
}

/* Replaces the table. Returns 0, or -1 with errno set and the former table
 * still in use. */
static int
load_file(struct users *users)
{
	struct passwd_table fresh;
	char *text = NULL;
	size_t len = 0;
	int fd, saved;

	fd = open(users->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd == -1)
		return -1;
	text = read_whole(fd, &len);
	saved = errno;
	close(fd);
	errno = saved;
	if (text == NULL || passwd_parse(text, len, &fresh) == -1) {
		free(text);
		return -1;
	}
	passwd_clear(&users->passwd);
	free(users->text);
	users->passwd = fresh;
	users->text = text;
	return 0;
}

static bool
same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
	    a->st_size == b->st_size &&
	    a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	    a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

void
users_refresh(struct users *users, uint64_t now)
{
	struct stat st;
	int error = 0;
	bool there = stat(users->path, &st) == 0;

	users->now = now;
	if (there && same_file(&st, &users->seen))
		return;
	if (!there || load_file(users) == -1)
		error = errno;
	if (error == 0)
		users->seen = st;
	else {
		users->seen = (struct stat){ 0 };
		errno = error;
		if (error != users->error)
			log_warn("%s", users->path);
	}
	users->error = error;
}

/* The slot of uid, or the empty one where it belongs. */
static struct cached *
find_slot(struct cached *cache, uint32_t size, uint32_t uid)
{
	uint32_t i = (uid * 2654435761u) & (size - 1);

	while (cache[i].used && cache[i].uid != uid)
		i = (i + 1) & (size - 1);
	return &cache[i];
}

static void
grow_cache(struct users *users)
{
	uint32_t i, size = users->size == 0 ? 64 : users->size * 2;
	struct cached *fresh = xcalloc(size, sizeof(*fresh));

	for (i = 0; i < users->size; i++)
		if (users->cache[i].used)
			*find_slot(
			    fresh, size, users->cache[i].uid) = users->cache[i];
	free(users->cache);
	users->cache = fresh;
	users->size = size;
}

/* The entry of uid, which may be a fresh one. */
static struct cached *
cached_of(struct users *users, uint32_t uid)
{
	struct cached *c = NULL;

	if (users->size > 0)
		c = find_slot(users->cache, users->size, uid);
	if (c != NULL && c->used)
		return c;
	if (users->count >= LIMIT_USERS)
		clear_cache(users);
	if (users->count * 2 >= users->size)
		grow_cache(users);
	c = find_slot(users->cache, users->size, uid);
	*c = (struct cached){ .uid = uid, .used = true };
	users->count++;
	return c;
}

void
users_answer(struct users *users, uint32_t uid, const char *name)
{
	struct cached *c = cached_of(users, uid);
	uint64_t ttl = name != NULL ? LIMIT_USER_TTL : LIMIT_USER_MISS_TTL;

	if (c->name != NULL)
		users->named--;
	free(c->name);
	c->name = NULL;
	if (name != NULL && strlen(name) <= LIMIT_USER_NAME) {
		c->name = xstrdup(name);
		users->named++;
	}
	if (c->asked)
		users->waiting--;
	c->asked = false;
	c->ask_at = users->now + ttl * CLOCK_NS_PER_S;
}

struct strview
users_name(struct users *users, uint32_t uid)
{
	struct strview name = passwd_find(&users->passwd, uid);
	struct cached *c;

	if (name.len > 0 || users->ask == NULL)
		return name;
	c = cached_of(users, uid);
	if (!c->asked && users->now >= c->ask_at &&
	    users->ask(users->ask_arg, uid) == 0) {
		c->asked = true;
		users->waiting++;
	}
	if (c->name != NULL) {
		name.s = c->name;
		name.len = (uint32_t)strlen(c->name);
	}
	return name;
}

static void
on_snapshot(void *self)
{
	users_refresh(self, clock_mono_ns());
}

static void
tag_process(void *self, struct rec_process *process, struct tagset *tags)
{
	struct users *users = self;
	struct strview name = users_name(users, process->uid);
	const uint32_t prefix = sizeof(TAG_PREFIX) - 1;

	process->user = name;
	if (name.len == 0)
		return;
	memcpy(users->tag, TAG_PREFIX, prefix);
	memcpy(users->tag + prefix, name.s, name.len);
	tagset_add(tags, (struct strview){ users->tag, prefix + name.len });
}

static void
state(const void *self, char *out, size_t size)
{
	const struct users *users = self;

	if (users->error != 0)
		snprintf(out, size, "failing: %s: %s", users->path,
		    strerror(users->error));
	else
		snprintf(out, size, "ok: %u from %s, %u by NSS, %u waiting",
		    users->passwd.n, users->path, users->named, users->waiting);
}

struct source
users_source(struct users *users)
{
	return (struct source){ .name = "users",
		.self = users,
		.on_snapshot = on_snapshot,
		.tag_process = tag_process,
		.state = state };
}
