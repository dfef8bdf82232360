/* SPDX-License-Identifier: ISC
 *
 * Keeping a decoded record. What a link hands over is borrowed from the
 * frame; a copy made here is one block of memory, whatever the record holds.
 */
#ifndef DDPROC_RECORD_H
#define DDPROC_RECORD_H

#include "common/schema.h"

/*
 * Copies the record of message `type` with its strings, lists and inner
 * records into one block. Returns it; the caller ends it with free(3).
 */
void *record_dup(enum msg_type type, const void *record);

#endif
