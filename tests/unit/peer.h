/* SPDX-License-Identifier: ISC
 *
 * The other side of a connection: a real server on a real socket, with up to
 * two layers of OpenSSL's TLS, that does what a list of steps says. It never
 * waits: peer_turn() goes as far as it can, so that a test has both sides in
 * one loop.
 */
#ifndef TESTS_PEER_H
#define TESTS_PEER_H

#include <stdbool.h>
#include <stddef.h>

#include "common/schema.h"

struct ssl_ctx_st;
struct tls;
struct ssl_st;

enum peer_act {
	PEER_HOLD,      /* the end of a script: nothing more */
	PEER_TLS,       /* one more layer of it */
	PEER_HEAR,      /* waits until data has come */
	PEER_TAKE,      /* waits for len bytes of anything */
	PEER_SAY,       /* data, through all layers */
	PEER_RAW,       /* data, below all layers */
	PEER_BYE,       /* close_notify of the uppermost layer */
	PEER_BYE_BELOW, /* of the lowest one */
	PEER_FIN,       /* of the half of TCP that it sends with */
	PEER_CLOSE,
	PEER_RESET,
	PEER_END, /* waits for the other side's end */
};

struct peer_step {
	enum peer_act act;
	const char *data;
	size_t len; /* of data, which may have NULs */
};

#define STEP(act, data, len) ((struct peer_step){ (act), (data), (len) })
#define TLS                  STEP(PEER_TLS, NULL, 0)
#define HEAR(text)           STEP(PEER_HEAR, (text), sizeof(text) - 1)
#define TAKE(bytes)          STEP(PEER_TAKE, NULL, (bytes))
#define SAY(text)            STEP(PEER_SAY, (text), sizeof(text) - 1)
#define RAW(text)            STEP(PEER_RAW, (text), sizeof(text) - 1)
#define BYE                  STEP(PEER_BYE, NULL, 0)
#define BYE_BELOW            STEP(PEER_BYE_BELOW, NULL, 0)
#define FIN                  STEP(PEER_FIN, NULL, 0)
#define CLOSE                STEP(PEER_CLOSE, NULL, 0)
#define RESET                STEP(PEER_RESET, NULL, 0)
#define END                  STEP(PEER_END, NULL, 0)

#define PEER_LAYERS 2

struct peer {
	int fd;                 /* -1 once it has closed */
	struct ssl_ctx_st *ctx; /* borrowed */
	struct ssl_st *layers[PEER_LAYERS];
	unsigned n_layers;
	const struct peer_step *step; /* the current one; borrowed */
	size_t progress;              /* bytes of it said, or searched */
	struct buf got;               /* all that was heard */
	size_t heard;                 /* of it, by steps that are done */
	unsigned byes;                /* layers whose end was in good order */
	bool ended;                   /* the other side */
};

/* A server's context with a new certificate of its own for 127.0.0.1, and a
 * client's that trusts it. */
struct ssl_ctx_st *peer_context(struct tls **client);

/* Takes over fd, which does not block. */
struct peer *peer_new(
    struct ssl_ctx_st *ctx, int fd, const struct peer_step *script);
void peer_free(struct peer *p); /* NULL is fine */

/* Returns whether something has moved. */
bool peer_turn(struct peer *p);

/* Whether it has come to the end of its script. */
bool peer_is_through(const struct peer *p);

/* A listener on 127.0.0.1 that does not block, and its port. With rcvbuf its
 * connections take no more than some KiB that nobody reads. */
int peer_listen(int *port, int rcvbuf);

#endif
