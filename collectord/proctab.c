/* SPDX-License-Identifier: ISC
 *
 * The table of processes: a hash by pid, entries renewed when the start time
 * says that the pid is another process, swept after each complete scan. Its
 * bytes of text are bounded over all processes.
 */
#include <stdlib.h>
#include <string.h>

#include "common/limits.h"
#include "common/log.h"
#include "filter.h"
#include "parse.h"
#include "proctab.h"
#include "rates.h"

#define FIRST_BUCKETS 1024u

struct proctab {
	struct proctab_setup setup;
	struct proc **buckets;
	uint32_t nbuckets; /* a power of two */
	uint32_t count;
	uint64_t scan;
	uint64_t boot_ns;
	size_t bytes;                 /* of all texts and commands */
	struct parse_cmdline cmdline; /* scratch: 64 KiB */
};

struct proctab *
proctab_new(const struct proctab_setup *setup)
{
	struct proctab *tab = xcalloc(1, sizeof(*tab));

	tab->setup = *setup;
	tab->nbuckets = FIRST_BUCKETS;
	tab->buckets = xcalloc(tab->nbuckets, sizeof(struct proc *));
	return tab;
}

/* A long text when so many are kept already is cut, and marked. */
static void
text_set(
    struct proctab *tab, struct proctab_text *text, const struct strview *to)
{
	static const char mark[] = "\xe2\x80\xa6"; /* U+2026 */
	uint32_t len = to->len, cut = 0;

	if (tab->bytes >= LIMIT_CMDLINE_ALL && len > LIMIT_CMDLINE_SHORT) {
		len = LIMIT_CMDLINE_SHORT;
		cut = sizeof(mark) - 1;
	}
	if (text->len == len + cut &&
	    (len == 0 || (cut == 0 && memcmp(text->s, to->s, len) == 0)))
		return;
	tab->bytes -= text->len;
	free(text->s);
	*text = (struct proctab_text){ 0 };
	if (len == 0)
		return;
	text->s = xcalloc(1, len + cut);
	memcpy(text->s, to->s, len);
	memcpy(text->s + len, mark, cut);
	text->len = len + cut;
	tab->bytes += text->len;
}

static size_t
command_size(const struct scrubbed *command)
{
	return command->bytes + command->args.n * sizeof(struct strview);
}

static void
command_clear(struct proctab *tab, struct proc *proc)
{
	tab->bytes -= command_size(&proc->command);
	scrubbed_free(&proc->command);
	proc->command_hash = 0;
}

static void
proc_clear(struct proctab *tab, struct proc *proc)
{
	const struct strview none = { 0 };

	command_clear(tab, proc);
	text_set(tab, &proc->exe, &none);
	text_set(tab, &proc->root, &none);
	text_set(tab, &proc->cwd, &none);
}

static struct proc **
bucket_of(const struct proctab *tab, int32_t pid)
{
	return &tab->buckets[(uint32_t)pid & (tab->nbuckets - 1)];
}

static void
grow(struct proctab *tab)
{
	struct proc **old = tab->buckets, *proc, **at;
	uint32_t i, n = tab->nbuckets;

	tab->nbuckets = n * 2;
	tab->buckets = xcalloc(tab->nbuckets, sizeof(struct proc *));
	for (i = 0; i < n; i++) {
		while ((proc = old[i]) != NULL) {
			old[i] = proc->next;
			at = bucket_of(tab, proc->pid);
			proc->next = *at;
			*at = proc;
		}
	}
	free(old);
}

/* Forgets everyone, or those that the last scan did not see. */
static void
sweep(struct proctab *tab, bool all)
{
	struct proc **at, *proc;
	uint32_t i;

	for (i = 0; i < tab->nbuckets; i++) {
		at = &tab->buckets[i];
		while ((proc = *at) != NULL) {
			if (!all && proc->seen == tab->scan) {
				at = &proc->next;
				continue;
			}
			*at = proc->next;
			proc_clear(tab, proc);
			free(proc);
			tab->count--;
		}
	}
}

void
proctab_free(struct proctab *tab)
{
	if (tab == NULL)
		return;
	sweep(tab, true);
	free(tab->buckets);
	free(tab);
}

void
proctab_set_rules(
    struct proctab *tab, const struct scrub *scrub, struct filter *filter)
{
	struct proc *proc;
	uint32_t i;

	tab->setup.scrub = scrub;
	tab->setup.filter = filter;
	for (i = 0; i < tab->nbuckets; i++)
		for (proc = tab->buckets[i]; proc != NULL; proc = proc->next)
			command_clear(tab, proc);
}

void
proctab_begin(struct proctab *tab, uint64_t boot_ns)
{
	tab->scan++;
	tab->boot_ns = boot_ns;
}

void
proctab_end(struct proctab *tab)
{
	sweep(tab, false);
}

uint32_t
proctab_count(const struct proctab *tab)
{
	return tab->count;
}

/* The entry of the sample's identity, cleared when it is a new one. */
static struct proc *
find(struct proctab *tab, const struct engine_sample *s, bool *is_new)
{
	struct proc *proc, **at;

	*is_new = false;
	for (proc = *bucket_of(tab, s->pid); proc != NULL; proc = proc->next)
		if (proc->pid == s->pid)
			break;
	if (proc != NULL && proc->start_ticks == s->start_ticks)
		return proc;
	*is_new = true;
	if (proc != NULL) {
		struct proc *next = proc->next;

		proc_clear(tab, proc);
		*proc = (struct proc){ .next = next };
	} else {
		if (tab->count >= LIMIT_SNAPSHOT_PROCESSES)
			return NULL;
		if (tab->count >= tab->nbuckets)
			grow(tab);
		proc = xcalloc(1, sizeof(*proc));
		at = bucket_of(tab, s->pid);
		proc->next = *at;
		*at = proc;
		tab->count++;
	}
	proc->pid = s->pid;
	proc->start_ticks = s->start_ticks;
	proc->create_ms = rates_create_time(
	    tab->setup.boot_ms, tab->setup.ticks_per_s, s->start_ticks);
	proc->fds = -1;
	return proc;
}

/* FNV-1a; 0 is kept for "none yet". */
static uint64_t
hash(const char *s, size_t len, uint64_t seed)
{
	uint64_t h = UINT64_C(14695981039346656037) ^ seed;
	size_t i;

	for (i = 0; i < len; i++) {
		h ^= (unsigned char)s[i];
		h *= UINT64_C(1099511628211);
	}
	return h == 0 ? 1 : h;
}

static void
set_command(
    struct proctab *tab, struct proc *proc, const struct engine_sample *s)
{
	char name[LIMIT_COMM + 2];
	struct parse_cmdline *argv = &tab->cmdline;
	uint32_t len = s->comm.len < LIMIT_COMM ? s->comm.len : LIMIT_COMM;
	uint64_t h;

	h = s->cmdline.len > 0 ? hash(s->cmdline.s, s->cmdline.len, 0)
			       : hash(s->comm.s, s->comm.len, 1);
	if (h == proc->command_hash)
		return;
	parse_cmdline(s->cmdline.s, s->cmdline.len, argv);
	if (argv->n == 0) {
		name[0] = '[';
		memcpy(name + 1, s->comm.s, len);
		name[len + 1] = ']';
		argv->v[0] = (struct strview){ name, len + 2 };
		argv->n = 1;
	}
	proc->blacklisted = filter_match(tab->setup.filter, argv->v, argv->n);
	command_clear(tab, proc);
	scrub_args(tab->setup.scrub, argv->v, argv->n, argv->cut,
	    tab->bytes >= LIMIT_CMDLINE_ALL ? LIMIT_CMDLINE_SHORT
					    : LIMIT_CMDLINE,
	    &proc->command);
	proc->command_hash = h;
	tab->bytes += command_size(&proc->command);
}

struct proc *
proctab_update(struct proctab *tab, const struct engine_sample *s)
{
	const struct rates_clock clock = {
		.boot_ns = tab->boot_ns,
		.ticks_per_s = tab->setup.ticks_per_s,
		.cores = tab->setup.cores,
	};
	struct proc *proc;
	bool is_new;

	proc = find(tab, s, &is_new);
	if (proc == NULL)
		return NULL;
	proc->seen = tab->scan;
	if (is_new)
		rates_first(&clock, proc, s);
	else
		rates_next(&clock, proc, s);
	/* What could not be read does not hide what was: least of all from
	 * the blacklist. */
	if ((s->parts & ENGINE_CMDLINE) != 0 &&
	    ((s->hidden & HIDDEN_CMDLINE) == 0 || proc->command_hash == 0))
		set_command(tab, proc, s);
	if ((s->parts & ENGINE_PATHS) != 0) {
		text_set(tab, &proc->exe, &s->exe);
		text_set(tab, &proc->root, &s->root);
		proc->on_disk = s->on_disk;
	}
	if ((s->parts & ENGINE_SLOW) != 0) {
		text_set(tab, &proc->cwd, &s->cwd);
		proc->fds = s->fds;
	}
	return proc;
}
