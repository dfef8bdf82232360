/* SPDX-License-Identifier: ISC
 *
 * The small structs of protobuf-c live on the stack, strings and pointer
 * arrays in one block that every record uses again: no allocation per field.
 */
#include <stdlib.h>
#include <string.h>

#include "encode.h"
#include "agent.pb-c.h"
#include "common/log.h"
#include "common/utf8.h"

#define RECORD_MAX  (LIMIT_CHUNK_BYTES - LIMIT_HEAD_BYTES)
#define FIELD_BYTES 6              /* at most, of a string's tag and length */
#define CUT_MARK    "\xe2\x80\xa6" /* "…" */

struct encoder {
	char *mem; /* pointer arrays first, then strings */
	size_t size;
	size_t used;
	struct buf packed;
};

/* A process and all that hangs on it. */
struct process_parts {
	Agent__Process process;
	Agent__Command command;
	Agent__ProcessUser user;
};

struct stat_parts {
	Agent__MemoryStat memory;
	Agent__CPUStat cpu;
	Agent__IOStat io;
};

struct encoder *
encoder_new(void)
{
	return xcalloc(1, sizeof(struct encoder));
}

void
encoder_free(struct encoder *enc)
{
	if (enc == NULL)
		return;
	buf_free(&enc->packed);
	free(enc->mem);
	free(enc);
}

static size_t
text_room(struct strview s)
{
	return 3 * (size_t)s.len + 1;
}

static size_t
texts_room(struct strviews list)
{
	size_t room = list.n * sizeof(char *);
	uint32_t i;

	for (i = 0; i < list.n; i++)
		room += text_room(list.v[i]);
	return room;
}

/* Empties the memory and makes sure that it holds `room` bytes. */
static void
start_record(struct encoder *enc, size_t room)
{
	enc->used = 0;
	if (room > enc->size) {
		enc->size = 2 * room;
		free(enc->mem);
		enc->mem = xcalloc(1, enc->size);
	}
}

/* An array of n pointers. Only before the record's first text: that keeps
 * it aligned. */
static void *
pointers(struct encoder *enc, size_t n)
{
	void *p = enc->mem + enc->used;

	enc->used += n * sizeof(void *);
	return p;
}

static char *
text(struct encoder *enc, struct strview s)
{
	char *p = enc->mem + enc->used;

	if (s.len == 0)
		return (char *)protobuf_c_empty_string;
	enc->used += utf8_clean(p, s.s, s.len) + 1;
	return p;
}

static void
fill_texts(struct encoder *enc, char **out, struct strviews list)
{
	uint32_t i;

	for (i = 0; i < list.n; i++)
		out[i] = text(enc, list.v[i]);
}

static void
fill_stat(struct stat_parts *parts, const struct rec_process_stat *s)
{
	agent__memory_stat__init(&parts->memory);
	parts->memory.rss = s->rss;
	parts->memory.vms = s->vms;
	parts->memory.swap = s->swap;
	parts->memory.shared = s->shared;
	parts->memory.text = s->text;
	parts->memory.lib = s->lib;
	parts->memory.data = s->data;
	parts->memory.dirty = s->dirty;

	agent__cpustat__init(&parts->cpu);
	parts->cpu.totalpct = s->total_pct;
	parts->cpu.userpct = s->user_pct;
	parts->cpu.systempct = s->system_pct;
	parts->cpu.numthreads = s->threads;
	parts->cpu.nice = s->nice;
	parts->cpu.usertime = s->user_time;
	parts->cpu.systemtime = s->system_time;

	agent__iostat__init(&parts->io);
	parts->io.readrate = s->read_rate;
	parts->io.writerate = s->write_rate;
	parts->io.readbytesrate = s->read_bytes_rate;
	parts->io.writebytesrate = s->write_bytes_rate;
}

static Agent__ProcessState
wire_state(uint32_t state)
{
	return state <= STATE_ZOMBIE ? (Agent__ProcessState)state
				     : AGENT__PROCESS_STATE__U;
}

static void
fill_command(struct encoder *enc, Agent__Command *c, char **args,
    const struct rec_process *p)
{
	agent__command__init(c);
	c->n_args = p->args.n;
	c->args = args;
	fill_texts(enc, args, p->args);
	c->cwd = text(enc, p->cwd);
	c->root = text(enc, p->root);
	c->ondisk = p->on_disk;
	c->ppid = p->ppid;
	c->pgroup = p->pgroup;
	c->exe = text(enc, p->exe);
	c->comm = text(enc, p->comm);
}

static void
fill_user(
    struct encoder *enc, Agent__ProcessUser *u, const struct rec_process *p)
{
	agent__process_user__init(u);
	u->name = text(enc, p->user);
	u->uid = (int32_t)p->uid;
	u->gid = (int32_t)p->gid;
	u->euid = (int32_t)p->euid;
	u->egid = (int32_t)p->egid;
	u->suid = (int32_t)p->suid;
	u->sgid = (int32_t)p->sgid;
}

static void
fill_process(struct encoder *enc, struct process_parts *parts,
    struct stat_parts *stat, const struct rec_process *p)
{
	Agent__Process *w = &parts->process;
	char **args = pointers(enc, p->args.n);

	agent__process__init(w);
	w->tags = pointers(enc, p->tags.n);
	w->n_tags = p->tags.n;
	fill_texts(enc, w->tags, p->tags);
	fill_stat(stat, &p->stat);
	fill_command(enc, &parts->command, args, p);
	fill_user(enc, &parts->user, p);
	w->pid = p->stat.pid;
	w->command = &parts->command;
	w->user = &parts->user;
	w->memory = &stat->memory;
	w->cpu = &stat->cpu;
	w->iostat = &stat->io;
	w->createtime = p->stat.create_time;
	w->openfdcount = p->stat.open_fds;
	w->state = wire_state(p->stat.state);
	w->containerid = text(enc, p->stat.container_id);
	w->voluntaryctxswitches = p->stat.voluntary_ctxt;
	w->involuntaryctxswitches = p->stat.involuntary_ctxt;
	w->nspid = p->nspid;
}

/* Takes arguments from the end until the record is `over` bytes shorter. */
static void
cut_args(Agent__Command *c, size_t over)
{
	static char mark[] = CUT_MARK;
	size_t freed = 0;

	over += sizeof(mark) + FIELD_BYTES;
	while (c->n_args > 0 && freed < over)
		freed += strlen(c->args[--c->n_args]);
	c->args[c->n_args++] = mark;
}

/* Packs a message of one record and nothing else: just what one element of
 * its list is. Messages may be put together by putting bytes together. */
static uint32_t
append_message(struct encoder *enc, struct buf *out,
    const ProtobufCMessage *message, size_t size)
{
	if (size > enc->packed.size) {
		enc->packed.data = xrealloc(enc->packed.data, 2 * size);
		enc->packed.size = 2 * size;
	}
	protobuf_c_message_pack(message, (uint8_t *)enc->packed.data);
	buf_append(out, enc->packed.data, size);
	return (uint32_t)size;
}

uint32_t
encode_process(
    struct encoder *enc, struct buf *out, const struct rec_process *p)
{
	struct process_parts parts;
	struct stat_parts stat;
	Agent__Process *one = &parts.process;
	Agent__CollectorProc message = AGENT__COLLECTOR_PROC__INIT;
	size_t size;

	start_record(enc,
	    texts_room(p->args) + texts_room(p->tags) + text_room(p->cwd) +
		text_room(p->root) + text_room(p->exe) + text_room(p->comm) +
		text_room(p->user) + text_room(p->stat.container_id));
	fill_process(enc, &parts, &stat, p);
	message.n_processes = 1;
	message.processes = &one;
	size = protobuf_c_message_get_packed_size(&message.base);
	if (size > RECORD_MAX && parts.command.n_args > 0) {
		cut_args(&parts.command, size - RECORD_MAX);
		size = protobuf_c_message_get_packed_size(&message.base);
	}
	if (size > RECORD_MAX) {
		parts.process.n_tags = 0;
		size = protobuf_c_message_get_packed_size(&message.base);
	}
	return append_message(enc, out, &message.base, size);
}

uint32_t
encode_stat(
    struct encoder *enc, struct buf *out, const struct rec_process_stat *stat)
{
	struct stat_parts parts;
	Agent__ProcessStat w = AGENT__PROCESS_STAT__INIT, *one = &w;
	Agent__CollectorRealTime message = AGENT__COLLECTOR_REAL_TIME__INIT;

	start_record(enc, text_room(stat->container_id));
	fill_stat(&parts, stat);
	w.pid = stat->pid;
	w.createtime = stat->create_time;
	w.memory = &parts.memory;
	w.cpu = &parts.cpu;
	w.iostat = &parts.io;
	w.nice = stat->nice;
	w.threads = stat->threads;
	w.openfdcount = stat->open_fds;
	w.containerid = text(enc, stat->container_id);
	w.processstate = wire_state(stat->state);
	w.voluntaryctxswitches = stat->voluntary_ctxt;
	w.involuntaryctxswitches = stat->involuntary_ctxt;
	message.n_stats = 1;
	message.stats = &one;
	return append_message(enc, out, &message.base,
	    protobuf_c_message_get_packed_size(&message.base));
}
