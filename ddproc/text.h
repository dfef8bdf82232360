/* SPDX-License-Identifier: ISC
 *
 * Text for people: foreign strings made printable, numbers made short. All
 * that ddproc shows of another program's bytes goes through here (or through
 * json.c). Pure but for text_write().
 */
#ifndef DDPROC_TEXT_H
#define DDPROC_TEXT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "common/schema.h"

/* Room for any short number below. */
#define TEXT_SHORT 24

/* Appends s, printable, cut to `max` columns (at most LIMIT_VIEW_COLUMNS).
 * Returns the columns it took. */
size_t text_append(struct buf *out, struct strview s, size_t max);

/* As text_append() for text of our own that is printable already. */
size_t text_append_ours(struct buf *out, const char *s, size_t max);

/* What a container is called without a name: the first digits of its id. */
#define TEXT_SHORT_ID 12
struct strview text_short_id(struct strview id);

void text_pad(struct buf *out, size_t spaces);

/* Writes s, printable and whole. */
void text_write(FILE *out, struct strview s);

/* Replaces what is not ASCII, a character by a '?', for terminals that do
 * not speak UTF-8: there a part of a character could be a control. Returns
 * the new length. */
size_t text_to_ascii(char *s, size_t len);

/* A stream to `fd` that does this with all that is written to it. */
FILE *text_open_ascii(int fd);

/* Each writes at most TEXT_SHORT bytes with the NUL, "-" for what is unknown
 * (negative or no number). */
void text_bytes(char *out, double bytes);   /* 0, 512, 1.2K, 34M, 5.6G */
void text_percent(char *out, double value); /* 0.0, 99.9, 1234 */
void text_count(char *out, int64_t count);  /* 12, 9999, 12K */
void text_age(char *out, int64_t ms);       /* 59s, 3m, 4h, 5d, 3y */
void text_micros(char *out, uint64_t us);   /* 850 us, 1.2 ms, 3.4 s */
void text_time(char *out, int64_t wall_ms); /* 2016-05-04 03:02:01 */

/* ms from `then` to `now`, 0 when it is later, whatever the two are. */
int64_t text_elapsed(int64_t then, int64_t now);

/* U D R S T W X Z. */
char text_state(uint32_t state);
/* "sleeping" and so on. */
const char *text_state_name(uint32_t state);
/* "file", "socket", ...: enum file_kind. */
const char *text_file_kind(uint32_t kind);
/* The names of the set `hidden` (enum process_hidden), one for each bit. */
const char *text_hidden(uint32_t bit);

/* "running" and so on; "healthy" and so on. */
const char *text_container_state(uint32_t state);
const char *text_health(uint32_t health);
/* The names of the set `hidden` of a container, one for each bit. */
const char *text_container_hidden(uint32_t bit);

#endif
