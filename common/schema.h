/* SPDX-License-Identifier: ISC
 *
 * Messages and records, made from schema.def: a struct for each record, a
 * number for each message, one encoder and one decoder for all of them, and
 * the table of who may send what to whom. Decoding is total: exact types,
 * counts bounded before memory is taken, no trailing bytes, unknown fields
 * skipped.
 */
#ifndef COMMON_SCHEMA_H
#define COMMON_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "limits.h"
#include "strview.h"
#include "schema.def"

/* hello.protocol; raised when a field changes meaning or a message is new.
 * 2 has `taken`. */
#define SCHEMA_PROTOCOL 2

/* The two ends of a link. */
enum role {
	R_COLLECTORD = 1 << 0,
	R_TAGGERD = 1 << 1,
	R_SHIPPERD = 1 << 2,
	R_VIEWER = 1 << 3,
};

/* "collectord", "taggerd", "shipperd", "viewer"; "unknown" otherwise. */
const char *schema_role_name(enum role role);

enum snapshot_kind {
	SNAPSHOT_FULL = 1,
	SNAPSHOT_REALTIME = 2,
};

/* What a snapshot covers. */
enum snapshot_scope {
	SCOPE_ALL,
	SCOPE_CONTAINERS, /* no processes: container-only mode */
};

/* ContainerState, ContainerHealth, ConnectionType of the payload. */
enum container_state {
	CONTAINER_UNKNOWN,
	CONTAINER_CREATED,
	CONTAINER_RESTARTING,
	CONTAINER_RUNNING,
	CONTAINER_PAUSED,
	CONTAINER_EXITED,
	CONTAINER_DEAD,
};

enum container_health {
	HEALTH_UNKNOWN,
	HEALTH_STARTING,
	HEALTH_HEALTHY,
	HEALTH_UNHEALTHY,
};

/* ContainerHostType: what stands in for a host under the containers. */
enum container_host {
	HOST_NOT_SPECIFIED,
	HOST_FARGATE_ECS,
	HOST_FARGATE_EKS,
	HOST_SIDECAR,
};

enum address_protocol {
	ADDRESS_TCP,
	ADDRESS_UDP,
};

/* Figures of a container that could not be read; the numbers are 0 then. */
enum container_hidden {
	HIDDEN_CONTAINER_CPU = 1 << 0,
	HIDDEN_CONTAINER_MEMORY = 1 << 1,
	HIDDEN_CONTAINER_BLOCK_IO = 1 << 2,
	HIDDEN_CONTAINER_NETWORK = 1 << 3,
	HIDDEN_CONTAINER_THREADS = 1 << 4,
};

/* ProcessState of the payload: U D R S T W X Z. */
enum process_state {
	STATE_UNKNOWN,
	STATE_DISK_SLEEP,
	STATE_RUNNING,
	STATE_SLEEPING,
	STATE_STOPPED,
	STATE_PAGING,
	STATE_DEAD,
	STATE_ZOMBIE,
};

/* Fields of a process that could not be read: unreadable is not zero. */
enum process_hidden {
	HIDDEN_CMDLINE = 1 << 0,
	HIDDEN_EXE = 1 << 1,
	HIDDEN_CWD = 1 << 2,
	HIDDEN_ROOT = 1 << 3,
	HIDDEN_FDS = 1 << 4,
	HIDDEN_IO = 1 << 5,
	HIDDEN_STATUS = 1 << 6,
};

/* How far the last try of an endpoint came: the step that failed, or DONE. */
enum endpoint_step {
	STEP_NONE,    /* not tried yet */
	STEP_LOOKUP,  /* of the endpoint's name, or the proxy's */
	STEP_CONNECT, /* to that address */
	STEP_PROXY,   /* its TLS, its answer */
	STEP_TLS,     /* to the endpoint */
	STEP_ANSWER,  /* a request, and an answer that is HTTP */
	STEP_KEY,     /* is known */
	STEP_DONE,
};

/* What an open file is, told from its link text. */
enum file_kind {
	FILE_KIND_OTHER,
	FILE_KIND_PATH,
	FILE_KIND_SOCKET,
	FILE_KIND_PIPE,
	FILE_KIND_ANON, /* anon_inode: eventfd, epoll, ... */
	FILE_KIND_DELETED,
	FILE_KIND_UNREADABLE,
};

enum msg_type {
#define MSG(name, number, senders, receivers, bytes, rate) MSG_##name = number,
	SCHEMA_MESSAGES(MSG)
#undef MSG
	MSG_COUNT
};

#define SCHEMA_C_I32  int32_t
#define SCHEMA_C_U32  uint32_t
#define SCHEMA_C_I64  int64_t
#define SCHEMA_C_U64  uint64_t
#define SCHEMA_C_F32  float
#define SCHEMA_C_BOOL bool
#define SCHEMA_C_STR  struct strview
#define SCHEMA_C_STRS struct strviews

/* R fields become an array and its length; S fields stand inside. */
#define SCHEMA_MEMBER(num, type, name, max, unit, wire) SCHEMA_C_##type name;
#define SCHEMA_LIST(num, record, name, max, unit, wire) \
	struct {                                        \
		struct rec_##record *v;                 \
		uint32_t n;                             \
	} name;
#define SCHEMA_INSIDE(num, record, name, unit, wire) struct rec_##record name;
#define REC(name, list)                                         \
	struct rec_##name {                                     \
		list(SCHEMA_MEMBER, SCHEMA_LIST, SCHEMA_INSIDE) \
	};
SCHEMA_PARTS(REC)
SCHEMA_RECORDS(REC)
#undef REC

/* Room for any message's record. */
union schema_any {
#define REC(name, list) struct rec_##name name;
	SCHEMA_RECORDS(REC)
#undef REC
};

/* One row of the permit table. */
struct schema_permit {
	const char *name;   /* NULL: no such message */
	unsigned senders;   /* set of enum role */
	unsigned receivers; /* set of enum role */
	uint32_t bytes;     /* most bytes of one frame */
	uint32_t rate; /* most per LIMIT_RATE_WINDOW; 0: inside a snapshot */
};

/* The row of `type`, or NULL if there is no such message. */
const struct schema_permit *schema_permit(uint32_t type);

/* One field, for those who print or compare records (ddproc's JSON, tests). */
enum schema_type {
	TYPE_I32,
	TYPE_U32,
	TYPE_I64,
	TYPE_U64,
	TYPE_F32,
	TYPE_BOOL,
	TYPE_STR,
	TYPE_STRS,
	TYPE_LIST,   /* SCHEMA_LIST member: { rec *v; uint32_t n; } */
	TYPE_INSIDE, /* a record inside */
};

struct schema_record;

struct schema_field {
	uint32_t num;
	enum schema_type type;
	const char *name;
	uint32_t max;  /* bytes, strings or records, by type */
	size_t offset; /* in the record's struct */
	const struct schema_record *(*sub)(void); /* TYPE_LIST, TYPE_INSIDE */
	const char *unit;
	const char *wire;
};

struct schema_record {
	const char *name;
	size_t size; /* of the struct */
	const struct schema_field *fields;
	uint32_t count;
};

/* The body of message `type`, or NULL. */
const struct schema_record *schema_record(uint32_t type);

/* Bytes that grow; data is owned and freed by buf_free(). */
struct buf {
	char *data;
	size_t len;
	size_t size;
};
void buf_append(struct buf *b, const void *data, size_t len);
void buf_free(struct buf *b);

/*
 * Appends one whole frame (length word, then [type, {field: value}]) to b.
 * Strings and lists longer than the schema allows are cut to it, so an
 * honest sender is never refused; a record that is still larger than its
 * message may be is not appended. Returns 0, or -1 then.
 */
int schema_encode(struct buf *b, enum msg_type type, const void *record);

struct schema_arena; /* memory of decoded lists, used again and again */
struct schema_arena *schema_arena_new(void);
void schema_arena_free(struct schema_arena *arena);

/*
 * Decodes one frame's payload (without its length word) into *out; the
 * strings are borrowed from `payload`, the lists from `arena`, which the
 * next call with it empties. Returns the message's number, or -1 with *why
 * (a constant) naming the reason.
 */
int schema_decode(const void *payload, size_t len, struct schema_arena *arena,
    union schema_any *out, const char **why);

#endif
