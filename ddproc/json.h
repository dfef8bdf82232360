/* SPDX-License-Identifier: ISC
 *
 * Records as JSON, with the names of schema.def. Strings are made valid
 * UTF-8; what could not be read is null, never 0 or -1.
 */
#ifndef DDPROC_JSON_H
#define DDPROC_JSON_H

#include <jansson.h>
#include <stdio.h>

#include "common/schema.h"

/* The record of message `type` as an object; the caller's reference. */
json_t *json_record(enum msg_type type, const void *record);

/* A process, or what moves of it, as one flat object with state_letter. */
json_t *json_process(const struct rec_process *rec);
json_t *json_stat(const struct rec_process_stat *rec);

/* The same of a container, with state_name and health_name. */
json_t *json_container(const struct rec_container *rec);
json_t *json_container_stat(const struct rec_container_stat *rec);

/* Writes `value`, indented, and gives up its reference. What is no printable
 * ASCII is escaped, wherever it goes: a pipe may end at a terminal, too. */
void json_put(FILE *out, json_t *value);
/* The same on one line. */
void json_put_line(FILE *out, json_t *value);

#endif
