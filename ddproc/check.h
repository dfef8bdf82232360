/* SPDX-License-Identifier: ISC
 *
 * Containers as JSON, for all commands that print them.
 */
#ifndef DDPROC_CHECK_H
#define DDPROC_CHECK_H

#include <stdio.h>

#include "model.h"

/* Writes an array, a line for each container of the view, in its order; what
 * moves alone for SNAPSHOT_REALTIME. Ends without a newline. */
void check_put_containers(FILE *out, const struct model *model,
    const struct model_containers *view, enum snapshot_kind kind);

#endif
