/* SPDX-License-Identifier: ISC
 *
 * The small structs of protobuf-c live on the stack, strings and pointer
 * arrays in one block that every record uses again: no allocation per field.
 */
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/utf8.h"
#include "encode_private.h"

#define FIELD_BYTES 6              /* at most, of a string's tag and length */
#define CUT_MARK    "\xe2\x80\xa6" /* "…" */

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

size_t
encode_text_room(struct strview s)
{
	return 3 * (size_t)s.len + 1;
}

size_t
encode_texts_room(struct strviews list)
{
	size_t room = list.n * sizeof(char *);
	uint32_t i;

	for (i = 0; i < list.n; i++)
		room += encode_text_room(list.v[i]);
	return room;
}

void
encode_start(struct encoder *enc, size_t room)
{
	enc->used = 0;
	if (room > enc->size) {
		enc->size = 2 * room;
		free(enc->mem);
		enc->mem = xcalloc(1, enc->size);
	}
}

void *
encode_pointers(struct encoder *enc, size_t n)
{
	void *p = enc->mem + enc->used;

	enc->used += n * sizeof(void *);
	return p;
}

char *
encode_text(struct encoder *enc, struct strview s)
{
	char *p = enc->mem + enc->used;

	if (s.len == 0)
		return (char *)protobuf_c_empty_string;
	enc->used += utf8_clean(p, s.s, s.len) + 1;
	return p;
}

void
encode_texts(struct encoder *enc, char **out, struct strviews list)
{
	uint32_t i;

	for (i = 0; i < list.n; i++)
		out[i] = encode_text(enc, list.v[i]);
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
	encode_texts(enc, args, p->args);
	c->cwd = encode_text(enc, p->cwd);
	c->root = encode_text(enc, p->root);
	c->ondisk = p->on_disk;
	c->ppid = p->ppid;
	c->pgroup = p->pgroup;
	c->exe = encode_text(enc, p->exe);
	c->comm = encode_text(enc, p->comm);
}

static void
fill_user(
    struct encoder *enc, Agent__ProcessUser *u, const struct rec_process *p)
{
	agent__process_user__init(u);
	u->name = encode_text(enc, p->user);
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
	char **args = encode_pointers(enc, p->args.n);

	agent__process__init(w);
	w->tags = encode_pointers(enc, p->tags.n);
	w->n_tags = p->tags.n;
	encode_texts(enc, w->tags, p->tags);
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
	w->containerid = encode_text(enc, p->stat.container_id);
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

uint32_t
encode_append(struct encoder *enc, struct buf *out,
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

	encode_start(enc,
	    encode_texts_room(p->args) + encode_texts_room(p->tags) +
		encode_text_room(p->cwd) + encode_text_room(p->root) +
		encode_text_room(p->exe) + encode_text_room(p->comm) +
		encode_text_room(p->user) +
		encode_text_room(p->stat.container_id));
	fill_process(enc, &parts, &stat, p);
	message.n_processes = 1;
	message.processes = &one;
	size = protobuf_c_message_get_packed_size(&message.base);
	if (size > ENCODE_RECORD_MAX && parts.command.n_args > 0) {
		cut_args(&parts.command, size - ENCODE_RECORD_MAX);
		size = protobuf_c_message_get_packed_size(&message.base);
	}
	if (size > ENCODE_RECORD_MAX) {
		parts.process.n_tags = 0;
		size = protobuf_c_message_get_packed_size(&message.base);
	}
	return encode_append(enc, out, &message.base, size);
}

uint32_t
encode_stat(
    struct encoder *enc, struct buf *out, const struct rec_process_stat *stat)
{
	struct stat_parts parts;
	Agent__ProcessStat w = AGENT__PROCESS_STAT__INIT, *one = &w;
	Agent__CollectorRealTime message = AGENT__COLLECTOR_REAL_TIME__INIT;

	encode_start(enc, encode_text_room(stat->container_id));
	fill_stat(&parts, stat);
	w.pid = stat->pid;
	w.createtime = stat->create_time;
	w.memory = &parts.memory;
	w.cpu = &parts.cpu;
	w.iostat = &parts.io;
	w.nice = stat->nice;
	w.threads = stat->threads;
	w.openfdcount = stat->open_fds;
	w.containerid = encode_text(enc, stat->container_id);
	w.processstate = wire_state(stat->state);
	w.voluntaryctxswitches = stat->voluntary_ctxt;
	w.involuntaryctxswitches = stat->involuntary_ctxt;
	message.n_stats = 1;
	message.stats = &one;
	return encode_append(enc, out, &message.base,
	    protobuf_c_message_get_packed_size(&message.base));
}
