/* SPDX-License-Identifier: ISC
 *
 * The Docker broker: the one process that may open docker.sock, and the
 * small protocol in which taggerd asks it. Who may write to docker.sock is
 * as good as root, so the broker knows a handful of GETs and nothing else:
 * it is given the number of an operation and at most one id of 64 hex
 * digits, never a path, a header or a body. It parses neither HTTP nor JSON:
 * the bytes of the answer go to taggerd as they are.
 *
 * Both ends hold one end of a SOCK_SEQPACKET pair. A packet to the broker is
 * one struct broker_request; a packet from it is one struct broker_reply
 * and, for BROKER_DATA, the bytes behind it. Packets stay whole, so when a
 * broker is killed in the middle of its work the next one goes on with the
 * same pair.
 */
#ifndef TAGGERD_BROKER_H
#define TAGGERD_BROKER_H

#include <stddef.h>
#include <stdint.h>

#include "common/limits.h"

struct daemon;

enum broker_op {
	BROKER_CANCEL,  /* forget the request of this number; no reply */
	BROKER_VERSION, /* GET /version */
	BROKER_INFO,    /* GET /info */
	BROKER_LIST,    /* GET /containers/json */
	BROKER_INSPECT, /* GET /containers/ID/json */
	BROKER_IMAGE,   /* GET /images/sha256:ID/json */
	BROKER_EVENTS,  /* GET /events?filters=..., an answer without end */
	BROKER_OPS
};

#define BROKER_ID 64 /* bytes of an id: hex digits, lower case */

struct broker_request {
	uint32_t number; /* the asker's own, not 0 */
	uint8_t op;      /* enum broker_op */
	/* Version of the API in the path: 1.43 is 1, 43. Major 0: none. */
	uint8_t major;
	uint8_t minor;
	uint8_t zero;
	char id[BROKER_ID]; /* INSPECT, IMAGE; else all zero */
};

enum broker_reply_kind {
	BROKER_STARTED, /* number 0: a new broker, which knows no request;
			   error: the wait status of the one before, or 0 */
	BROKER_DATA,    /* bytes of the answer, 1 to LIMIT_BROKER_READ */
	BROKER_END,     /* the server closed: the answer ends here */
	BROKER_FAILED,  /* there is no answer, or no more of it: error */
};

struct broker_reply {
	uint32_t number; /* the request's */
	uint8_t kind;    /* enum broker_reply_kind */
	uint8_t zero[3];
	int32_t error; /* errno of BROKER_FAILED: EINVAL for a request that is
			  none, EBUSY for one too many */
};

/* Bytes of the longest request text, with its NUL. */
#define BROKER_TEXT 512

/*
 * Checks a packet and copies it to *out. Returns 0, or -1 if it is not in
 * every byte one of the requests above. Pure.
 */
int broker_parse(const void *packet, size_t len, struct broker_request *out);

/* The HTTP request that a checked request (not BROKER_CANCEL) stands for,
 * into out of BROKER_TEXT bytes. Returns its length. Pure. */
size_t broker_request_text(const struct broker_request *request, char *out);

/*
 * Starts the broker and its keeper, which starts another one when it dies;
 * both end when taggerd does. They become d's user with the group of the
 * socket (of `docker` while there is no socket), without any capability and
 * without every descriptor but their end of the pair. Not started as root,
 * they stay who they are. Call before privileges are dropped. Returns
 * taggerd's end, non-blocking; fatal on failure.
 */
int broker_start(const struct daemon *d);

/* The broker's loop: serves `fd` with what is at the socket `path`. before:
 * how the broker before this one ended, a wait status, 0 if there was none.
 * Returns when the other end of fd is closed. */
void broker_serve(int fd, const char *path, int before);

#endif
