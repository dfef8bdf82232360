/* SPDX-License-Identifier: ISC
 *
 * Facets as lines of a label and a value, for what prints processes and what
 * prints containers.
 */
#ifndef DDPROC_INSPECT_PRIVATE_H
#define DDPROC_INSPECT_PRIVATE_H

#include <stdio.h>

#include "common/schema.h"

#define INSPECT_LABEL "%-11s "

/* "label  value", printable; "-" for nothing. */
void inspect_put_string(FILE *out, const char *label, struct strview s);

/* A line each, the label on the first of them; none for an empty list. */
void inspect_put_strings(
    FILE *out, const char *label, const struct strviews *list);

/* "label  running, healthy": the state, and the health if there is one. */
void inspect_put_state(
    FILE *out, const char *label, const struct rec_container_stat *stat);

#endif
