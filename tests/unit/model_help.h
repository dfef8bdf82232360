/* SPDX-License-Identifier: ISC
 *
 * Snapshots for a model, and what it holds then.
 */
#ifndef TESTS_UNIT_MODEL_HELP_H
#define TESTS_UNIT_MODEL_HELP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ddproc/ctable.h"
#include "ddproc/match.h"
#include "ddproc/model.h"
#include "ddproc/record.h"
#include "ddproc/table.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static inline struct strview
sv(const char *s)
{
	return (struct strview){ s, (uint32_t)strlen(s) };
}

static inline void
begin(struct model *model, enum snapshot_kind kind, uint64_t scan)
{
	struct rec_snapshot_begin rec = {
		.kind = kind, .scan = scan, .mono_ns = scan * 1000000000
	};

	model_begin(model, &rec);
}

static inline int
end(struct model *model, enum snapshot_kind kind, uint64_t scan)
{
	struct rec_snapshot_end rec = { .kind = kind, .scan = scan };

	return model_end(model, &rec);
}

/* Its strings live in a buffer that is overwritten afterwards, as a frame
 * is. */
static inline void
put_process(struct model *model, int32_t pid, uint64_t start, const char *name)
{
	char text[32];
	struct strview args[2];
	struct rec_process rec = {
		.stat = { .pid = pid, .start_ticks = start, .rss = 1000 }
	};

	snprintf(text, sizeof(text), "%s", name);
	args[0] = sv(text);
	args[1] = sv(text);
	rec.args.v = args;
	rec.args.n = 2;
	rec.comm = sv(text);
	rec.stat.container_id = sv(text);
	model_put_process(model, &rec);
	memset(text, 'X', sizeof(text));
	memset(args, 0, sizeof(args));
}

/* The model's processes as "pid:start:args0:container:rss,...". */
static inline char *
describe(const struct model *model)
{
	struct model_view view = { 0 };
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	model_select(model, NULL, &view);
	table_sort(&view, SORT_PID, false);
	for (size_t i = 0; i < view.n; i++) {
		const struct rec_process *rec = view.v[i];
		struct strview arg = rec->args.n > 0 ? rec->args.v[0] : sv("-");

		fprintf(out, "%s%d:%llu:%.*s:%.*s:%llu", i > 0 ? "," : "",
		    rec->stat.pid, (unsigned long long)rec->stat.start_ticks,
		    (int)arg.len, arg.s, (int)rec->stat.container_id.len,
		    rec->stat.container_id.s,
		    (unsigned long long)rec->stat.rss);
	}
	fclose(out);
	model_view_free(&view);
	return text;
}

static inline void
expect(const struct model *model, const char *want)
{
	char *got = describe(model);
	bool same = strcmp(got, want) == 0;

	if (!same)
		print_error("got  \"%s\"\nwant \"%s\"\n", got, want);
	free(got);
	assert_true(same);
}

#endif
