/* SPDX-License-Identifier: ISC
 *
 * What the encoders of processes (encode.c) and containers
 * (encode_container.c) share: the memory of one record.
 */
#ifndef SHIPPERD_ENCODE_PRIVATE_H
#define SHIPPERD_ENCODE_PRIVATE_H

#include "encode.h"
#include "agent.pb-c.h"

#define ENCODE_RECORD_MAX (LIMIT_CHUNK_BYTES - LIMIT_HEAD_BYTES)

struct encoder {
	char *mem; /* pointer arrays first, then strings */
	size_t size;
	size_t used;
	struct buf packed;
};

/* The memory that a text, or a list of them with its pointers, takes. */
size_t encode_text_room(struct strview s);
size_t encode_texts_room(struct strviews list);

/* Empties the memory and makes sure that it holds `room` bytes. */
void encode_start(struct encoder *enc, size_t room);

/* An array of n pointers. Only before the record's first text: that keeps
 * it aligned. */
void *encode_pointers(struct encoder *enc, size_t n);

/* A copy of s, valid UTF-8; of each of the list. */
char *encode_text(struct encoder *enc, struct strview s);
void encode_texts(struct encoder *enc, char **out, struct strviews list);

/* Packs a message of one record and nothing else, of `size` bytes: just what
 * one element of its list is. Messages may be put together by putting bytes
 * together. Returns the bytes. */
uint32_t encode_append(struct encoder *enc, struct buf *out,
    const ProtobufCMessage *message, size_t size);

#endif
