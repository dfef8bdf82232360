/* SPDX-License-Identifier: ISC
 *
 * Collects what the engine says of a process's open files. A target is a
 * link's text: it is shown, never opened.
 */
#include <stdlib.h>
#include <string.h>

#include "common/limits.h"
#include "common/log.h"
#include "engine.h"
#include "inspect.h"
#include "parse.h"

/* Bytes of targets in one answer: half a frame, the rest is room for what
 * stands between them. */
#define TARGETS_MAX (LIMIT_FRAME / 2)

struct answer {
	struct rec_files *files;
	size_t bytes;
};

static bool
on_file(int32_t fd, const struct strview *target, bool readable, void *arg)
{
	struct answer *answer = arg;
	struct rec_files *files = answer->files;
	struct rec_file *file = &files->files.v[files->files.n];
	char *copy;

	if (answer->bytes + target->len > TARGETS_MAX)
		return false;
	answer->bytes += target->len;
	copy = xcalloc(1, (size_t)target->len + 1);
	memcpy(copy, target->s, target->len);
	file->fd = fd;
	file->kind = readable ? parse_file_kind(copy, target->len)
			      : FILE_KIND_UNREADABLE;
	file->target = (struct strview){ copy, target->len };
	files->files.n++;
	return true;
}

/* Half a list would look like a whole one. */
static void
clear(struct rec_files *files)
{
	while (files->files.n > 0)
		free((char *)(uintptr_t)files->files.v[--files->files.n]
			 .target.s);
	files->more = 0;
}

struct rec_files *
inspect_new(struct engine *engine, const struct rec_inspect *request,
    uint32_t max_files)
{
	struct rec_files *files = xcalloc(1, sizeof(*files));
	struct answer answer = { .files = files };
	const char *error;

	if (max_files > LIMIT_FILES)
		max_files = LIMIT_FILES;
	files->files.v = xcalloc(max_files, sizeof(*files->files.v));
	files->pid = request->pid;
	files->start_ticks = request->start_ticks;
	error = request->pid <= 0
	    ? "no such process"
	    : engine->ops->inspect(engine, request->pid, request->start_ticks,
		  max_files, on_file, &answer, &files->more);
	if (error != NULL) {
		clear(files);
		files->error = (struct strview){ error,
			(uint32_t)strlen(error) };
	}
	return files;
}

void
inspect_free(struct rec_files *files)
{
	if (files == NULL)
		return;
	clear(files);
	free(files->files.v);
	free(files);
}
