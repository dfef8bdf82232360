/* SPDX-License-Identifier: ISC
 *
 * The answer to `inspect`: the open files of one process, as the record
 * `files`.
 */
#ifndef COLLECTORD_INSPECT_H
#define COLLECTORD_INSPECT_H

#include <stdint.h>

#include "common/schema.h"

struct engine;

/*
 * Lists at most max_files (and LIMIT_FILES) open files of the process that
 * `request` names. Returns an owned record, with its error set when there is
 * no list. Fatal without memory.
 */
struct rec_files *inspect_new(struct engine *engine,
    const struct rec_inspect *request, uint32_t max_files);
void inspect_free(struct rec_files *files); /* NULL is fine */

#endif
